"""What Route 53 answers for a name, given what AWS holds. Pure.

Where every target is healthy, the shares of its answers are those of `rehearsal.oracle.routing.answers`; that one
leaves health out, because Route 53 may not have noticed yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from rehearsal.oracle.routing import plain_name
from rehearsal.oracle.state import Forward, LoadBalancer, Record, Snapshot

__all__ = ["ALIAS_TTL", "PROPAGATION", "Answer", "Cname", "answer"]

ALIAS_TTL = 60
"""Seconds for which an answer about a load balancer may be kept, by its own name or by an alias; nobody can set it.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html"""

PROPAGATION = 60.0
"""Model seconds until a change of records is answered: the longest that AWS lets one expect.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html"""

_FOLLOWED = ("A", "CNAME")
_T = TypeVar("_T")


class Cname(NamedTuple):
    """One step of a chain of names."""

    name: str
    target: str
    ttl: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The names on the way, and the load balancer at its end; without one the name exists and has no address."""

    names: tuple[Cname, ...] = ()
    balancer: str = ""
    """ARN."""
    ttl: int = ALIAS_TTL


def answer(snapshot: Snapshot, name: str, draw: float) -> Answer | None:
    """Return the answer to a query for the address of a name, or None where no such name exists.

    `draw` (0 up to 1) is the lot that decides between records by their weights.
    """
    return _answer(snapshot, plain_name(name), draw, frozenset())


def _answer(snapshot: Snapshot, name: str, draw: float, passed: frozenset[str]) -> Answer | None:
    balancer = _balancer(snapshot, name)
    if balancer:
        return Answer(balancer=balancer.arn)
    records = [record for record in snapshot.records if record.name == name]
    if not records:
        return None
    records = [record for record in records if record.type in _FOLLOWED]
    if not records or name in passed:  # nothing of this type; or CNAMEs in a circle, which no resolver follows
        return Answer()
    record, draw = _choose(snapshot, records, draw)
    target, draw = _pick(record.targets, [1] * len(record.targets), draw)
    end = _answer(snapshot, plain_name(target), draw, passed | {name}) or Answer(ttl=record.ttl)
    if record.type == "CNAME":
        return replace(end, names=(Cname(name, plain_name(target), record.ttl), *end.names))
    return end


def _choose(snapshot: Snapshot, records: Sequence[Record], draw: float) -> tuple[Record, float]:
    """Draw by weight among the healthy records.

    Those of weight 0 are considered when no other one is healthy, and evenly; when none is healthy, all count as
    healthy. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
    """
    healthy = [record for record in records if _healthy(snapshot, record, frozenset())] or records
    heard = [record for record in healthy if record.weight] or healthy
    return _pick(heard, [record.weight or 1 for record in heard], draw)


def _pick(things: Sequence[_T], weights: Sequence[int], draw: float) -> tuple[_T, float]:
    """Return the thing in whose share the draw falls, and where in it, which is a draw again."""
    left = draw * sum(weights)
    for thing, weight in zip(things, weights, strict=True):
        if left < weight:
            return thing, left / weight
        left -= weight
    return things[-1], 0  # a draw so close to 1 that it was rounded up


def _healthy(snapshot: Snapshot, record: Record, passed: frozenset[str]) -> bool:
    """Tell what Route 53 thinks of a record; without evaluation of its target's health, always well.

    An alias of another name is healthy as long as one of that name's records is.
    https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
    """
    if not record.evaluate_health:
        return True
    target = plain_name(record.targets[0])
    balancer = _balancer(snapshot, target)
    if balancer:
        return _serves(snapshot, balancer)
    records = [other for other in snapshot.records if other.name == target and target not in passed]
    return any(_healthy(snapshot, other, passed | {target}) for other in records)


def _serves(snapshot: Snapshot, balancer: LoadBalancer) -> bool:
    """Tell whether each of its target groups has a healthy target; one without any target has none."""
    actions = [
        action
        for listener in snapshot.listeners.values()
        if listener.load_balancer == balancer.arn
        for action in listener.actions
        if isinstance(action, Forward)
    ]
    groups = [snapshot.target_groups[arn] for action in actions for arn in action.weights]
    return bool(groups) and all(any(target.state == "healthy" for target in group.targets) for group in groups)


def _balancer(snapshot: Snapshot, name: str) -> LoadBalancer | None:
    return next((each for each in snapshot.load_balancers.values() if plain_name(each.dns_name) == name), None)
