"""What Pulumi's state says of a stack: what switches its traffic, and what its colours are made of. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from components.gates.weights import Applied, of_inputs
from components.tags import SERVICE
from components.traffic import Colour, Weights
from policies.forwarding import LISTENER, LISTENER_RULE
from policies.stack import Resource, part
from policies.weights import RECORD
from rollout.impact.resources import CLUSTER, TARGET_GROUP, colour_of, is_for_operators

__all__ = ["ALARM", "Kept", "Position", "State", "entirely", "position_of"]

ALARM = "aws:cloudwatch:MetricAlarm"

Position = Mapping[Colour, int]
"""The weights that one switch gives: a listener, a rule, or the records of the entry's name together."""


class Kept(BaseModel):
    """One resource in the state."""

    model_config = ConfigDict(frozen=True)

    urn: str
    type: str
    id: str = ""
    inputs: Mapping[str, Any] = {}
    outputs: Mapping[str, Any] = {}

    @property
    def seen(self) -> Resource:
        """It as rules see it."""
        return Resource(self.type, self.urn, {**self.inputs, **self.outputs})


class State(BaseModel):
    """A stack as its last update left it."""

    model_config = ConfigDict(frozen=True)

    resources: Sequence[Kept] = ()
    pending: Sequence[str] = ()
    """What an update that was cut off was doing, such as `updating aws:lb/listener:Listener dkms-entry`."""

    def of_kind(self, kind: str, colour: Colour | None = None) -> Iterator[Kept]:
        """Resources of a kind, such as `aws:lb:Listener`; with a colour, those that serve it."""
        return (
            each
            for each in self.resources
            if each.seen.kind == kind and (colour is None or colour_of(each.seen) is colour)
        )

    def only(self, services: Collection[str]) -> "State":
        """The stack as if it had these services alone; what is not of one service stays."""
        tags = ((each, part(each.seen.props.get("tags"), SERVICE)) for each in self.resources)
        kept = [each for each, service in tags if service is None or service in services]
        return self.model_copy(update={"resources": kept})

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The colours that are deployed."""
        return tuple(
            each for each in Colour if any(self.of_kind(TARGET_GROUP, each)) or any(self.of_kind(CLUSTER, each))
        )

    @property
    def switches(self) -> Sequence[Kept]:
        """What gives traffic to colours by weight: clients' listeners and rules of both colours, and records."""
        return [each for each in self.resources if self._switches(each)]

    def positions(self, read: Callable[[Kept], Applied] | None = None) -> Sequence[Position]:
        """What each switch gives, as the state says; or as `read` says, such as from AWS."""
        return position_of(
            (switch.seen.kind, read(switch) if read else of_inputs(switch.type, switch.inputs), self._owners)
            for switch in self.switches
        )

    @property
    def _owners(self) -> Mapping[str, Colour]:
        groups = ((each.outputs.get("arn"), colour_of(each.seen)) for each in self.of_kind(TARGET_GROUP))
        return {str(arn): colour for arn, colour in groups if arn and colour} | {each.value: each for each in Colour}

    def _switches(self, kept: Kept) -> bool:
        seen = kept.seen
        if is_for_operators(seen):
            return False
        if seen.kind == RECORD:
            return kept.inputs.get("setIdentifier") in set(Colour)
        if seen.kind in (LISTENER, LISTENER_RULE) and colour_of(seen) is None:
            return any(owner in self._owners for owner in of_inputs(kept.type, kept.inputs))
        return False


def position_of(switches: Iterator[tuple[str, Applied, Mapping[str, Colour]]]) -> Sequence[Position]:
    """Put the weights of switches into colours; records of one name are one switch."""
    records: dict[Colour, int] = {}
    found: list[Position] = []
    for kind, applied, owners in switches:
        position = {colour: weight for key, weight in applied.items() if (colour := owners.get(key))}
        if kind == RECORD:
            records |= position
        else:
            found.append(position)
    return [*found, records] if records else found


def entirely(positions: Sequence[Position]) -> Weights | None:
    """The weights that all switches give; None where they differ, or one of them is half way."""
    given = {tuple(position.get(colour, 0) for colour in Colour) for position in positions}
    if len(given) != 1:
        return None
    blue, green = given.pop()
    return Weights(blue=blue, green=green) if blue + green == 100 else None
