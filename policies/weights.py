"""Weights that AWS takes and that mean what they say: in range, not all 0, shares that sum to 100. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from policies.forwarding import forwards
from policies.stack import UNKNOWN, Finding, Resource, Stack, part, sequence

__all__ = [
    "FORWARD_MAXIMUM",
    "RECORD",
    "RECORD_MAXIMUM",
    "of_one_resource",
    "of_record_sets",
    "record_weights",
    "whole",
]

RECORD = "aws:route53:Record"
FORWARD_MAXIMUM = 999
RECORD_MAXIMUM = 255
WAY_OUT = "write shares as whole per cents that sum to 100"


def of_one_resource(resource: Resource) -> Iterator[str]:
    """Forward weights of a listener or rule, and the range of a record's weight."""
    for forward in forwards(resource):
        yield from _out_of_range(resource, forward.weights, FORWARD_MAXIMUM)
        yield from _not_shares(f"{resource.name} forwards by weights", forward.weights)
    yield from _out_of_range(resource, record_weights(resource), RECORD_MAXIMUM)


def of_record_sets(stack: Stack) -> Iterator[Finding]:
    """Weights of all records of one name, type and zone."""
    sets: dict[tuple[object, ...], list[Resource]] = defaultdict(list)
    for record in stack.of_kind(RECORD):
        if record_weights(record):
            sets[_record_set(record)].append(record)
    for records in sets.values():
        names = " and ".join(sorted(record.name for record in records))
        weights = [weight for record in records for weight in record_weights(record)]
        for message in _not_shares(f"{names} answer for one name by weights", weights):
            yield Finding(records[0].urn, message)


def record_weights(record: Resource) -> list[object]:
    """Weight of a weighted record; empty for every other resource and routing policy."""
    if record.kind != RECORD:
        return []
    policies = record.props.get("weightedRoutingPolicies")
    return [part(policy, "weight") for policy in ((UNKNOWN,) if policies is UNKNOWN else sequence(policies))]


def _record_set(record: Resource) -> tuple[object, ...]:
    """Return what the records of a set have in common; for an unknown value, where it comes from."""

    def known(key: str) -> object:
        value = record.props.get(key)
        return record.references.get(key, record.urn) if value is UNKNOWN else value

    name = known("name")
    return known("zoneId"), name.lower().rstrip(".") if isinstance(name, str) else name, known("type")


def _out_of_range(resource: Resource, weights: Sequence[object], maximum: int) -> Iterator[str]:
    for weight in weights:
        if weight is not UNKNOWN and whole(weight, maximum) is None:
            shown = f"{weight:g}" if isinstance(weight, float) else weight
            yield f"{resource.name} has weight {shown}; AWS takes whole numbers from 0 to {maximum}"


def _not_shares(what: str, weights: Sequence[object]) -> Iterator[str]:
    """Judge weights that belong together, once all of them are known and in range."""
    numbers = [whole(weight, FORWARD_MAXIMUM) for weight in weights]
    known = [number for number in numbers if number is not None]
    if len(known) < len(weights) or not known:
        return
    shown = "/".join(map(str, known))
    if not any(known):
        yield f"{what} {shown}, all zero, but some colour must have traffic; {WAY_OUT}"
    elif len(known) > 1 and sum(known) != 100:
        yield f"{what} {shown}, which sum to {sum(known)}; {WAY_OUT}"


def whole(weight: object, maximum: int) -> int | None:
    """A weight that AWS takes, as a whole number; None for whatever is none."""
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        return None
    return int(weight) if 0 <= weight <= maximum and weight == int(weight) else None
