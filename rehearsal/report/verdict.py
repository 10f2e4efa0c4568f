"""The first thing that a reader wants to know, in one line, and what is behind it, worst first. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rehearsal.report.figures import Figures
from rehearsal.report.words import FAILURES, count, peer_region, per_cent, plural, shares

__all__ = ["Finding", "Verdict", "verdict"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that should not be; the lowest rank is the worst, and then the one with the most requests."""

    rank: int
    less: float
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The headline, and the findings."""

    headline: str
    good: bool
    findings: tuple[Finding, ...]


_KEPT_UP = 0.9
"""The part of the requests that must have been sent; below, gaps and latencies are those of the machine."""


def verdict(figures: Sequence[Figures]) -> Verdict:
    """Judge all recordings together."""
    requests = sum(each.all.requests for each in figures)
    failed = sum(each.all.failed for each in figures)
    peer = sum(each.all.peer for each in figures)
    if failed:
        headline = f"{count(failed)} of {plural(requests, 'request')} failed"
    elif any(each.lost for each in figures):
        headline = f"None of {plural(requests, 'request')} failed, but the oracle saw traffic lost"
    elif peer:
        other = peer_region([each.recording for each in figures])
        headline = f"None of {plural(requests, 'request')} failed, but {count(peer)} went to {other}"
    else:
        headline = f"None of {plural(requests, 'request')} failed"
    findings = sorted(finding for each in figures for finding in _findings(each))
    return Verdict(headline, not (failed or peer or any(each.lost for each in figures)), tuple(findings))


def _findings(figures: Figures) -> Iterator[Finding]:
    recording, all_ = figures.recording, figures.all
    who = f"{recording.topology}, {recording.stack}"
    failed = [sample for sample in recording.samples if sample.failure]
    if failed:
        reasons = Counter(sample.failure for sample in failed).most_common()
        told = ", ".join(f"{FAILURES[reason]} {count(number)}" for reason, number in reasons)
        began = next((act for act in reversed(recording.acts) if act.began <= failed[0].at), recording.acts[0])
        first = f"the first in minute {failed[0].at // 60:.0f}, act {began.number}, {began.title}"
        share = per_cent(100 * len(failed) / all_.requests)
        yield Finding(0, -len(failed), f"{who}: {plural(len(failed), 'request')} failed ({share}), {first}: {told}")
    lost = max(recording.acts, key=lambda act: act.lost, default=None)
    if lost and lost.lost:
        text = f"{who}: the oracle saw {per_cent(lost.lost)} of traffic lost in act {lost.number}, {lost.title}"
        yield Finding(1, -lost.lost, text)
    if all_.peer:
        text = f"{who}: {plural(all_.peer, 'request')} went to {peer_region([recording])}"
        yield Finding(2, -all_.peer, text)
    for each in figures.agreements:
        if not each.holds:
            met = f"{shares(each.observed)} in {plural(each.requests, 'request')}"
            text = f"{who}: act {each.act}, {each.service}: the oracle said {shares(each.predicted)}, clients met {met}"
            yield Finding(3, -each.off, text)
    if figures.sent < _KEPT_UP * recording.rate:
        fell = f"{figures.sent:.0f} requests/s were sent of the {recording.rate:.0f} that were asked for"
        text = f"{who}: {fell}: the machine was too busy, which latencies and gaps here show too"
        yield Finding(4, figures.sent, text)
