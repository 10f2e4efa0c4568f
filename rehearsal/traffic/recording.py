"""What a story under traffic leaves behind: what was done, and what each request met. Plain data.

All times are model seconds since the embedded AWS started; a latency is in real milliseconds, because the
proxies and the pods work at their real speed whatever the speed of the model's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from rehearsal.aws import Call
from rehearsal.oracle.state import Snapshot

__all__ = ["Act", "ClientKind", "Failure", "Recording", "Sample", "Tally", "Traffic"]


class ClientKind(StrEnum):
    """How a client treats names and connections."""

    FRESH = "fresh"
    """Looks the name up within its TTL and opens a connection for every request."""
    POOLED = "pooled"
    """Looks the name up within its TTL and keeps connections open between requests."""
    STUBBORN = "stubborn"
    """An SDK that keeps its address past the TTL, and fails over to the peer region when a connection fails."""
    STREAMING = "streaming"
    """Reads one response that lasts; counted once, when it ends."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much is sent, and how fast time runs."""

    rate: float = 500
    """Requests per real second, of all clients together."""
    speed: float = 200
    """Model seconds per real second."""


Failure = Literal["", "name", "refused", "reset", "timeout", "status", "truncated"]
"""Why a request failed: no address for the name, connection refused, reset before the answer, no answer in time,
a status of 500 or above, a stream that ended early. Empty if it did not."""


class Sample(NamedTuple):
    """One request."""

    at: float
    """When it was sent."""
    kind: ClientKind
    service: str
    colour: str
    """Which colour answered; empty if none did."""
    latency: float
    """Milliseconds from the moment it was due until its last byte, waiting included."""
    failure: Failure = ""
    status: int = 0
    reset: bool = False
    """A connection was lost under it; without a failure the client's own retry made up for it."""
    peer: bool = False
    """It went to the other region."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What clients met so far."""

    sent: int = 0
    failed: int = 0
    peer: int = 0
    """Requests that went to the other region."""
    reset: int = 0
    """Requests whose connection was lost under them, whether or not a retry of the client's made up for it."""

    def plus(self, samples: Sequence[Sample]) -> "Tally":
        """With these requests too."""
        return Tally(
            sent=self.sent + len(samples),
            failed=self.failed + sum(1 for sample in samples if sample.failure),
            peer=self.peer + sum(sample.peer for sample in samples),
            reset=self.reset + sum(sample.reset for sample in samples),
        )


class Act(BaseModel):
    """One chapter of the story: a change of configuration, its calls, and the time after it."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    number: int
    title: str
    changes: tuple[str, ...]
    began: float
    """When the update started."""
    ended: float
    """When the next one could start: traffic had settled."""
    calls: tuple[Call, ...]
    predicted: Mapping[str, Mapping[str, float]]
    """The oracle's word at the end: per service the per cent per colour."""
    lost: float
    """The largest share that the oracle saw lost after any call, in per cent."""
    chain: Snapshot
    """What AWS held at the end."""

    @property
    def changed(self) -> float:
        """When its first call took effect; its beginning where it made none."""
        return self.calls[0].at if self.calls else self.began


class Recording(BaseModel):
    """A story of one stack under traffic."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    stack: str
    topology: str
    region: str
    subtitle: str
    """The versions: `blue 1.30 → green 1.33 → blue 1.34`."""
    speed: float
    """Model seconds per real second."""
    rate: float
    """Requests per real second, of all clients together."""
    fault: str = ""
    """What was made to go wrong."""
    acts: tuple[Act, ...]
    samples: tuple[Sample, ...]
    """In the order in which they were sent."""
