"""What a stack lives through beside its upgrades: edits of each part of its file, newer tools, and its end."""

from collections.abc import Iterator
from dataclasses import replace

from components.eks_versions import known_versions
from components.network_model import NewNetwork
from infra.config import StackConfig
from rehearsal.script import Script
from rehearsal.story import Chapter, Edit, edited, next_version

__all__ = ["with_upkeep"]


def with_upkeep(script: Script) -> Script:
    """The story in a zone less, if two are left, and after it the upkeep: first that zone."""
    network = script.config.network
    zones = network.zones if isinstance(network, NewNetwork) else ()
    fewer: Edit = {"network.zones": list(zones[:-1])} if len(zones) > 2 else {}
    chapters = [replace(chapter, settings=edited(chapter.settings, fewer)) for chapter in script.chapters]
    for title, edit in _edits(script.config):
        chapters.append(Chapter(title, edited(chapters[-1].settings, edit)))
    return replace(script, chapters=tuple(chapters))


def _edits(config: StackConfig) -> Iterator[tuple[str, Edit]]:
    if isinstance(config.network, NewNetwork):
        yield "a zone", {"network.zones": list(config.network.zones)}
        yield "NAT gateways", {"network.nat": "one" if config.network.nat == "zone" else "zone"}
    yield "clients", {"entry.clientCidrs": ["10.0.0.0/9", "10.128.0.0/9"]}
    cluster = f"clusters.{config.active}"
    yield "a cluster", {f"{cluster}.apiCidrs": ["203.0.113.0/24"], f"{cluster}.nodes": {"minimum": 4, "desired": 4}}
    yield "a health check", {f"services.{next(iter(config.services))}.healthPath": "/livez"}
    free = max(service.order for service in config.services.values()) + 1
    new = {"port": 8081, "order": free, "paths": ["/new/*"], "hosts": [f"new.{config.entry.zone.name}"]}
    yield "a service", {"services.new": new}
    yield "its paths", {"services.new.paths": ["/newer/*"]}
    yield "its order", {"services.new.order": free + 1}
    yield "tags", {"tags": {"Owner": "someone"}}
    version = next((tool.version for tool in config.tools.values() if tool.version), known_versions()[0])
    argocd = {"roleArn": "arn:aws-cn:iam::123456789012:role/argocd", "cidrs": ["10.255.0.0/16"]}
    yield "a tool", {"tools.argocd": {"version": version}, "argocd": argocd}
    yield "a newer tool", {"tools.argocd.version": next_version(version)}
    yield "the end", {"protect": False}
