"""The AWS Load Balancer Controller of a service cluster, which may fill target groups and nothing else."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_aws import eks, iam

from components.model import Controller
from components.partition import elb_controller_image

__all__ = ["LoadBalancerController", "allow_to_fill", "controller_policy", "pod_identity_trust"]

NAMESPACE, ACCOUNT = "kube-system", "aws-load-balancer-controller"


def pod_identity_trust() -> str:
    """Who may take a role by EKS Pod Identity; the principal has no China suffix."""
    return _policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    )


def controller_policy(target_groups: Sequence[str]) -> str:
    """Describe, and register or deregister targets of these groups.

    It cannot create, change or delete a load balancer, a listener or a security group, so nothing that
    happens in a cluster can take an entry down.
    """
    return _policy(
        {
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
            ],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
            "Resource": sorted(target_groups),
        },
    )


def allow_to_fill(
    name: str,
    role: iam.Role,
    target_groups: Sequence[pulumi.Input[str]],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> iam.RolePolicyAttachment:
    """Let a controller fill these target groups, and no others that it may not fill already."""
    policy = iam.Policy(
        name, policy=pulumi.Output.all(*target_groups).apply(controller_policy), tags={**tags}, opts=opts
    )
    return iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy.arn, opts=opts)


class LoadBalancerController(pulumi.ComponentResource):
    """The controller's role, its Pod Identity association and its Helm release."""

    release: kubernetes.helm.v3.Release
    role: iam.Role

    def __init__(
        self,
        name: str,
        args: Controller,
        *,
        cluster_name: pulumi.Input[str],
        region: str,
        vpc_id: pulumi.Input[str],
        target_groups: Sequence[pulumi.Input[str]],
        tags: Mapping[str, str],
        ready: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`ready` is what must stand before pods can run and take their identity."""
        super().__init__("bluegreen:index:LoadBalancerController", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = role = iam.Role(name, assume_role_policy=pod_identity_trust(), tags={**tags}, opts=child)
        attached = allow_to_fill(name, role, target_groups, tags, child)
        identity = eks.PodIdentityAssociation(
            name,
            cluster_name=cluster_name,
            namespace=NAMESPACE,
            service_account=ACCOUNT,
            role_arn=role.arn,
            tags={**tags},
            opts=child,
        )
        self.release = kubernetes.helm.v3.Release(
            name,
            name=ACCOUNT,
            namespace=NAMESPACE,
            chart=args.chart,
            version=args.version,
            repository_opts=kubernetes.helm.v3.RepositoryOptsArgs(repo=args.repository),
            values={
                "clusterName": cluster_name,
                "region": region,
                "vpcId": vpc_id,
                "replicaCount": args.replicas,
                "image": {"repository": args.image or elb_controller_image(region), "tag": args.tag},
                "serviceAccount": {"create": True, "name": ACCOUNT},
                # Pulumi owns every load balancer: no Ingress class, no Services turned into NLBs; and the
                # services behind the last three do not exist in China.
                "createIngressClassResource": False,
                "enableServiceMutatorWebhook": False,
                "enableShield": False,
                "enableWaf": False,
                "enableWafv2": False,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[attached, identity, *ready]),
        )
        self.register_outputs({"role": role.arn})


def _policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
