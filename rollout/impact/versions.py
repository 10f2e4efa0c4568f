"""Risks of a cluster's version that changes in place. Pure."""

from collections.abc import Iterator

from components.traffic import Colour
from infra.config import NAMESPACE
from policies.stack import Resource
from rollout.impact.case import Case
from rollout.impact.model import Level, Risk, share
from rollout.impact.resources import CLUSTER, colour_of
from rollout.preview import Step

__all__ = ["in_place_upgrades", "upgraded"]


def in_place_upgrades(case: Case) -> Iterator[Risk]:
    """A control plane is upgraded where it stands: under traffic, at a leap, or back."""
    for step in filter(upgraded, case.changed):
        old, new = _version(step.before), _version(step.after)
        colour = colour_of(step.resource)
        name = colour or step.name.removeprefix(f"{NAMESPACE}-").partition("-")[0]
        up = _minor(new) - _minor(old)
        if up != 1:
            yield Risk(
                level=Level.BLOCKED,
                title=f"the cluster of {name} goes from {old} to {new} in place",
                consequence="A control plane goes up one minor version at a time; this program takes none back.",
                instead="Bring up the other colour on that version and shift to it."
                if colour
                else "Raise it minor by minor.",
                resources=(step.name,),
            )
        else:
            yield _one_up(case, colour, str(name), old, new, step.name)


def _one_up(case: Case, colour: Colour | None, name: str, old: str, new: str, resource: str) -> Risk:
    # A release that stands in the cluster is upgraded with it.
    inside = [each for each, cluster in case.written.clusters.items() if colour in (each, cluster.cluster_of)]
    sides = (case.switching.before, case.switching.after)
    per_cent = max(sum(side.get(each, 0) for each in {colour, *inside} if each) for side in sides) if colour else 0
    if not per_cent:
        return Risk(
            level=Level.NOTE,
            title=f"{name} goes from {old} to {new} in place",
            consequence="It carries no traffic. This program has no way back to the old version.",
            resources=(resource,),
        )
    return Risk(
        level=Level.BLOCKED if case.prod else Level.WARNING,
        title=f"the cluster of {name} goes from {old} to {new} in place, under {share(per_cent)} % of the traffic",
        consequence="Every node is replaced while its pods serve, and this program has no way back to the old version.",
        instead=f"Bring up {colour.other if colour else ''} on {new} and shift to it.",
        resources=(resource,),
    )


def upgraded(step: Step) -> bool:
    """Whether a step changes the version of a cluster."""
    old, new = _version(step.before), _version(step.after)
    return step.resource.kind == CLUSTER and bool(old and new) and old != new


def _version(resource: Resource | None) -> str:
    version = resource.props.get("version") if resource else None
    return version if isinstance(version, str) else ""


def _minor(version: str) -> int:
    minor = version.rpartition(".")[2]
    return int(minor) if minor.isdigit() else 0
