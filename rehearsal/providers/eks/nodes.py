"""The component `eks:index:ManagedNodeGroup`."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
from pulumi.resource import DependencyResource

from rehearsal.providers.eks.component import Anything, refuse_unmodelled
from rehearsal.providers.eks.values import Inputs, output_of
from rehearsal.providers.errors import ProviderError

__all__ = ["ManagedNodeGroup"]

_MODELLED = frozenset(
    {"amiType", "capacityType", "cluster", "clusterName", "diskSize", "forceUpdateVersion"}
    | {"ignoreScalingChanges", "instanceTypes", "labels", "launchTemplate", "nodeGroupName", "nodeRole"}
    | {"nodeRoleArn", "releaseVersion", "scalingConfig", "subnetIds", "tags", "taints", "version"}
)


class ManagedNodeGroup(pulumi.ComponentResource):
    """A managed node group of an `eks.Cluster`.

    Left out of pulumi-eks's component, and refused if asked for: its own launch templates (an AMI, user data,
    kubelet arguments, IMDSv2, EFA) and the choice of an AMI type by operating system.
    """

    def __init__(self, name: str, args: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("eks:index:ManagedNodeGroup", name, None, opts)
        refuse_unmodelled(f"eks.ManagedNodeGroup {name}", args, _MODELLED)
        cluster = output_of(args["cluster"], "eksCluster").apply(DependencyResource)
        version = args.get("version")
        if version is None and args.get("launchTemplate") is None:
            version = cluster.apply(lambda it: output_of(it, "version"))
        ignored = ["scalingConfig.desiredSize"] if args.get("ignoreScalingChanges") else None
        scaling: pulumi.Output[Inputs] = pulumi.Output.from_input(args.get("scalingConfig") or {})
        group = aws.eks.NodeGroup(
            name,
            cluster_name=args.get("clusterName") or cluster.apply(lambda it: output_of(it, "name")),
            node_group_name=args.get("nodeGroupName"),
            node_role_arn=_role_arn(name, args),
            subnet_ids=args.get("subnetIds") or output_of(args["cluster"], "core").apply(lambda it: it["subnetIds"]),
            scaling_config=scaling.apply(_sizes),
            ami_type=args.get("amiType"),
            capacity_type=args.get("capacityType"),
            disk_size=args.get("diskSize"),
            force_update_version=args.get("forceUpdateVersion"),
            instance_types=args.get("instanceTypes"),
            labels=args.get("labels"),
            launch_template=args.get("launchTemplate"),
            release_version=args.get("releaseVersion"),
            tags=args.get("tags"),
            taints=args.get("taints"),
            version=version,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=ignored),
        )
        self.state: Mapping[str, Anything] = {"nodeGroup": group, "placementGroupName": ""}
        self.register_outputs(dict(self.state))


def _role_arn(name: str, args: Inputs) -> pulumi.Input[str]:
    role, arn = args.get("nodeRole"), args.get("nodeRoleArn")
    if (role is None) == (arn is None):
        raise ProviderError(f"eks.ManagedNodeGroup {name}: give one of nodeRole and nodeRoleArn")
    given: pulumi.Output[Anything] = pulumi.Output.from_input(role)
    return arn or given.apply(lambda it: it.arn)


def _sizes(config: Inputs) -> aws.eks.NodeGroupScalingConfigArgs:
    return aws.eks.NodeGroupScalingConfigArgs(
        desired_size=config.get("desiredSize", 2), min_size=config.get("minSize", 1), max_size=config.get("maxSize", 2)
    )
