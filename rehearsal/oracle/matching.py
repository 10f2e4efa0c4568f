"""Which action of an ALB listener a request meets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network

from rehearsal.oracle.state import Action, Condition, Listener
from rehearsal.oracle.verdict import Probe

__all__ = ["Request", "action_for", "matches_code"]


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP GET without a query string, as an ALB reads it; `source_ip` None is the NLB's own check."""

    path: str
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    source_ip: str | None = None

    @classmethod
    def of(cls, probe: Probe) -> Request:
        """Return the request that a probe sends."""
        return cls(probe.path, probe.host or probe.entry, probe.headers, probe.source_ip)


def action_for(listener: Listener, request: Request) -> Action:
    """Return the action of the first rule, by priority, all of whose conditions hold, or the default.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html
    """
    for rule in sorted(listener.rules, key=lambda rule: rule.priority):
        if all(_holds(condition, request) for condition in rule.conditions):
            return rule.action
    return listener.action


def matches_code(codes: str, status: int) -> bool:
    """Tell whether a health check's matcher (`200`, `200,202`, `200-399`) accepts a status."""
    for part in codes.split(","):
        first, _, last = part.partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def _holds(condition: Condition, request: Request) -> bool:
    match condition.field:
        case "host-header":
            return _any(condition.values, request.host.lower(), fold=True)
        case "path-pattern":
            return _any(condition.values, request.path)
        case "http-header":
            names = {name.lower(): value for name, value in request.headers.items()}
            value = names.get(condition.header.lower())
            return value is not None and _any(condition.values, value.lower(), fold=True)
        case "http-request-method":
            return "GET" in condition.values
        case "source-ip":
            source = request.source_ip
            return source is not None and any(ip_address(source) in ip_network(cidr) for cidr in condition.values)
        case _:  # query-string: these requests have none
            return False


def _any(patterns: tuple[str, ...], text: str, *, fold: bool = False) -> bool:
    return any(_pattern(pattern.lower() if fold else pattern).fullmatch(text) for pattern in patterns)


@lru_cache(maxsize=1024)
def _pattern(wildcards: str) -> re.Pattern[str]:
    """Only `*` and `?` are special, unlike in fnmatch."""
    return re.compile(re.escape(wildcards).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
