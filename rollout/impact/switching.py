"""Where a preview sends traffic, before and after: read from what it will apply. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.traffic import Colour
from policies.forwarding import LISTENER, LISTENER_RULE, actions_property, forwards
from policies.stack import Resource, mapping
from policies.weights import FORWARD_MAXIMUM, RECORD_MAXIMUM, record_weights, whole
from rollout.impact.resources import Groups, colour_of, is_for_operators
from rollout.preview import Preview, Step

__all__ = ["Shares", "Switch", "Switching", "forwarded_to", "from_outputs", "read_switching"]

Shares = Mapping[Colour, float]
"""Per cent of the traffic for each colour that gets some; empty where nobody answers."""


@dataclass(frozen=True)
class Switch:
    """One resource that moves traffic: a listener, a rule, or a record."""

    step: Step
    service: str
    """The service whose requests it moves; empty for all of them."""
    before: Shares | None
    """None before it exists."""
    after: Shares | None
    """None once it is gone."""


@dataclass(frozen=True)
class Switching:
    """What moves traffic in a preview, in the order of the calls."""

    before: Shares
    """Of the service that moves most; empty for a new stack."""
    after: Shares
    switches: Sequence[Switch] = ()
    between: Sequence[Shares] = ()
    """Shares between the calls, where one does not do it."""
    undecided: bool = False
    """Whether all records are at 0 at some moment, which Route 53 answers as an equal split."""
    service: str = ""
    """Whose `before` and `after` are, as its rule says; empty for what the listener itself does."""

    @property
    def moves(self) -> bool:
        """Whether any traffic that there is moves."""
        return bool(self.before) and any(dict(a) != dict(b) for a, b in self.sides)

    @property
    def sides(self) -> Iterator[tuple[Shares, Shares]]:
        """Before and after, of the stack and of each service."""
        yield self.before, self.after
        for switch in self.switches:
            if switch.service and switch.before is not None and switch.after is not None:
                yield switch.before, switch.after


def read_switching(preview: Preview, configured: Shares) -> Switching:
    """Read what a preview does to traffic.

    A switch that is not in the preview stays as the stack's outputs say; a stack without outputs is new, and gets
    what is `configured`.
    """
    base = from_outputs(preview)
    records = [step for step in preview.steps if _is_weighted_record(step)]
    if records:
        return _by_records(records, base)
    groups = Groups(preview)
    switches = [switch for step in preview.steps for switch in _by_action(step, groups)]
    if not switches:
        return Switching(base, base if base else configured if preview.steps else {})
    first = max(switches, key=_points)
    return Switching(first.before or base, first.after or {}, switches, service=first.service)


def _points(switch: Switch) -> tuple[float, bool]:
    """How far a switch moves; of equals, the one of all services."""
    before, after = switch.before or {}, switch.after or {}
    return sum(abs(before.get(each, 0) - after.get(each, 0)) for each in Colour), not switch.service


def from_outputs(preview: Preview, service: str = "") -> Shares:
    """The split that the last update left, of the stack or a service, by its outputs; empty for a new stack."""
    given = mapping(mapping(preview.outputs.get("serviceWeights")).get(service)) or mapping(
        preview.outputs.get("weights")
    )
    known = {colour: whole(given.get(colour), 100) for colour in Colour}
    return _shares({colour: weight for colour, weight in known.items() if weight})


def _shares(weights: Mapping[Colour, float]) -> Shares:
    total = sum(weights.values())
    return {colour: 100 * weight / total for colour, weight in weights.items() if weight} if total else {}


def _by_action(step: Step, groups: Groups) -> Iterator[Switch]:
    resource = step.resource
    if resource.kind not in {LISTENER, LISTENER_RULE} or is_for_operators(resource) or colour_of(resource) is not None:
        return
    before = _forwarded(step.before, groups) if step.before else None
    after = _forwarded(step.after, groups) if step.after and not step.deletes else None
    if before or after:
        service = groups.service(resource, actions_property(resource)) if resource.kind == LISTENER_RULE else ""
        yield Switch(step, service, before, after)


def _forwarded(resource: Resource, groups: Groups) -> Shares:
    weights: dict[Colour, float] = {}
    for forward in forwards(resource):
        colours = groups.colours(resource, actions_property(resource), forward.arns)
        for colour, weight in zip(colours, forward.weights, strict=True):
            if colour and (known := whole(weight, FORWARD_MAXIMUM)):
                weights[colour] = weights.get(colour, 0) + known
    return _shares(weights)


def forwarded_to(step: Step, colour: Colour, groups: Groups) -> Iterator[str]:
    """ARNs of a colour's target groups that a listener or rule is to forward to, as far as they exist."""
    resource = step.after
    for forward in forwards(resource) if resource and not step.deletes else ():
        colours = groups.colours(resource, actions_property(resource), forward.arns) if resource else []
        yield from (
            arn for arn, each in zip(forward.arns, colours, strict=True) if each is colour and isinstance(arn, str)
        )


def _is_weighted_record(step: Step) -> bool:
    return any(side and record_weights(side) for side in (step.before, step.after))


def _by_records(steps: Sequence[Step], base: Shares) -> Switching:
    """Two records of one name: their weights count together, and they change one after the other."""
    found = [(step, colour) for step in steps if (colour := colour_of(step.resource)) is not None]
    weights: dict[Colour, float] = dict(base)
    for step, colour in found:
        if step.before:
            weights[colour] = _weight(step.before)
    before = _answers(weights) if any(step.before for step, _ in found) else base
    states: list[Shares] = []
    undecided = False
    for step, colour in found:
        weights[colour] = _weight(step.after) if step.after and not step.deletes else 0
        undecided = undecided or not any(weights.values())
        states.append(_answers(weights))
    switches = [Switch(step, "", None, None) for step, _ in found]
    return Switching(before, states[-1] if states else base, switches, states[:-1], undecided=undecided)


def _weight(record: Resource) -> float:
    """Weight of a record; a simple one has all of the traffic, and one that is not known yet none."""
    weights = record_weights(record)
    known = [whole(weight, RECORD_MAXIMUM) for weight in weights] or [100]
    return known[0] or 0


def _answers(weights: Mapping[Colour, float]) -> Shares:
    """Share of DNS answers per colour: when all weights are 0 they are spread evenly."""
    return _shares(weights) or _shares(dict.fromkeys(weights, 1))
