"""What crosses the border of the AWS process, besides AWS's own API."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from rehearsal.oracle import Probe, Verdict
from rehearsal.oracle.state import Pod, Snapshot

__all__ = [
    "CALLS",
    "PREFIX",
    "WAIT",
    "Addresses",
    "Ask",
    "Call",
    "Claim",
    "Crash",
    "Disturb",
    "Follow",
    "Followed",
    "Now",
    "Pods",
    "Seconds",
    "Since",
    "Throttle",
]

PREFIX = "/_rehearsal/"
"""Paths of the control API, one per method of `EmbeddedAws`: POST, JSON in, JSON out."""

WAIT = "wait"
"""The one path for GET, with `?seconds=N`: answers with the model time when so many model seconds have passed."""


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
    verdict: Verdict


CALLS = TypeAdapter(list[Call])


class Since(BaseModel):
    """Which calls: those with a greater number."""

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


class Now(BaseModel):
    """The model time, in seconds."""

    at: float


class Pods(BaseModel):
    """Pods to run."""

    pods: list[Pod]


class Crash(BaseModel):
    """Which pods die, and after how many model seconds they are back."""

    addresses: list[str]
    restart: float


class Disturb(BaseModel):
    """Which pods (`ip:port`) answer with errors, or later."""

    addresses: list[str]
    error_share: float | None = Field(default=None, ge=0, le=1)
    latency: float | None = Field(default=None, ge=0)


class Addresses(BaseModel):
    """Which pods (`ip:port`), and whether they pass their health checks."""

    addresses: list[str]
    healthy: bool = True
