"""What was found, as a picture and a table."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from infra.config import Topology
from rollout.adopt.fit import Fit
from rollout.adopt.seen import Balancer, Found

__all__ = ["show"]


def show(console: Console, found: Found, fitting: Sequence[Fit], chosen: Topology, remarks: Iterable[str]) -> None:
    """Write the chain from the entry's name to the pods, what fits, and what to know."""
    console.print(_picture(found))
    console.print(_table(fitting, chosen))
    for remark in remarks:
        console.print(Text(f"! {remark}", "yellow"), soft_wrap=True)


def _picture(found: Found) -> Tree:
    record = f"{found.record.type}, {found.record.ttl} s" if found.record.type == "CNAME" else "alias"
    zone = f"{'private ' if found.zone.private else ''}zone {found.zone.name} {found.zone.id}"
    tree = Tree(_node("Route 53", found.host, f"{record} · {zone}"), guide_style="dim")
    groups = ", ".join(found.nlb.groups) or "no security group"
    nlb = tree.add(_node("NLB", f"{found.nlb.name}:{found.listener.port}", f"{_zones(found.nlb)} · {groups}"))
    for other in found.others:
        nlb.add(Text(f"port {other.port}: another listener, not adopted", "dim"))
    owner = f"of an Ingress of {found.cluster}" if found.by_ingress else "of nobody that its tags name"
    where = f"{found.alb.name}:{found.alb_listener.port}"
    alb = nlb.add(_node("ALB", where, f"{found.alb_listener.protocol} · {_zones(found.alb)} · {owner}"))
    for route in found.routes:
        asked = " ".join([*route.hosts, *route.paths]) or "the rest"
        health = f"{route.group.healthy} of {len(route.group.targets)} healthy"
        pods = alb.add(_node("target group", route.group.name, f"{asked} · {route.group.type} · {health}"))
        pods.add(_node("EKS", found.cluster, found.version))
    return tree


def _node(kind: str, name: str, note: str) -> Text:
    return Text.assemble((f"{kind} ", "dim"), (name, "bold"), f"  {note}")


def _zones(balancer: Balancer) -> str:
    return f"{len(balancer.subnets)} zones"


def _table(fitting: Sequence[Fit], chosen: Topology) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("topology", "fits", "how"):
        table.add_column(title, overflow="fold")
    for each in fitting:
        ink = "bold" if each.topology is chosen else ""
        table.add_row(
            Text(each.topology, ink), Text("yes" if each.fits else "no", "green" if each.fits else "red"), each.why
        )
    return table
