"""Words and figures as the report and the table write them."""

from collections.abc import Mapping, Sequence

from components.partition import PLACES
from rehearsal.traffic.recording import Recording, Tally

__all__ = ["FAILURES", "count", "met", "milliseconds", "peer_region", "per_cent", "plural", "seconds", "shares"]

GAP = "\N{NO-BREAK SPACE}"
FAILURES = {
    "name": "no address for the name",
    "refused": "connection refused",
    "reset": "connection reset before the answer",
    "timeout": "no answer in time",
    "status": "an error as the answer (500 or above)",
    "truncated": "a stream that ended early",
}
"""Why a request failed, in words."""


def count(number: int) -> str:
    """A whole number that can be read at a glance: `61 204`, at whose space no line breaks."""
    return f"{number:,}".replace(",", GAP)


def met(tally: Tally) -> str:
    """What clients met: `61 204 requests, 0 failed, 0 reset, 0 to the other region`."""
    told = {"requests": tally.sent, "failed": tally.failed, "reset": tally.reset, "to the other region": tally.peer}
    return ", ".join(f"{count(number)} {what}" for what, number in told.items())


def plural(number: int, thing: str) -> str:
    """A number of things: `1 call`, `2 calls`."""
    return f"{count(number)} {thing if number == 1 else f'{thing}s'}"


def seconds(value: float | None) -> str:
    """A stretch of the model's time, to the second; None never came."""
    return "not reached" if value is None else f"{count(round(value))}{GAP}s"


def milliseconds(value: float) -> str:
    """A latency, with a decimal where that is not noise: `2.7`, `1 204`."""
    return f"{value:.1f}" if value < 100 else count(round(value))


def per_cent(share: float) -> str:
    """A share, with a decimal only where it has one: `90 %`, `89.4 %`."""
    return f"{share:.1f}".removesuffix(".0") + f"{GAP}%"


def shares(per_colour: Mapping[str, float]) -> str:
    """The per cent of each colour: `blue 90 % · green 10 %`."""
    return " · ".join(f"{colour}{GAP}{per_cent(share)}" for colour, share in per_colour.items() if share) or "none"


def peer_region(recordings: Sequence[Recording]) -> str:
    """The other region of AWS China, by its name where it is the same for all."""
    others = {name for recording in recordings for region, name in PLACES.items() if region != recording.region}
    return others.pop() if len(others) == 1 else "the other region"
