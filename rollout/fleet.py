"""The fleet as a team writes it down: what runs where, and until when AWS supports it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from components.eks_versions import EKS_VERSIONS
from components.model import Cluster
from components.traffic import Colour
from infra.config import StackConfig, Topology

__all__ = ["SOON", "Member", "Standing", "Support", "in_order", "member", "support"]

SOON = 90
"""Days before an end of support from which on it stands out: as long as an upgrade of prod may take to be agreed."""

_RANKS = {"dev": 0, "qa": 1, "prod": 2}


class Standing(StrEnum):
    """How AWS supports a version today."""

    STANDARD = "standard"
    STANDARD_ENDS = "standard-ends"
    """Standard support ends within `SOON` days; extended support costs extra."""
    EXTENDED = "extended"
    EXTENDED_ENDS = "extended-ends"
    """All support ends within `SOON` days."""
    ENDED = "ended"
    """AWS upgrades the control plane by force, at a time of its choosing."""
    UNKNOWN = "unknown"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Support(_Frozen):
    """Until when a Kubernetes version is supported."""

    version: str
    standing: Standing
    standard_ends: date | None = None
    extended_ends: date | None = None
    told: str
    """The same in words."""


class Member(_Frozen):
    """One stack of the fleet. With an `error` nothing else of it is known."""

    stack: str
    error: str = ""
    region: str = ""
    topology: Topology | None = None
    active: Colour | None = None
    weights: Mapping[Colour, int] = {}
    services: Mapping[str, Mapping[Colour, int]] = {}
    """Weights of the services that have their own."""
    service: Mapping[Colour, str] = {}
    """Version of each colour's cluster; the name of one that exists already."""
    tools: Mapping[str, str] = {}
    support: Sequence[Support] = ()
    """Of each version that runs, the service clusters' first."""
    deployed: bool | None = None
    """Whether the stack says so (true), or only its file (None); false where the two differ."""
    remark: str = ""
    """What the stack says otherwise, or why it could not be asked."""


def support(version: str, today: date) -> Support:
    """Look up how a version is supported on a day."""
    row = EKS_VERSIONS.get(version)
    if row is None:
        return Support(version=version, standing=Standing.UNKNOWN, told=f"{version} is not known here")
    standard, extended = (row.standard_support_ends - today).days, (row.extended_support_ends - today).days
    if extended <= 0:
        standing, told = Standing.ENDED, f"all support ended {row.extended_support_ends}, forced up any day"
    elif extended <= SOON:
        standing, told = Standing.EXTENDED_ENDS, f"extended ends {_in(extended)}, {row.extended_support_ends}"
    elif standard <= 0:
        standing, told = (
            Standing.EXTENDED,
            f"standard ended {row.standard_support_ends}, extended to {row.extended_support_ends}",
        )
    elif standard <= SOON:
        standing, told = Standing.STANDARD_ENDS, f"standard ends {_in(standard)}, {row.standard_support_ends}"
    else:
        standing, told = Standing.STANDARD, f"standard to {row.standard_support_ends}"
    return Support(
        version=version,
        standing=standing,
        standard_ends=row.standard_support_ends,
        extended_ends=row.extended_support_ends,
        told=f"{version} {told}",
    )


def member(stack: str, config: StackConfig, today: date) -> Member:
    """A stack as its file says."""
    clusters = [config.clusters[colour] for colour in config.colours] + list(config.tools.values())
    versions = dict.fromkeys(cluster.version for cluster in clusters if cluster.version)
    return Member(
        stack=stack,
        region=config.region,
        topology=config.topology,
        active=config.active,
        weights=config.weights.forward,
        services={name: weights.forward for name, weights in config.own_weights.items()},
        service={colour: _named(config.clusters[colour]) for colour in config.colours},
        tools={tool: _named(cluster) for tool, cluster in config.tools.items()},
        support=[support(version, today) for version in versions],
    )


def in_order(stacks: Iterable[str]) -> list[str]:
    """Sort stacks the way a change travels: dev, qa, prod, and whatever else after them."""
    return sorted(stacks, key=lambda stack: (_RANKS.get(stack.split("-")[0], len(_RANKS)), stack))


def _named(cluster: Cluster) -> str:
    return cluster.version or cluster.existing or f"in the cluster of {cluster.cluster_of}"


def _in(days: int) -> str:
    return "tomorrow" if days == 1 else f"in {days} days"
