"""Security groups on the way of a connection."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_network

from rehearsal.oracle.state import Peer, SecurityGroupRule, Snapshot

__all__ = ["admits", "lets_out", "passes"]


def passes(snapshot: Snapshot, source: Peer, target: Peer, port: int) -> bool:
    """Tell whether `source` may connect to `port` of `target`: out of the one and into the other."""
    return lets_out(snapshot, source, target, port) and admits(snapshot, source, target, port)


def admits(snapshot: Snapshot, source: Peer, target: Peer, port: int) -> bool:
    """Tell whether the groups of `target` let `source` in; no groups at all let everything in."""
    rules = [rule for group in target.groups for rule in snapshot.security_groups[group].ingress]
    return not target.groups or _open(rules, source, port)


def lets_out(snapshot: Snapshot, source: Peer, target: Peer, port: int) -> bool:
    """Tell whether the groups of `source` let a connection to `target` out."""
    rules = [rule for group in source.groups for rule in snapshot.security_groups[group].egress]
    return not source.groups or _open(rules, target, port)


def _open(rules: Iterable[SecurityGroupRule], peer: Peer, port: int) -> bool:
    on_port = [rule for rule in rules if rule.first_port <= port <= rule.last_port]
    if any(rule.group in peer.groups for rule in on_port):
        return True
    cidrs = [rule.cidr for rule in on_port if rule.cidr]
    return bool(peer.cidrs) and all(any(_within(address, cidr) for cidr in cidrs) for address in peer.cidrs)


@lru_cache(maxsize=4096)
def _within(inner: str, outer: str) -> bool:
    a, b = ip_network(inner, strict=False), ip_network(outer, strict=False)
    return a.version == b.version and a.subnet_of(b)  # pyright: ignore[reportArgumentType] - same version
