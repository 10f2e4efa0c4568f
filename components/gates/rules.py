"""What the gates decide, given what AWS says. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Literal

from components.gates.model import Healthy
from components.traffic import Colour, Weights

__all__ = ["AlarmState", "Target", "alarming", "gains", "over_first_step", "problems", "too_few_healthy"]


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a target group, as DescribeTargetHealth tells it."""

    address: str
    """`ip:port`, or the name of an ALB."""
    zone: str
    """Empty where the target is an ALB, which is in several."""
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AlarmState:
    """A CloudWatch alarm as it is now."""

    name: str
    state: Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
    reason: str = ""


def too_few_healthy(group: str, targets: Iterable[Target], wanted: Healthy) -> Iterator[str]:
    """Find the zones in which a target group has too few healthy targets; a draining target is on its way out."""
    if not wanted.per_zone and not wanted.share:
        return
    staying = sorted((target for target in targets if target.state != "draining"), key=lambda target: target.zone)
    if not staying:
        yield f"{group} has no targets"
    for zone, members in groupby(staying, key=lambda target: target.zone):
        here = [*members]
        ill = [target for target in here if target.state != "healthy"]
        # An ALB is one target for all of its zones.
        least = max(wanted.per_zone, ceil(len(here) * wanted.share / 100)) if zone else 1
        if len(here) - len(ill) < least:
            told = "".join(f"\n    {target.address} is {target.state}: {target.reason}" for target in ill)
            where = f" in {zone}" if zone else ""
            yield f"{group} has {len(here) - len(ill)} of {len(here)} targets healthy{where}, and needs {least}{told}"


def gains(before: Mapping[Colour | None, int], after: Weights) -> tuple[Colour, ...]:
    """Find the colours that get a larger share than `before`, whose weights need not sum to 100."""
    total = sum(before.values()) or 1
    return tuple(colour for colour in after.live if after[colour] * total > before.get(colour, 0) * 100)


def over_first_step(before: Mapping[Colour | None, int], after: Weights, most: int) -> Colour | None:
    """Find the colour that goes from 0 to more than `most` per cent, while something else has the traffic."""
    served = any(before.values())
    return next((each for each in Colour if served and not before.get(each) and after[each] > most), None)


def alarming(states: Iterable[AlarmState]) -> Iterator[str]:
    """Find the alarms that are on."""
    return (f"alarm {each.name} is on: {each.reason}" for each in states if each.state == "ALARM")


def silent(states: Iterable[AlarmState]) -> Iterator[str]:
    """Find the alarms that know nothing."""
    return (f"alarm {each.name} has no data: {each.reason}" for each in states if each.state == "INSUFFICIENT_DATA")


def gone(names: Iterable[str], states: Iterable[AlarmState]) -> Iterator[str]:
    """Find the alarms that somebody has deleted."""
    known = {each.name for each in states}
    return (
        f"alarm {name} is gone; `pulumi refresh` lets the next update create it" for name in sorted(set(names) - known)
    )


def problems(
    names: Sequence[str],
    states: Sequence[AlarmState],
    on_before: Set[str] = frozenset(),
    *,
    over: bool,
    silence_fails: bool,
) -> Iterator[str]:
    """Find what fails a bake: an alarm that goes off or is gone, and when it is `over`, one that knows nothing."""
    yield from gone(names, states)
    yield from alarming(each for each in states if each.name not in on_before)
    if over and silence_fails:
        yield from silent(states)
