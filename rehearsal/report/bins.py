"""Samples by time: what a chart draws of tens of thousands of requests. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from components.traffic import Colour
from rehearsal.traffic.recording import Recording, Sample

__all__ = ["Bin", "Span", "longest_run", "shares", "span", "tally"]

PER_BIN = 12
"""Requests that a bin should have, so that a share means something."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of model time in seconds."""

    start: float
    end: float

    def edges(self, count: int) -> list[float]:
        """The `count` + 1 edges of as many bins of one width."""
        return [self.start + (self.end - self.start) * index / count for index in range(count + 1)]

    def place(self, at: float, count: int) -> int:
        """In which of `count` bins an instant lies; one outside the span in the nearest."""
        width = (self.end - self.start) / count
        return min(max(math.floor((at - self.start) / width), 0), count - 1)


@dataclass(slots=True)
class Bin:
    """The requests sent in one bin."""

    start: float
    end: float
    requests: int = 0
    by_colour: Counter[str] = field(default_factory=Counter[str])

    def share(self, colour: Colour) -> float | None:
        """Per cent that a colour answered; None where nothing was sent."""
        return 100 * self.by_colour[colour] / self.requests if self.requests else None


def span(recording: Recording) -> Span:
    """From the first request until the last act has settled."""
    start = recording.samples[0].at if recording.samples else recording.acts[0].began
    last = recording.samples[-1].at if recording.samples else start
    return Span(start, max(recording.acts[-1].ended, last, start + 1))


def shares(samples: Sequence[Sample], over: Span, most: int) -> list[Bin]:
    """Who answered, in at most `most` bins of one width; fewer where there are few requests."""
    count = max(1, min(most, len(samples) // PER_BIN))
    bins = [Bin(*edges) for edges in pairwise(over.edges(count))]
    for sample in samples:
        place = bins[over.place(sample.at, count)]
        place.requests += 1
        if not sample.failure and not sample.peer:
            place.by_colour[sample.colour] += 1
    return bins


def tally(instants: Iterable[float], over: Span, most: int) -> Iterator[tuple[float, int]]:
    """The middle of every bin in which something happened, and how often."""
    found = Counter(over.place(at, most) for at in instants if over.start <= at <= over.end)
    width = (over.end - over.start) / most
    return ((over.start + (place + 0.5) * width, count) for place, count in sorted(found.items()))


def longest_run(bins: Sequence[Bin], colour: Colour, at_least: float) -> tuple[int, int] | None:
    """The longest row of bins (first, last) of which a colour answered so many per cent: where its name can stand."""
    best: tuple[int, int] | None = None
    first: int | None = None
    for index, each in enumerate(bins):
        if (each.share(colour) or 0) < at_least:
            first = None
            continue
        first = index if first is None else first
        if best is None or index - first > best[1] - best[0]:
            best = (first, index)
    return best
