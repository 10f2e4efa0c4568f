"""An EKS cluster, and the service cluster of a colour on top of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes

from components.controller import LoadBalancerController
from components.eks_versions import addon_versions
from components.kubeconfig import kubeconfig
from components.model import Cluster, Controller, Service, beside_name
from components.partition import ec2_principal, managed_policy
from components.security import allow
from components.tags import COLOUR_LABEL
from components.traffic import Colour

__all__ = ["ClusterPlacement", "EksCluster", "ServiceCluster", "bind"]

_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly")


@dataclass(frozen=True, kw_only=True)
class ClusterPlacement:
    """Where clusters stand."""

    region: str
    vpc_id: pulumi.Input[str]
    private_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """One a zone, for the control plane's interfaces and the nodes."""
    after: Sequence[pulumi.Resource] = ()
    """What gives nodes their way out: they join by it, and the last binding lets go of its targets by it."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class EksCluster(pulumi.ComponentResource):
    """A cluster by pulumi-eks with a managed node group across the zones, or an existing one by name.

    A change of `version` upgrades the control plane and then the nodes in place. Access is by EKS access
    entries alone (API mode), and pods get their AWS identity by Pod Identity, which unlike an OIDC provider
    needs nothing from the machine that runs Pulumi.
    """

    cluster_name: pulumi.Output[str]
    version: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    """The cluster security group, which nodes, pods and the Kubernetes API share."""
    endpoint: pulumi.Output[str]
    """Address of its Kubernetes API."""
    authority: pulumi.Output[str]
    """Who signs that address's certificate, base64."""
    kubeconfig: pulumi.Output[str]
    """JSON that fetches its token with `aws eks get-token`; no secret in it."""
    ready: Sequence[pulumi.Resource]
    """What must stand before pods run and have an identity."""

    def __init__(
        self,
        name: str,
        args: Cluster,
        placement: ClusterPlacement,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("bluegreen:index:EksCluster", name, None, opts)
        if args.version:
            self._create(name, args, args.version, placement)
        else:
            self._look_up(args.existing or "", placement.region)
        self.register_outputs({"clusterName": self.cluster_name, "version": self.version})

    def _create(self, name: str, args: Cluster, version: str, placement: ClusterPlacement) -> None:
        addons = {**addon_versions(version), **args.addons}
        cluster = eks.Cluster(
            name,
            version=version,
            vpc_id=placement.vpc_id,
            private_subnet_ids=placement.private_subnet_ids,
            authentication_mode=eks.AuthenticationMode.API,
            create_oidc_provider=False,
            create_instance_role=False,
            skip_default_node_group=True,
            skip_default_security_groups=True,
            endpoint_private_access=True,
            endpoint_public_access=bool(args.api_cidrs),
            public_access_cidrs=[str(cidr) for cidr in args.api_cidrs] or None,
            vpc_cni_options=eks.VpcCniOptionsArgs(addon_version=addons["vpc-cni"]),
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(version=addons["kube-proxy"]),
            # Installed below: without nodes it stays degraded, and pulumi-eks has none at this point.
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            tags={**placement.tags},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(placement.after)),
        )
        nodes = self._nodes(name, args, cluster, placement)
        self.ready = [
            nodes,
            *(
                aws.eks.Addon(
                    f"{name}-{addon}",
                    cluster_name=cluster.eks_cluster.name,
                    addon_name=addon,
                    addon_version=wanted,
                    resolve_conflicts_on_create="OVERWRITE",
                    resolve_conflicts_on_update="OVERWRITE",
                    tags={**placement.tags},
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[nodes]),
                )
                for addon, wanted in addons.items()
                if addon not in ("vpc-cni", "kube-proxy")
            ),
        ]
        self.cluster_name, self.version = cluster.eks_cluster.name, cluster.eks_cluster.version
        self.endpoint = cluster.eks_cluster.endpoint
        self.authority = cluster.eks_cluster.certificate_authority.data.apply(lambda data: data or "")
        self.security_group_id, self.kubeconfig = cluster.cluster_security_group_id, cluster.kubeconfig_json

    def _nodes(
        self, name: str, args: Cluster, cluster: eks.Cluster, placement: ClusterPlacement
    ) -> eks.ManagedNodeGroup:
        child = pulumi.ResourceOptions(parent=self)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ec2_principal(placement.region)},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = aws.iam.Role(f"{name}-nodes", assume_role_policy=json.dumps(trust), tags={**placement.tags}, opts=child)
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}",
                role=role.name,
                policy_arn=managed_policy(placement.region, policy),
                opts=child,
            )
            for policy in _NODE_POLICIES
        ]
        return eks.ManagedNodeGroup(
            name,
            cluster=cluster,
            node_role=role,
            version=args.version,
            subnet_ids=placement.private_subnet_ids,
            instance_types=list(args.nodes.instance_types),
            ami_type="AL2023_x86_64_STANDARD",
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=args.nodes.minimum, max_size=args.nodes.maximum, desired_size=args.nodes.desired
            ),
            ignore_scaling_changes=True,  # an autoscaler may own the size from then on
            tags={**placement.tags},
            opts=pulumi.ResourceOptions(parent=self, depends_on=attached),
        )

    def _look_up(self, existing: str, region: str) -> None:
        found = aws.eks.get_cluster_output(name=existing)
        self.cluster_name, self.version = found.name, found.version
        self.endpoint, self.authority = found.endpoint, found.certificate_authorities[0].data
        self.security_group_id = found.vpc_config.cluster_security_group_id
        self.kubeconfig = kubeconfig(found, region)
        self.ready = []


