"""The rules of an ALB listener as Envoy's routes, read as `rehearsal.oracle.matching` reads them."""

import re
from ipaddress import IPv4Network, ip_network

from rehearsal.oracle.state import Action, Condition, Listener, Reply
from rehearsal.traffic.access import SOURCE_HEADER
from rehearsal.traffic.envoy.clusters import request_cluster_name
from rehearsal.traffic.envoy.resources import Resource, seconds, typed

__all__ = ["routes"]

_NO_GROUP = 503
"""What an ALB answers when every weight is 0."""
_NOTHING = r"[^\s\S]"


def routes(name: str, listener: Listener) -> Resource:
    """Return the route configuration `name` of an ALB listener: its rules by priority, then the default action."""
    rules = sorted(listener.rules, key=lambda rule: rule.priority)
    found = [_route(rule.action, rule.conditions) for rule in rules]
    everything: Resource = {"name": "all", "domains": ["*"], "routes": [*found, _route(listener.action)]}
    # A cluster may still be on its way when the route to it is read.
    return typed("config.route.v3.RouteConfiguration", name=name, virtual_hosts=[everything], validate_clusters=False)


def _route(action: Action, conditions: tuple[Condition, ...] = ()) -> Resource:
    matched: Resource = {"prefix": "/", "headers": [_header(condition) for condition in conditions]}
    if isinstance(action, Reply):
        return {"match": matched, "direct_response": {"status": action.status}}
    shares = {request_cluster_name(group): weight for group, weight in action.weights.items() if weight}
    if not shares:
        return {"match": matched, "direct_response": {"status": _NO_GROUP}}
    weighted = [{"name": cluster, "weight": weight} for cluster, weight in shares.items()]
    return {"match": matched, "route": {"weighted_clusters": {"clusters": weighted}, "timeout": seconds(0)}}


def _header(condition: Condition) -> Resource:
    """Return a condition as one on a header, in Envoy's sense of them: host, path and method are headers too."""
    wildcards = [_wildcards(value) for value in condition.values]
    match condition.field:
        case "host-header":
            return _matches(":authority", wildcards, rest=r"(?::\d+)?", fold=True)
        case "path-pattern":
            return _matches(":path", wildcards, rest=r"(?:\?.*)?")
        case "http-header":
            return _matches(condition.header, wildcards, fold=True)
        case "http-request-method":
            return _matches(":method", [re.escape(value) for value in condition.values])
        case "source-ip":
            return _matches(SOURCE_HEADER, [_addresses(cidr) for cidr in condition.values])
        case _:  # query-string: a state of AWS does not hold its keys and values, so it never matches
            return _matches(":path", [_NOTHING])


def _matches(header: str, patterns: list[str], *, rest: str = "", fold: bool = False) -> Resource:
    flags = "(?is)" if fold else "(?s)"
    return {
        "name": header,
        "string_match": {"safe_regex": {"regex": f"{flags}(?:{'|'.join(patterns)}){rest}"}},
    }


def _wildcards(pattern: str) -> str:
    """Only `*` and `?` are special; neither reaches into a query string."""
    return re.escape(pattern).replace(r"\*", r"[^?]*").replace(r"\?", r"[^?]")


def _addresses(cidr: str) -> str:
    """Return what matches the addresses of a block, number by number; clients here have IPv4 only."""
    network = ip_network(cidr)
    if not isinstance(network, IPv4Network):
        return _NOTHING
    ranges = zip(network.network_address.packed, network.broadcast_address.packed, strict=True)
    return r"\.".join(r"\d+" if (first, last) == (0, 255) else _numbers(first, last) for first, last in ranges)


def _numbers(first: int, last: int) -> str:
    return f"(?:{'|'.join(str(number) for number in range(first, last + 1))})"
