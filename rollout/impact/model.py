"""What a reviewer needs to know of a change, as data: for Markdown, a terminal, or another program."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field, model_validator

from components.traffic import Colour
from infra.config import Topology
from rollout.printable import printable

__all__ = ["Call", "ColourImpact", "Diff", "Health", "Impact", "Level", "Played", "Risk", "Verdict", "WayBack", "share"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _printable(cls, given: object) -> object:
        return printable(given)


class Level(StrEnum):
    """How much a risk weighs."""

    BLOCKED = "blocked"
    """Requests would be lost, or Pulumi or AWS would refuse it: not to be applied."""
    WARNING = "warning"
    """Somebody has to look before it is applied."""
    NOTE = "note"
    """Good to know."""


class Verdict(StrEnum):
    """The one line."""

    SAFE = "safe"
    WARNINGS = "warnings"
    BLOCKED = "blocked"


class Risk(_Frozen):
    """What could go wrong, what that means for traffic, and what to do instead."""

    level: Level
    title: str
    consequence: str
    instead: str = ""
    resources: tuple[str, ...] = ()
    """Names of the resources that it is about."""


class ColourImpact(_Frozen):
    """One colour, before and after."""

    colour: Colour
    version_before: str | None
    version_after: str | None
    """Kubernetes version of its cluster; None where it has none, or nobody knows it."""
    before: float
    after: float
    """Per cent of the traffic; where services differ, of the one that moves most."""


class Call(_Frozen):
    """One AWS call that moves traffic."""

    operation: str
    """Its name in the API, such as ModifyListener."""
    resource: str
    """What the program calls the resource."""
    then: Mapping[Colour, float]
    """Per cent of the traffic for each colour once it has been made; of its service, where services differ."""
    service: str = ""


class WayBack(_Frozen):
    """How to undo it."""

    command: str
    """Empty where there is no way back."""
    remark: str
    """How long it takes, or why there is none."""


class Health(_Frozen):
    """What AWS says of the targets of a colour that is to receive traffic."""

    colour: Colour
    healthy: int
    registered: int
    zones: int | None
    """Availability zones with a healthy target; None where the target is a load balancer."""
    checked: datetime
    states: tuple[str, ...] = ()
    """Why targets are not healthy, as AWS words it."""


class Played(_Frozen):
    """How a rehearsal of this very change went, on the embedded AWS."""

    calls: int
    lost: float
    """Largest share of traffic lost after any call, in per cent."""
    requests: int = 0
    """Sent while it was played; 0 where the oracle alone judged."""
    failed: int = 0
    first_loss: str = ""
    reasons: tuple[str, ...] = ()
    error: str = ""
    """Why the update failed, if it did."""
    replay: str
    """The command that plays it again."""


class Diff(_Frozen):
    """What changes of one resource."""

    op: str
    type: str
    name: str
    lines: tuple[str, ...]


class Impact(_Frozen):
    """What a change does to traffic."""

    stack: str
    topology: Topology | None
    colours: tuple[ColourImpact, ...]
    moves: bool
    """Whether traffic moves at all."""
    service: str = ""
    """The service that moves by weights of its own, if one does."""
    true_after: str
    """How long until clients follow, in this topology; empty where nothing moves."""
    stays_behind: str
    """Who goes on using the colour that loses traffic, and for how long."""
    calls: tuple[Call, ...]
    worst_moment: str
    risks: tuple[Risk, ...]
    """Worst first."""
    way_back: WayBack | None
    health: tuple[Health, ...]
    not_checked: str = ""
    """Why the health of receivers is not known, where it matters."""
    played: Played | None = None
    changes: Mapping[str, int]
    """How many resources are created, updated, replaced, deleted, unchanged."""
    diffs: tuple[Diff, ...]

    @computed_field
    @property
    def verdict(self) -> Verdict:
        """What the risks come to."""
        levels = {risk.level for risk in self.risks}
        if Level.BLOCKED in levels:
            return Verdict.BLOCKED
        return Verdict.WARNINGS if Level.WARNING in levels else Verdict.SAFE


def share(per_cent: float) -> str:
    """Write a share: whole where it is whole."""
    return f"{per_cent:.1f}".removesuffix(".0")