class ServiceCluster(pulumi.ComponentResource):
    """The cluster of one colour: it runs the services and fills their target groups.

    The Service and its binding exist before any pod does, as the controller's readiness gates need it: a pod
    counts as ready only once the load balancer finds it healthy, so a rollout never outruns it.
    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
    """

    cluster: EksCluster
    inside: pulumi.ProviderResource
    """The provider of its Kubernetes API."""
    controller: LoadBalancerController
    ready: Sequence[pulumi.Resource]
    """What must stand before something is bound in it."""
    bound: Sequence[pulumi.Resource]
    """The bindings, each after its Service."""

    def __init__(
        self,
        name: str,
        args: Cluster,
        placement: ClusterPlacement,
        *,
        services: Mapping[str, Service],
        target_groups: Mapping[str, pulumi.Output[str]],
        alb_security_group_id: pulumi.Input[str],
        controller: Controller,
        protect: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`protect` keeps the bindings and the way to the pods: they go first when a colour does."""
        super().__init__("bluegreen:index:ServiceCluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        carries_traffic = pulumi.ResourceOptions(parent=self, protect=protect)
        self.cluster = EksCluster(name, args, placement, opts=child)
        self.inside = provider = kubernetes.Provider(
            name, kubeconfig=self.cluster.kubeconfig, enable_server_side_apply=True, opts=child
        )
        inside = pulumi.ResourceOptions(parent=self, provider=provider)

        for port in sorted({service.port for service in services.values()}):
            allow(
                f"{name}-alb-to-pods",
                alb_security_group_id,
                self.cluster.security_group_id,
                port,
                placement.tags,
                carries_traffic,
            )
        self.controller = LoadBalancerController(
            name,
            controller,
            cluster_name=self.cluster.cluster_name,
            region=placement.region,
            vpc_id=placement.vpc_id,
            target_groups=list(target_groups.values()),
            tags=placement.tags,
            ready=self.cluster.ready,
            opts=pulumi.ResourceOptions(parent=self, providers=[provider]),
        )
        namespaces = {
            namespace: kubernetes.core.v1.Namespace(
                f"{name}-{namespace}",
                metadata=kubernetes.meta.v1.ObjectMetaArgs(
                    name=namespace, labels={"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
                ),
                opts=inside,
            )
            for namespace in sorted({service.namespace for service in services.values()} - {"default"})
        }
        self.ready = [self.controller.release, *namespaces.values()]
        self.bound = [
            bind(name, service_name, service, target_groups[service_name], self.ready, inside, protect=protect)
            for service_name, service in services.items()
        ]
        self.register_outputs({"clusterName": self.cluster.cluster_name})


def bind(
    name: str,
    service_name: str,
    service: Service,
    target_group: pulumi.Output[str],
    after: Sequence[pulumi.Resource],
    inside: pulumi.ResourceOptions,
    *,
    protect: bool,
    beside: Colour | None = None,
) -> pulumi.Resource:
    """Make a Service for the team's pods (label `app.kubernetes.io/name`), and the binding that registers them.

    A colour `beside` the one whose cluster it is has names and pods of its own: `dkms-green`.
    """
    where = pulumi.ResourceOptions(parent=inside.parent, provider=inside.provider, depends_on=list(after))
    pods = beside_name(service_name, beside) if beside else service_name
    labels = {COLOUR_LABEL: beside.value} if beside else None
    metadata = kubernetes.meta.v1.ObjectMetaArgs(name=pods, namespace=service.namespace, labels=labels)
    served = kubernetes.core.v1.Service(
        f"{name}-{service_name}",
        metadata=metadata,
        spec=kubernetes.core.v1.ServiceSpecArgs(
            selector={"app.kubernetes.io/name": pods},
            ports=[kubernetes.core.v1.ServicePortArgs(name="http", port=80, target_port=service.port)],
        ),
        opts=where,
    )
    return kubernetes.apiextensions.CustomResource(
        f"{name}-{service_name}",
        api_version="elbv2.k8s.aws/v1beta1",
        kind="TargetGroupBinding",
        metadata=metadata,
        spec={
            "serviceRef": {"name": pods, "port": 80},
            "targetGroupARN": target_group,
            "targetType": "ip",
        },
        opts=pulumi.ResourceOptions(
            parent=inside.parent, provider=inside.provider, depends_on=[served, *after], protect=protect
        ),
    )
