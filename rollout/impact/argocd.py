"""Risks of what ArgoCD knows of a colour: its workloads may go with the Applications made for it. Pure."""

from collections.abc import Iterator, Sequence

from policies.stack import mapping, part
from rollout.impact.case import Case
from rollout.impact.gone import is_used
from rollout.impact.model import Level, Risk
from rollout.impact.resources import SECRET, colour_of, is_registration, named
from rollout.preview import State, Step

__all__ = ["forgotten", "relabelled"]


def forgotten(case: Case) -> Iterator[Risk]:
    """ArgoCD no longer knows the cluster of a colour with traffic, if only for a moment."""
    steps = [step for step in _known_under_traffic(case) if step.deletes or step.replaces]
    if steps:
        yield _risk(steps, f"ArgoCD forgets {_colours(steps)} under traffic", "for the cluster")


def relabelled(case: Case) -> Iterator[Risk]:
    """The cluster of a colour with traffic loses labels by which ApplicationSets may find it."""
    updated = [step for step in _known_under_traffic(case) if not (step.deletes or step.replaces)]
    lost = {label for step in updated for label in _labels(step.old_state) - _labels(step.new_state)}
    if lost:
        labels = ", ".join(sorted(f"{key}: {value}" for key, value in lost))
        title = f"ArgoCD knows {_colours(updated)} no longer by {labels}, under traffic"
        yield _risk(updated, title, "by these labels")


def _known_under_traffic(case: Case) -> Iterator[Step]:
    for step in case.changed:
        known = step.before
        if known and known.kind == SECRET and is_registration(known) and is_used(case, step):
            yield step


def _labels(secret: State | None) -> set[tuple[str, str]]:
    """The labels that the program gives; a cluster may add some."""
    labels = mapping(part(secret and secret.inputs.get("metadata"), "labels"))
    return {(key, str(value)) for key, value in labels.items()}


def _colours(steps: Sequence[Step]) -> str:
    return " and ".join(sorted({str(colour_of(step.resource)) for step in steps}))


def _risk(steps: Sequence[Step], title: str, generated: str) -> Risk:
    return Risk(
        level=Level.WARNING,
        title=title,
        consequence=f"ApplicationSets delete the Applications that they generated {generated}, and ArgoCD may delete "
        "what these deployed.",
        instead="Set preserveResourcesOnDeletion on the ApplicationSets first, or move the traffic away.",
        resources=named(steps),
    )
