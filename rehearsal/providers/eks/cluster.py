"""The component `eks:index:Cluster`."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from rehearsal.providers.eks.access import access_entries
from rehearsal.providers.eks.addons import Addons
from rehearsal.providers.eks.component import Anything, refuse_unmodelled, wanted
from rehearsal.providers.eks.kubeconfig import kubeconfig
from rehearsal.providers.eks.roles import ServiceRole
from rehearsal.providers.eks.values import Inputs
from rehearsal.providers.errors import ProviderError

__all__ = ["Cluster"]

_API_MODES = ("API", "API_AND_CONFIG_MAP")
_MODELLED = frozenset(
    {"accessEntries", "authenticationMode", "bootstrapSelfManagedAddons", "clusterTags"}
    | {"corednsAddonOptions", "deletionProtection", "enabledClusterLogTypes", "endpointPrivateAccess"}
    | {"endpointPublicAccess", "instanceRole", "instanceRoles", "ipFamily", "kubeProxyAddonOptions"}
    | {"kubernetesServiceIpAddressRange", "name", "privateSubnetIds", "publicAccessCidrs"}
    | {"publicSubnetIds", "serviceRole", "skipDefaultNodeGroup", "skipDefaultSecurityGroups", "subnetIds"}
    | {"tags", "upgradePolicy", "useDefaultVpcCni", "version", "vpcCniOptions", "vpcId"}
)


class Cluster(pulumi.ComponentResource):
    """An EKS cluster with its role, add-ons and access entries.

    Left out of pulumi-eks's component, and refused if asked for: the default node group and the security
    groups made for it (so `skipDefaultNodeGroup` and `skipDefaultSecurityGroups` are required), the
    ConfigMap mode of authentication, Auto Mode, Fargate, an OIDC provider, storage classes, add-ons without
    a version, and all settings of the VPC CNI but its version, configuration and role. Left out silently:
    the wait for the API server to answer, and the environment that pulumi-eks gives the VPC CNI by default.
    """

    state: Mapping[str, Anything]
    """The outputs."""

    def __init__(self, name: str, args: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("eks:index:Cluster", name, None, opts)
        _check(name, args)
        child = pulumi.ResourceOptions(parent=self)
        role, complete = _service_role(self, name, args)
        cluster = _control_plane(self, name, args, role, complete)
        authority = cluster.certificate_authority.data.apply(lambda data: data or "")
        config = kubeconfig(cluster.name, cluster.arn, cluster.endpoint, authority)
        provider = kubernetes.Provider(f"{name}-eks-k8s", kubeconfig=config.apply(json.dumps), opts=child)
        entries = access_entries(self, name, cluster, args.get("accessEntries") or {})
        Addons(self, name, cluster.name, args).install(after=entries)
        core = {
            "cluster": cluster,
            "vpcId": args.get("vpcId") or cluster.vpc_config.vpc_id,
            "subnetIds": _subnets(args),
            **wanted(args, "publicSubnetIds", "privateSubnetIds", "tags"),
            "endpoint": cluster.endpoint,
            "provider": provider,
            "instanceRoles": _instance_roles(args),
            "nodeGroupOptions": dict[str, Anything](),
            "kubeconfig": config,
            "clusterIamRole": role,
        }
        self.state = {"core": core, **_outputs(cluster, config, args)}
        self.register_outputs(dict(self.state))


def _check(name: str, args: Inputs) -> None:
    refuse_unmodelled(f"eks.Cluster {name}", args, _MODELLED)
    for key in ("skipDefaultNodeGroup", "skipDefaultSecurityGroups"):
        if args.get(key) is not True:
            raise ProviderError(f"eks.Cluster {name}: set {key}: the rehearsal does not model the default")
    if args.get("authenticationMode") not in _API_MODES:
        raise ProviderError(
            f"eks.Cluster {name}: authenticationMode must be one of {', '.join(_API_MODES)}: the rehearsal has"
            " no aws-auth ConfigMap"
        )


def _service_role(parent: pulumi.Resource, name: str, args: Inputs) -> tuple[Anything, Sequence[pulumi.Resource]]:
    """Give the role of the control plane, and what has to be attached to it first."""
    if args.get("serviceRole") is not None:
        return args["serviceRole"], []
    made = ServiceRole(
        f"{name}-eksRole",
        service="eks.amazonaws.com",
        description="Allows EKS to manage clusters on your behalf.",
        actions=["sts:AssumeRole", "sts:TagSession"],
        policies=["AmazonEKSClusterPolicy"],
        partition=aws.get_partition_output(opts=pulumi.InvokeOutputOptions(parent=parent)).partition,
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return made.role, made.attachments


def _subnets(args: Inputs) -> pulumi.Output[list[str]]:
    if args.get("subnetIds") is not None:
        return pulumi.Output.from_input(args["subnetIds"])
    kinds: pulumi.Output[list[list[str]]] = pulumi.Output.all(
        args.get("publicSubnetIds") or [], args.get("privateSubnetIds") or []
    )
    return kinds.apply(lambda lists: [*lists[0], *lists[1]])


def _control_plane(
    parent: pulumi.Resource, name: str, args: Inputs, role: Anything, complete: Sequence[pulumi.Resource]
) -> aws.eks.Cluster:
    service_range, family = args.get("kubernetesServiceIpAddressRange"), args.get("ipFamily")
    network = aws.eks.ClusterKubernetesNetworkConfigArgs(service_ipv4_cidr=service_range, ip_family=family or "ipv4")
    tags: pulumi.Output[list[dict[str, str]]] = pulumi.Output.all(
        {"Name": f"{name}-eksCluster"}, args.get("clusterTags") or {}, args.get("tags") or {}
    )
    given_role: pulumi.Output[Anything] = pulumi.Output.from_input(role)
    return aws.eks.Cluster(
        f"{name}-eksCluster",
        name=args.get("name"),
        role_arn=given_role.apply(lambda it: it.arn),
        bootstrap_self_managed_addons=args.get("bootstrapSelfManagedAddons", True),
        vpc_config=aws.eks.ClusterVpcConfigArgs(
            subnet_ids=_subnets(args),
            endpoint_private_access=args.get("endpointPrivateAccess"),
            endpoint_public_access=args.get("endpointPublicAccess"),
            public_access_cidrs=args.get("publicAccessCidrs"),
        ),
        kubernetes_network_config=network if service_range or family else None,
        version=args.get("version"),
        enabled_cluster_log_types=args.get("enabledClusterLogTypes"),
        tags=tags.apply(lambda layers: {key: value for layer in layers for key, value in layer.items()}),
        access_config=aws.eks.ClusterAccessConfigArgs(
            authentication_mode=args["authenticationMode"], bootstrap_cluster_creator_admin_permissions=True
        ),
        upgrade_policy=args.get("upgradePolicy"),
        deletion_protection=args.get("deletionProtection"),
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=complete,
            ignore_changes=[
                "accessConfig.bootstrapClusterCreatorAdminPermissions",
                "bootstrapSelfManagedAddons",
            ],
        ),
    )


def _instance_roles(args: Inputs) -> list[Anything]:
    return args.get("instanceRoles") or ([args["instanceRole"]] if args.get("instanceRole") else [])


def _outputs(cluster: aws.eks.Cluster, config: pulumi.Output[Anything], args: Inputs) -> Mapping[str, Anything]:
    group = cluster.vpc_config.cluster_security_group_id
    issuer = cluster.identities.apply(_issuer)
    return {
        "kubeconfig": config,
        "kubeconfigJson": config.apply(json.dumps),
        "eksCluster": cluster,
        "instanceRoles": _instance_roles(args),
        "clusterSecurityGroupId": group,
        "nodeSecurityGroupId": group,
        "clusterIngressRuleId": "",
        "defaultNodeGroupAsgName": "",
        "fargateProfileId": "",
        "fargateProfileStatus": "",
        "oidcProviderArn": "",
        "oidcProviderUrl": issuer,
        "oidcIssuer": issuer.apply(lambda url: url.removeprefix("https://")),
        "autoModeNodeRoleName": "",
    }


def _issuer(identities: Sequence[Anything]) -> str:
    return identities[0].oidcs[0].issuer
