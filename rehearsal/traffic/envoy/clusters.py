"""Target groups as Envoy's clusters: who takes new flows and requests, and whose flows are closed."""

import re
from collections.abc import Iterable, Mapping

from rehearsal.oracle.state import TargetGroup
from rehearsal.traffic.envoy.resources import Resource, Site, address, seconds, source, typed
from rehearsal.traffic.flows import Destination, Way

__all__ = [
    "flow_cluster",
    "flow_cluster_name",
    "flow_targets",
    "peer_cluster",
    "place",
    "request_cluster",
    "request_cluster_name",
    "request_targets",
]

_PROMPTLY = seconds(0.01)
_FOREVER = seconds(86_400)
_LIMITS = ("max_connections", "max_pending_requests", "max_requests")
_COMMON: Resource = {
    "connect_timeout": seconds(5),
    "circuit_breakers": {"thresholds": [dict.fromkeys(_LIMITS, 1_000_000)]},
    # Who takes new flows is said by the endpoints alone, and a change of it counts at once.
    "common_lb_config": {"healthy_panic_threshold": {"value": 0}, "update_merge_window": seconds(0)},
}


def flow_cluster_name(way: Way) -> str:
    """Name the cluster of one NLB listener's flows to one target group."""
    return f"{_file_name(way.listener)}~{_file_name(way.target_group)}"


def request_cluster_name(group: str) -> str:
    """Name the cluster of an ALB's requests to a target group (ARN)."""
    return _file_name(group)


def flow_cluster(way: Way, site: Site) -> Resource:
    """Return the cluster of an NLB's flows.

    Its health check is not one: the plane leaves it unanswered for as long as the flows go on, and answers that it
    failed when they end, upon which Envoy closes them at once. `rehearsal.traffic.checks` is the other side.
    """
    name = flow_cluster_name(way)
    intervals = ("interval", "no_traffic_interval", "unhealthy_interval", "healthy_edge_interval")
    check: Resource = {
        **dict.fromkeys(intervals, _PROMPTLY),
        "timeout": _FOREVER,
        "healthy_threshold": 1,
        "unhealthy_threshold": 1,
        "http_health_check": {"path": f"/{name}"},
    }
    return {**_cluster(name, site), "health_checks": [check], "close_connections_on_host_health_failure": True}


def flow_targets(way: Way, targets: Mapping[Destination, bool], site: Site) -> Resource:
    """Return the targets of an NLB's flows; those that take no new ones keep what they have."""
    endpoints: list[Resource] = []
    for destination, takes_new in targets.items():
        ip, port = place(destination, site)
        check: Resource = {"address": address("127.0.0.1", site.checks_port), "hostname": ip}
        endpoint: Resource = {"address": address(ip, port), "health_check_config": check}
        endpoints.append({"endpoint": endpoint, "health_status": "HEALTHY" if takes_new else "DRAINING"})
    return _assignment(flow_cluster_name(way), endpoints)


def request_cluster(group: str, site: Site) -> Resource:
    """Return the cluster of an ALB's requests."""
    return _cluster(request_cluster_name(group), site)


def request_targets(group: TargetGroup, site: Site) -> Resource:
    """Return the targets of an ALB's requests: the healthy ones. The others finish what they have begun."""
    healthy = [Destination(target.id, target.port) for target in group.targets if target.state == "healthy"]
    places = [address(*place(destination, site)) for destination in healthy]
    return _assignment(request_cluster_name(group.arn), [{"endpoint": {"address": place}} for place in places])


def peer_cluster(site: Site) -> Resource:
    """Return the cluster of the other region."""
    where: Resource = {"endpoint": {"address": address(*site.peer_pod)}}
    return typed(
        "config.cluster.v3.Cluster",
        name="peer",
        load_assignment={"cluster_name": "peer", "endpoints": [{"lb_endpoints": [where]}]},
        **_COMMON,
    )


def _cluster(name: str, site: Site) -> Resource:
    return typed(
        "config.cluster.v3.Cluster",
        name=name,
        type="EDS",
        eds_cluster_config={"eds_config": source(site.directory / "eds" / f"{name}.json")},
        **_COMMON,
    )


def _assignment(name: str, endpoints: Iterable[Resource]) -> Resource:
    localities: list[Resource] = [{"lb_endpoints": list(endpoints)}]
    return typed("config.endpoint.v3.ClusterLoadAssignment", cluster_name=name, endpoints=localities)


def place(destination: Destination, site: Site) -> tuple[str, int]:
    """Find an ALB by its ARN, and a pod by its address."""
    ident, port = destination
    return site.address_of(ident if ident.startswith("arn:") else f"{ident}:{port}"), site.port(port)


def _file_name(arn: str) -> str:
    """Reduce an ARN to what tells it from others of its region, without slashes: …:listener/net/NAME/ID/ID."""
    return re.sub(r"[^\w.-]", "_", arn.split(":", 5)[-1])
