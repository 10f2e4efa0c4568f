"""From a stack's configuration to its resources, in the order in which traffic flows."""

from collections.abc import Callable, Mapping

import pulumi
from pulumi_aws import route53

from components.argocd import ArgoCDHome, ArgoCDRegistration
from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import BlueGreen, BlueGreenArgs, Placement
from components.cluster import ClusterPlacement, EksCluster, ServiceCluster
from components.environment import is_prod
from components.importing import nothing_new
from components.network import Network
from components.release import ServiceRelease
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from components.traffic import Colour
from infra.argocd import find_argocd
from infra.config import NAMESPACE, StackConfig, Topology
from infra.diagram import mermaid

__all__ = ["deploy"]

TOPOLOGIES: Mapping[Topology, Callable[[str, BlueGreenArgs], BlueGreen]] = {
    Topology.ROUTE53: BlueGreenRoute53,
    Topology.SHARED_NLB: SharedNLB,
    Topology.SHARED_ALB: SharedALB,
}


def deploy(config: StackConfig) -> None:
    """Register the stack's resources and export what people need of it."""
    tags = {"Project": pulumi.get_project(), "Stack": pulumi.get_stack(), **config.tags}
    if config.as_found:
        pulumi.runtime.register_stack_transformation(nothing_new)
    network = Network(NAMESPACE, config.network, tags)
    traffic = TOPOLOGIES[config.topology](
        NAMESPACE,
        BlueGreenArgs(
            entry=config.entry,
            services=config.services,
            colours=config.colours,
            weights=config.weights,
            retiring=config.retiring,
            placement=Placement(
                vpc_id=network.vpc_id,
                nlb_subnet_ids=network.private_subnet_ids
                if config.entry.scheme == "internal"
                else network.public_subnet_ids,
                alb_subnet_ids=network.private_subnet_ids,
            ),
            zone_id=_zone_id(config, network, tags),
            access_logs=config.access_logs,
            gates=config.gates.resolve(
                config.region, prod=is_prod(pulumi.get_stack()), profile=pulumi.Config("aws").get("profile")
            ),
            adopted=config.adopted,
            found=config.found,
            protect=config.protect,
            tags=tags,
        ),
    )
    tools = {
        tool: EksCluster(f"{NAMESPACE}-{tool}", args, _placement(config, network, tags))
        for tool, args in config.tools.items()
    }
    clusters = _clusters(config, network, traffic, find_argocd(config, tools), tags)
    _export(config, traffic, clusters, tools)


def _zone_id(config: StackConfig, network: Network, tags: dict[str, str]) -> pulumi.Input[str]:
    zone = config.entry.zone
    if zone.id:
        return zone.id
    inside = [route53.ZoneVpcArgs(vpc_id=network.vpc_id)] if zone.private else None
    return route53.Zone(NAMESPACE, name=zone.name, vpcs=inside, tags=tags).zone_id


def _placement(config: StackConfig, network: Network, tags: dict[str, str]) -> ClusterPlacement:
    return ClusterPlacement(
        region=config.region,
        vpc_id=network.vpc_id,
        private_subnet_ids=network.private_subnet_ids,
        after=[network],
        tags=tags,
    )


def _clusters(
    config: StackConfig, network: Network, traffic: BlueGreen, argocd: ArgoCDHome | None, tags: dict[str, str]
) -> dict[Colour, EksCluster]:
    """The cluster of each colour; that of the other one where it stands in it."""
    found: dict[Colour, EksCluster] = {}
    hosts: dict[Colour, ServiceCluster] = {}
    # Whoever stands in the cluster of another comes after it.
    for colour in sorted(config.colours, key=lambda each: bool(config.clusters[each].cluster_of)):
        name, args = f"{NAMESPACE}-{colour}", config.clusters[colour]
        placement = _placement(config, network, tags | {"bluegreen:colour": colour.value})
        protect = config.protect and colour not in config.retiring
        if args.chain:
            found[colour] = EksCluster(name, args, placement)  # whoever owns its load balancers fills them, too
        elif args.cluster_of:
            host = hosts[args.cluster_of]
            shared = config.topology is Topology.SHARED_ALB
            ServiceRelease(
                name,
                colour,
                host,
                placement,
                services=config.services,
                target_groups=traffic.target_groups[colour],
                alb_security_group_id=None if shared else traffic.alb_security_groups[colour],
                protect=protect,
            )
            found[colour] = host.cluster
        else:
            hosts[colour] = ServiceCluster(
                name,
                args,
                placement,
                services=config.services,
                target_groups=traffic.target_groups[colour],
                alb_security_group_id=traffic.alb_security_groups[colour],
                controller=config.controller,
                protect=protect,
            )
            found[colour] = hosts[colour].cluster
            # One that existed before is known to ArgoCD, or not, as it was.
            if argocd and args.version and colour not in config.retiring:
                ArgoCDRegistration(
                    f"{name}-argocd",
                    argocd,
                    colour,
                    found[colour],
                    known_as=f"{pulumi.get_project()}-{pulumi.get_stack()}-{colour}",
                    region=config.region,
                    namespaces=sorted({service.namespace for service in config.services.values()}),
                    tags=placement.tags,
                    after=[hosts[colour]],
                )
    return {colour: found[colour] for colour in config.colours}


def _export(
    config: StackConfig,
    traffic: BlueGreen,
    clusters: dict[Colour, EksCluster],
    tools: dict[str, EksCluster],
) -> None:
    named = {colour.value: cluster for colour, cluster in clusters.items()} | tools
    pulumi.export("endpoint", traffic.endpoint)
    pulumi.export("addresses", {colour.value: vars(address) for colour, address in traffic.addresses.items()})
    pulumi.export("topology", config.topology.value)
    pulumi.export("active", config.active.value)
    pulumi.export("weights", {colour.value: config.weights[colour] for colour in config.colours})
    if config.own_weights:
        own = {name: {each.value: weights[each] for each in Colour} for name, weights in config.own_weights.items()}
        pulumi.export("serviceWeights", own)
    pulumi.export(
        "clusters",
        {name: {"name": cluster.cluster_name, "version": cluster.version} for name, cluster in named.items()},
    )
    versions = {colour.value: cluster.version for colour, cluster in clusters.items()}
    pulumi.export(
        "diagram",
        pulumi.Output.all(hosts=traffic.load_balancers, versions=versions).apply(
            lambda known: mermaid(config, known["hosts"], known["versions"])
        ),
    )
