"""The way of a request through what AWS holds, as a tree from the name that clients look up to the pods. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.traffic import Colour
from rehearsal.oracle.state import Forward, Listener, LoadBalancer, Record, Rule, Snapshot, TargetGroup

__all__ = ["Node", "entries"]


@dataclass(frozen=True, slots=True)
class Node:
    """A record, a load balancer or the pods of a colour, with what lies behind it."""

    kind: str
    """`Route 53`, `NLB`, `ALB` or `pods`."""
    name: str
    note: str = ""
    via: str = ""
    """The target group in which it is, and how healthy that is."""
    way: str = ""
    """What leads here, where that is not a share: another path, or the colour's own address."""
    share: float | None = None
    """Per cent of what reaches the node before."""
    behind: tuple[Node, ...] = ()
    colour: str = ""
    """The one colour of all pods behind it; empty if there are two, or none."""

    @property
    def idle(self) -> bool:
        """Whether no client comes this way now."""
        return self.share == 0


def entries(snapshot: Snapshot) -> tuple[Node, ...]:
    """Draw every name that clients look up. A colour's own name is another way to the same chain, and is left out."""
    names = {record.name for record in snapshot.records}
    clients = (name for name in sorted(names) if not _own_name(name, names))
    return tuple(_record(snapshot, name) for name in clients)


def _own_name(name: str, names: set[str]) -> bool:
    first, _, rest = name.partition(".")
    return first in set(Colour) and rest in names


def _record(snapshot: Snapshot, name: str) -> Node:
    records = [record for record in snapshot.records if record.name == name]
    total = sum(record.weight or 0 for record in records)
    balancers = {balancer.dns_name: balancer for balancer in snapshot.load_balancers.values()}
    behind = [
        _balancer(snapshot, balancers[target], _per_cent(record, total, len(records)))
        for record in records
        for target in record.targets
        if target in balancers
    ]
    weighted = any(record.weight is not None for record in records)
    return _node("Route 53", name, behind, note=f"{'weighted' if weighted else 'simple'}, TTL {records[0].ttl} s")


def _per_cent(record: Record, total: int, among: int) -> float:
    """Without a weight above 0, Route 53 answers with all records alike."""
    return 100 * (record.weight or 0) / total if total else 100 / among


def _balancer(snapshot: Snapshot, balancer: LoadBalancer, share: float | None, via: str = "", way: str = "") -> Node:
    kind = "NLB" if balancer.kind == "network" else "ALB"
    listeners = [each for each in snapshot.listeners.values() if each.load_balancer == balancer.arn]
    drawn: set[str] = set()
    behind: list[Node] = []
    # A colour's own listener has another port than the chain behind it; those of clients are told first.
    for listener in sorted(listeners, key=lambda each: (_own_port(snapshot, each), each.port)):
        own = f"own address, port {listener.port}" if _own_port(snapshot, listener) else ""
        behind.extend(_forwarded(snapshot, listener.action, drawn, own=own))
        for rule in sorted(listener.rules, key=lambda each: each.priority):
            behind.extend(_forwarded(snapshot, rule.action, drawn, way=_asked(rule), own=own or _own_rule(rule)))
    ports = sorted({each.port for each in listeners if not _own_port(snapshot, each)})
    note = " ".join(f"{each.protocol}:{each.port}" for each in listeners if each.port in ports)
    return _node(kind, balancer.name, behind, note=note.lstrip(":"), share=share, via=via, way=way)


def _own_port(snapshot: Snapshot, listener: Listener) -> bool:
    groups = listener.action.weights if isinstance(listener.action, Forward) else ()
    return any(
        snapshot.target_groups[arn].port != listener.port for arn in groups if snapshot.target_groups[arn].kind == "alb"
    )


def _own_rule(rule: Rule) -> str:
    """Only operators come to a colour's own address, and a rule knows them by where they come from."""
    return "own address, by a rule" if any(each.field == "source-ip" for each in rule.conditions) else ""


def _asked(rule: Rule) -> str:
    return " ".join(value for condition in rule.conditions for value in condition.values)


def _forwarded(snapshot: Snapshot, action: object, drawn: set[str], *, way: str = "", own: str = "") -> Iterator[Node]:
    """Draw the target groups of an action, each once: a way of one's own to what clients reach adds nothing."""
    if not isinstance(action, Forward):
        return
    total = sum(action.weights.values())
    for arn, weight in action.weights.items():
        if arn in drawn:
            continue
        drawn.add(arn)
        share = 0.0 if own or not total else 100 * weight / total
        yield from _group(snapshot, snapshot.target_groups[arn], share, own or way)


def _group(snapshot: Snapshot, group: TargetGroup, share: float, way: str) -> Iterator[Node]:
    healthy = sum(1 for target in group.targets if target.state == "healthy")
    via = f"{group.name}, {healthy} of {len(group.targets)} healthy"
    if group.kind == "alb":
        for target in group.targets:
            if target.id in snapshot.load_balancers:
                yield _balancer(snapshot, snapshot.load_balancers[target.id], share, via, way)
        return
    pods = [snapshot.pods[target.address] for target in group.targets if target.address in snapshot.pods]
    colours = {pod.colour for pod in pods}
    yield Node(
        kind="pods",
        name=f"{len(pods)} {'pod' if len(pods) == 1 else 'pods'}{f' of {group.service}' if group.service else ''}",
        note=" ".join(sorted({pod.cluster for pod in pods})),
        via=via,
        way=way,
        share=share,
        colour=colours.pop() if len(colours) == 1 else "",
    )


def _node(
    kind: str,
    name: str,
    behind: Sequence[Node],
    *,
    note: str = "",
    share: float | None = None,
    via: str = "",
    way: str = "",
) -> Node:
    colours = {each.colour for each in behind}
    colour = colours.pop() if len(colours) == 1 else ""
    return Node(kind, name, note, via, way, share, tuple(behind), colour)
