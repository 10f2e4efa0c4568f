"""The way back, as a command. Pure."""

import shlex
from collections.abc import Iterator

from components.traffic import Colour
from infra.config import NAMESPACE, Topology
from rollout.impact.case import Case
from rollout.impact.model import WayBack
from rollout.impact.versions import upgraded

__all__ = ["way_back"]

_LASTS = {
    Topology.ROUTE53: "about 1 min, and 2 more until clients follow",
    Topology.SHARED_NLB: "about 1 min",
    Topology.SHARED_ALB: "about 1 min",
}


def way_back(case: Case) -> WayBack | None:
    """How to undo a change; None where it changes nothing."""
    if not case.changed:
        return None
    if case.retired:
        colour = case.retired[0]
        return WayBack(command="", remark=f"none at once: {colour} has to be built anew, cluster and all")
    if any(upgraded(step) for step in case.changed):
        return WayBack(command="", remark="none here: only EKS's own version rollback, if the region has it")
    if case.switching.moves:
        return WayBack(command=" && ".join(_shift_back(case)), remark=_LASTS[case.topology])
    if not case.switching.before:
        return WayBack(command=f"pulumi destroy --stack {shlex.quote(case.stack)}", remark="the stack is new")
    return WayBack(
        command=f"git revert HEAD && pulumi up --stack {shlex.quote(case.stack)}",
        remark="once it is merged; no traffic moves",
    )


def _shift_back(case: Case) -> Iterator[str]:
    """Commands that write the old weights. Keys are the project's, so they need no `dkms:`."""
    stack = f"--stack {shlex.quote(case.stack)}"
    before = {colour: round(case.switching.before.get(colour, 0)) for colour in Colour}
    live = [colour for colour in Colour if before[colour]]
    config = case.config or case.written
    if service := case.service:
        for colour in Colour:
            yield f"pulumi config set --path services.{service}.weights.{colour} {before[colour]} {stack}"
        yield f"pulumi up {stack}"
        return
    if config.active not in live:
        yield f"pulumi config set active {live[0]} {stack}"
    if len(live) > 1:
        for colour in Colour:
            yield f"pulumi config set --path weights.{colour} {before[colour]} {stack}"
    elif f"{NAMESPACE}:weights" in case.preview.config:
        yield f"pulumi config rm weights {stack}"
    yield f"pulumi up {stack}"
