"""What crosses the border of the AWS process, besides AWS's own API."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from rehearsal.oracle import Probe, Verdict
from rehearsal.oracle.state import Pod, Snapshot

__all__ = [
    "CALLS",
    "CHECKPOINTS",
    "DENIED",
    "GENERATED",
    "IDENT",
    "PREFIX",
    "SEEN",
    "WAIT",
    "Addresses",
    "Allow",
    "Ask",
    "Call",
    "Caller",
    "Checkpoint",
    "Checkpoints",
    "Claim",
    "Crash",
    "Disturb",
    "Document",
    "Follow",
    "Followed",
    "Held",
    "Pods",
    "Seconds",
    "Since",
    "Throttle",
    "Trouble",
    "TroubleKind",
    "Wait",
    "Waited",
    "likeness",
    "repeatable",
]

PREFIX = "/_rehearsal/"
"""Paths of the control API, one per method of `EmbeddedAws`: POST, JSON in, JSON out."""

WAIT = "wait"
"""The one path for GET, with `?seconds=N&most=M`: answers when so many model seconds have passed, as `Wait` says."""


GENERATED = re.compile(r"\b[0-9a-f]{7,}\b|\bZ[0-9A-Z]{9,}\b|\b[0-9A-Z]{20,}\b")
"""What differs from run to run in the words about a call, or in a name."""

IDENT = re.compile(r"\barn:aws[^<\"'\s]+|\b[a-z]+-[0-9a-f]{17}\b")
"""An id that AWS has given to something."""


class Call(BaseModel):
    """One mutating call of the AWS API, and the oracle's verdict on the state after it."""

    model_config = ConfigDict(frozen=True)

    number: int
    """Counts from 1."""
    at: float
    """Model time in seconds."""
    service: str
    operation: str
    summary: str
    """One line, such as `listener dkms-nlb:443 → blue 90, green 10`."""
    error: str | None = None
    """AWS's error code, when the call was refused and changed nothing."""
    made: tuple[str, ...] = ()
    """Ids and ARNs in the answer of a call that has created something: its own, and what it names."""
    verdict: Verdict

    @property
    def likeness(self) -> str:
        """What it has in common with the same call in another run, where ids and generated names are others."""
        return likeness(self.operation, self.summary)


def likeness(operation: str, summary: str) -> str:
    """Say what a call has in common with the same one in another run."""
    return f"{operation} {GENERATED.sub('*', summary)}"


def repeatable(operation: str) -> bool:
    """Say of an operation, or of a call by its likeness, whether a second time changes nothing and is not refused."""
    return not operation.startswith(("Allocate", "Authorize", "Change", "Create"))


DENIED = "AccessDenied"
"""The error code of a call that nobody may make."""


class TroubleKind(StrEnum):
    """What a call meets."""

    THROTTLED = "throttled"
    BROKEN = "broken"
    """AWS answers 503."""
    UNSENT = "unsent"
    """The connection breaks before the call takes effect."""
    UNHEARD = "unheard"
    """It takes effect, and the connection breaks before the answer."""
    DENIED = "denied"
    HELD = "held"
    """It takes effect, and its answer waits until it is let go on."""


class Held(BaseModel):
    """Whether an answer is kept back."""

    held: bool


class Trouble(BaseModel):
    """Which call meets what: the n-th one of a likeness, or without a likeness each call, at its first attempt.

    Without a likeness `UNHEARD` leaves out what is not repeatable, and `DENIED` each call every second time.
    """

    kind: TroubleKind
    call: str = ""
    nth: int = 1


CALLS = TypeAdapter(list[Call])


class Checkpoint(BaseModel):
    """A copy of AWS as it was at one moment."""

    call: int
    """The last call before it."""
    at: float
    """When it was taken, by `time.monotonic()` of any process."""
    port: int
    """Where it waits to be woken."""


CHECKPOINTS = TypeAdapter(list[Checkpoint])


class Checkpoints(BaseModel):
    """Whether to keep a copy after every mutating call and change of a cluster; those kept so far are the answer."""

    on: bool


SEEN = TypeAdapter(list[tuple[str, str]])


class Caller(BaseModel):
    """Who calls, by access key id."""

    caller: str


class Allow(Caller):
    """What a caller may do from now on, as an IAM policy document; others go on as before."""

    policy: JsonValue


class Since(BaseModel):
    """Which calls: those with a greater number; with -1 the last one."""

    number: int = 0


class Ask(BaseModel):
    """The requests to judge from now on, and whether clients send them."""

    probes: list[Probe]
    watch: bool


class Claim(BaseModel):
    """The id of the next new resource of its kind."""

    ident: str


class Follow(BaseModel):
    """Wait for a state of AWS other than this version, for so many real seconds."""

    version: int = 0
    wait: float = 0


class Followed(BaseModel):
    """A state of AWS: everything that routing depends on, with its state of health."""

    version: int
    """Counts from 1, one for each state that differs from the one before."""
    at: float
    """Model time in seconds."""
    snapshot: Snapshot


class Throttle(BaseModel):
    """Refuse every n-th mutating call, as AWS does when an account calls too often; 0 refuses none."""

    every: int


class Seconds(BaseModel):
    """How far to move the clock."""

    seconds: float


class Wait(Seconds):
    """How long to wait; where time stands still, it may go on to when alarms are next judged, and `most` so far."""

    seconds: float = Field(ge=0)
    most: float = 0


class Waited(BaseModel):
    """The model time, and how much of it has passed, in seconds."""

    at: float
    passed: float


class Pods(BaseModel):
    """Pods to run."""

    pods: list[Pod]


class Crash(BaseModel):
    """Which pods die, and after how many model seconds they are back."""

    addresses: list[str]
    restart: float


class Document(BaseModel):
    """Something that the region keeps for others, by name."""

    name: str
    content: Base64Bytes = b""


class Disturb(BaseModel):
    """Which pods (`ip:port`) answer with errors, or later."""

    addresses: list[str]
    error_share: float | None = Field(default=None, ge=0, le=1)
    latency: float | None = Field(default=None, ge=0)


class Addresses(BaseModel):
    """Which pods (`ip:port`), and whether they pass their health checks."""

    addresses: list[str]
    healthy: bool = True
