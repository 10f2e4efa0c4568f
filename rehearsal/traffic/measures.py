"""What a recording says in figures: its totals, and whether the oracle was right. Pure; `shifts` measures its acts.

All times are model seconds, all latencies real milliseconds. *New clients* are the fresh ones: they look the name up
and connect for every request, so where they end is what configuration says now, while the other kinds show what was
held from before. An answer *counts* when a colour gave it: failed requests and those to the peer region are figures of
their own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from rehearsal.traffic.recording import ClientKind, Recording, Sample
from rehearsal.traffic.route53 import ALIAS_TTL, PROPAGATION

__all__ = ["SETTLING", "Agreement", "Timeline", "Totals", "agreements", "counts", "totals"]

SETTLING = PROPAGATION + ALIAS_TTL + 30
"""Seconds from an act's last call until new clients meet nothing but its end: a change of records is propagated, older
answers run out, and the proxies of the rehearsal follow (30 s are 0.15 real seconds at the usual speed)."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Requests, and what became of them."""

    requests: int
    failed: int
    reset: int
    """Those whose connection was lost under them, or had been since the request before, without notice. One that
    succeeds was sent again by its client."""
    peer: int
    """Those that went to the other region."""


def totals(recording: Recording) -> Mapping[ClientKind, Totals]:
    """Count the requests of each kind of client that sent any."""
    samples: dict[ClientKind, list[Sample]] = defaultdict(list)
    for sample in recording.samples:
        samples[sample.kind].append(sample)
    return {
        kind: Totals(
            requests=len(sent),
            failed=sum(1 for sample in sent if sample.failure),
            reset=sum(1 for sample in sent if sample.reset),
            peer=sum(1 for sample in sent if sample.peer),
        )
        for kind in ClientKind
        if (sent := samples.get(kind))
    }


@dataclass(frozen=True, slots=True)
class Agreement:
    """The oracle's word on a service at the end of an act, and what new clients met once traffic had settled."""

    act: int
    service: str
    predicted: Mapping[str, float]
    """Per cent per colour."""
    observed: Mapping[str, float]
    """Per cent per colour, of all requests: what failed lacks."""
    requests: int

    @property
    def off(self) -> float:
        """The largest difference, in points."""
        colours = {*self.predicted, *self.observed}
        return max((abs(self.predicted.get(each, 0) - self.observed.get(each, 0)) for each in colours), default=0.0)

    @property
    def within(self) -> float:
        """The largest difference that chance explains, in points: three standard errors of that many requests.

        For a share of 50 that is 5 points at 900 requests, and 10 at 225. Where one colour should answer all it is 0.
        """
        spread = [sqrt(share * (100 - share) / self.requests) for share in self.predicted.values()]
        return 3 * max(spread, default=0.0)

    @property
    def holds(self) -> bool:
        """Whether what clients met is what was predicted."""
        return self.off <= self.within


def agreements(recording: Recording) -> list[Agreement]:
    """Compare, for every act and service, from `SETTLING` after the last call until the end of the act.

    An act that ends before says nothing, nor does one before clients started.
    """
    new = Timeline(sample for sample in recording.samples if sample.kind is ClientKind.FRESH)
    found: list[Agreement] = []
    for act in recording.acts:
        settled = (act.calls[-1].at if act.calls else act.began) + SETTLING
        sent = Counter[str]()
        answered: dict[str, Counter[str]] = defaultdict(Counter)
        for sample in new.between(settled, act.ended):
            sent[sample.service] += 1
            answered[sample.service].update([sample.colour] if counts(sample) else [])
        for service, requests in sorted(sent.items()):
            observed = {colour: 100 * number / requests for colour, number in sorted(answered[service].items())}
            found.append(Agreement(act.number, service, act.predicted.get(service, {}), observed, requests))
    return found


def counts(sample: Sample) -> bool:
    """Tell whether a colour answered a request."""
    return bool(sample.colour) and not sample.failure and not sample.peer


class Timeline:
    """Samples in the order in which they were sent."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = sorted(samples, key=_sent)

    def between(self, since: float, until: float) -> Sequence[Sample]:
        """Return those sent from one moment until just before another."""
        return self._samples[
            bisect_left(self._samples, since, key=_sent) : bisect_left(self._samples, until, key=_sent)
        ]


def _sent(sample: Sample) -> float:
    return sample.at
