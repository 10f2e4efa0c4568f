"""From a stack's configuration to its resources, in the order in which traffic flows."""

from collections.abc import Callable, Mapping

import pulumi
from pulumi_aws import route53

from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import BlueGreen, BlueGreenArgs, Placement
from components.cluster import ClusterPlacement, EksCluster, ServiceCluster
from components.environment import is_prod
from components.network import Network
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from components.traffic import Colour
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
            protect=config.protect,
            tags=tags,
        ),
    )
    clusters = {colour: _service_cluster(config, network, traffic, colour, tags) for colour in config.colours}
    tools = {
        tool: EksCluster(f"{NAMESPACE}-{tool}", args, _placement(config, network, tags))
        for tool, args in config.tools.items()
    }
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


def _service_cluster(
    config: StackConfig, network: Network, traffic: BlueGreen, colour: Colour, tags: dict[str, str]
) -> ServiceCluster:
    return ServiceCluster(
        f"{NAMESPACE}-{colour}",
        config.clusters[colour],
        _placement(config, network, tags | {"bluegreen:colour": colour.value}),
        services=config.services,
        target_groups=traffic.target_groups[colour],
        alb_security_group_id=traffic.alb_security_groups[colour],
        controller=config.controller,
        protect=config.protect and colour not in config.retiring,
    )


def _export(
    config: StackConfig,
    traffic: BlueGreen,
    clusters: dict[Colour, ServiceCluster],
    tools: dict[str, EksCluster],
) -> None:
    named = {colour.value: service.cluster for colour, service in clusters.items()} | tools
    pulumi.export("endpoint", traffic.endpoint)
    pulumi.export("addresses", {colour.value: vars(address) for colour, address in traffic.addresses.items()})
    pulumi.export("topology", config.topology.value)
    pulumi.export("active", config.active.value)
    pulumi.export("weights", {colour.value: config.weights[colour] for colour in config.colours})
    pulumi.export(
        "clusters",
        {name: {"name": cluster.cluster_name, "version": cluster.version} for name, cluster in named.items()},
    )
    versions = {colour.value: service.cluster.version for colour, service in clusters.items()}
    pulumi.export(
        "diagram",
        pulumi.Output.all(hosts=traffic.load_balancers, versions=versions).apply(
            lambda known: mermaid(config, known["hosts"], known["versions"])
        ),
    )
