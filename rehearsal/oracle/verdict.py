"""What the oracle is asked and what it answers; these cross process boundaries as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Probe", "ProbeVerdict", "Verdict"]


class Probe(BaseModel):
    """The request of a client, sent over and over to one service."""

    model_config = ConfigDict(frozen=True)

    service: str
    """Label of the service in verdicts."""
    also: frozenset[str] = frozenset()
    """Other services that may answer: those to which the request is handed over on purpose."""
    entry: str
    """Host name that the client looks up: a record, or a load balancer's own DNS name."""
    port: int
    path: str = "/"
    host: str | None = None
    """`Host` header; None sends the entry's name."""
    headers: dict[str, str] = Field(default_factory=dict)
    source_ip: str = "10.0.0.10"
    """Address of the client, as security groups and `source-ip` rules see it."""


class ProbeVerdict(BaseModel):
    """Where the requests of one probe end, in per cent."""

    model_config = ConfigDict(frozen=True)

    service: str
    shares: dict[str, float]
    """Share of new clients' requests that each colour answers; a colour without a path is absent."""
    lost: float
    """The largest share that any kind of client loses under the worst timing."""
    reasons: tuple[str, ...] = ()
    """For every loss one sentence that names the resource and the rule."""


class Verdict(BaseModel):
    """The oracle's word on one state of AWS."""

    model_config = ConfigDict(frozen=True)

    at: float
    """Model time in seconds."""
    watching: bool
    """False before clients started: shares say where requests would go, and nobody loses any."""
    probes: tuple[ProbeVerdict, ...] = ()

    @property
    def lost(self) -> float:
        """Per cent lost by the worst-off service; 0 before clients started."""
        return max((probe.lost for probe in self.probes), default=0.0) if self.watching else 0.0

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason for a loss, once, in the order of the probes."""
        return tuple(dict.fromkeys(reason for probe in self.probes for reason in probe.reasons))
