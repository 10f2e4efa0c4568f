"""Envoy's configuration in JSON: the pieces that several resources have in common.

https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/api
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Resource", "Site", "address", "seconds", "source", "typed"]

Resource = dict[str, object]
"""One message of Envoy's API, as JSON."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where this run's Envoy is, and what it finds there."""

    directory: Path
    """For its configuration; holds `cert.pem` and `key.pem`."""
    address_of: Callable[[str], str]
    """The loopback address of a load balancer (ARN) or a pod (`ip:port`)."""
    port_offset: int
    speed: float
    """Model seconds per real second."""
    checks_port: int
    """Where Envoy asks whether the flows to a target go on."""
    peer: tuple[str, int]
    """Where clients find the other region's entry."""
    peer_pod: tuple[str, int]
    """Who answers there."""

    def port(self, port: int) -> int:
        """Return the real port of one in the model."""
        return port + self.port_offset


def typed(kind: str, **fields: object) -> Resource:
    """Return a message with its type, as Envoy wants it where any type may stand."""
    return {"@type": f"type.googleapis.com/envoy.{kind}", **fields}


def address(ip: str, port: int) -> Resource:
    """Return a TCP address."""
    return {"socket_address": {"address": ip, "port_value": port}}


def source(path: Path) -> Resource:
    """Return where a resource is read from, again whenever a file is renamed to it."""
    return {"path_config_source": {"path": str(path)}, "resource_api_version": "V3"}


def seconds(value: float) -> str:
    """Return a duration."""
    return f"{value:.6f}s"
