"""What the shifts of a recording cost: how long they took, who was left behind, and what it did to latency. Pure.

All times are model seconds from the first call of the act. A colour *leaves* in an act that lowers its predicted
share; a shift is *complete* when the leaving colours were to keep nothing. `measures` says which requests count and
who new clients are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import quantiles

from rehearsal.traffic.measures import Timeline, counts
from rehearsal.traffic.recording import Act, ClientKind, Recording, Sample

__all__ = ["Latency", "Shift", "shifts"]

_COMPARED = 300.0
"""Seconds of traffic that are compared with those before a shift: as long as the shortest act settles."""
_ENOUGH = 100
"""Requests that a 99th percentile needs."""

_Shares = Mapping[str, Mapping[str, float]]
"""Per service, per cent per colour."""


@dataclass(frozen=True, slots=True)
class Latency:
    """A percentile of the latency, in milliseconds."""

    before: float
    """In the 300 s before the update began."""
    during: float
    """In the 300 s from its first call on."""


@dataclass(frozen=True, slots=True)
class Shift:
    """An act that moved shares, as clients met it."""

    act: int
    title: str
    leaving: tuple[str, ...]
    """Colours with less share than before, in any service."""
    arriving: tuple[str, ...]
    """Those with more."""
    complete: bool
    """Whether the leaving colours were to keep nothing."""
    moved: Mapping[int, float | None]
    """From when on 50, 99 and 100 per cent of what should move had moved; None if never before the act ended.

    What has moved is read from the answers to new clients, as the curve over time that fits them best and never falls
    (so that no window has to be chosen): 0 is the leaving colours' share before, 100 the one after. 100 of a complete
    shift is exact: the first request after the last one that a leaving colour answered. Of other shifts 99
    and 100 are None, because chance hides their last per cent.
    """
    tail: Mapping[ClientKind, float]
    """Of a complete shift, for each kind of client: the last request that a leaving colour answered before an act gave
    it traffic again, and of streams the end of the last one. 0 if there was none."""
    latency: Mapping[int, Latency]
    """50 and 99: percentiles of all requests that count but streams. Empty where these are too few, on either side."""
    calls: int
    """Mutating calls that AWS carried out."""


def shifts(recording: Recording) -> list[Shift]:
    """Measure every act whose predicted shares differ from those of the act before it."""
    answered = [sample for sample in recording.samples if counts(sample)]
    everybody = Timeline(answered)
    new = Timeline(sample for sample in answered if sample.kind is ClientKind.FRESH)
    acts = recording.acts
    found: list[Shift] = []
    for place in range(1, len(acts)):
        before, act = acts[place - 1], acts[place]
        if before.predicted == act.predicted:
            continue
        move = _Move(before.predicted, act.predicted)
        found.append(
            Shift(
                act=act.number,
                title=act.title,
                leaving=move.leaving,
                arriving=move.arriving,
                complete=move.complete,
                moved=_moved(move, new.between(act.changed, act.ended), act),
                tail=_tail(move, everybody, act, acts[place + 1 :], recording.speed) if move.complete else {},
                latency=_latency(everybody, act),
                calls=sum(1 for call in act.calls if not call.error),
            )
        )
    return found


class _Move:
    """From the shares before an act to those after it."""

    def __init__(self, before: _Shares, after: _Shares) -> None:
        self.leaving = _less(before, after)
        self.arriving = _less(after, before)
        self.before = self._left(before)
        """Per service, the part (0-1) that the leaving colours have."""
        self.after = {**dict.fromkeys(self.before, 0.0), **self._left(after)}
        self.complete = bool(self.leaving) and not any(self.after.values())

    def _left(self, shares: _Shares) -> Mapping[str, float]:
        return {service: sum(each.get(colour, 0) for colour in self.leaving) / 100 for service, each in shares.items()}


def _less(before: _Shares, after: _Shares) -> tuple[str, ...]:
    """Return the colours of which some service has less after than before."""
    return tuple(
        sorted(
            {
                colour
                for service, shares in before.items()
                for colour, share in shares.items()
                if after.get(service, {}).get(colour, 0) < share
            }
        )
    )


def _moved(move: _Move, samples: Sequence[Sample], act: Act) -> Mapping[int, float | None]:
    """Return when 50, 99 and 100 per cent had moved; see `Shift.moved`."""
    moving = {service: was - move.after[service] for service, was in move.before.items() if was > move.after[service]}
    samples = [sample for sample in samples if sample.service in moving]
    shown = [  # by one answer, and how much it says: the more is to move, the more
        (
            (move.before[sample.service] - (sample.colour in move.leaving)) / moving[sample.service],
            moving[sample.service],
        )
        for sample in samples
    ]
    steps = list(_rising(shown))
    reached: dict[int, float | None] = {}
    for share in (50, 99, 100):
        found = (start for start, moved in steps if moved >= share / 100 and (move.complete or share == 50))
        start = next(found, None)
        reached[share] = None if start is None else samples[start].at - act.changed
    return reached


def _rising(points: Iterable[tuple[float, float]]) -> Iterator[tuple[int, float]]:
    """Fit the curve that only rises and is nearest to values with weights: yield each step's first place and height.

    Isotonic regression, by pooling adjacent violators: https://en.wikipedia.org/wiki/Isotonic_regression
    """
    steps: list[tuple[int, float, float]] = []
    for place, (value, weight) in enumerate(points):
        start, total = place, value * weight
        while steps and steps[-1][1] / steps[-1][2] >= total / weight:
            start, before, weighed = steps.pop()
            total, weight = total + before, weight + weighed
        steps.append((start, total, weight))
    return ((start, total / weight) for start, total, weight in steps)


def _tail(move: _Move, everybody: Timeline, act: Act, later: Sequence[Act], speed: float) -> Mapping[ClientKind, float]:
    """Return when each kind of client last met a leaving colour; see `Shift.tail`."""
    again = (
        each.began
        for each in later
        if any(shares.get(colour, 0) for shares in each.predicted.values() for colour in move.leaving)
    )
    samples = [each for each in everybody.between(-inf, next(again, inf)) if _met(each, speed) >= act.changed]
    tail = dict.fromkeys((kind for kind in ClientKind if any(each.kind is kind for each in samples)), 0.0)
    for sample in samples:
        if sample.colour in move.leaving:
            tail[sample.kind] = max(tail[sample.kind], _met(sample, speed) - act.changed)
    return tail


def _met(sample: Sample, speed: float) -> float:
    """Return until when a sample met its colour: a stream until its end, others only when they asked."""
    return sample.at + (speed * sample.latency / 1000 if sample.kind is ClientKind.STREAMING else 0)


def _latency(everybody: Timeline, act: Act) -> Mapping[int, Latency]:
    """Compare the time before the update with that after its first call; see `Shift.latency`."""
    before, during = (
        [
            sample.latency
            for sample in everybody.between(since, since + _COMPARED)
            if sample.kind is not ClientKind.STREAMING
        ]
        for since in (act.began - _COMPARED, act.changed)
    )
    if min(len(before), len(during)) < _ENOUGH:
        return {}
    cuts = [quantiles(each, n=100, method="inclusive") for each in (before, during)]
    return {percent: Latency(cuts[0][percent - 1], cuts[1][percent - 1]) for percent in (50, 99)}
