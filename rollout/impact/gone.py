"""Risks of what goes: a colour with its traffic, or any resource on clients' way. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from components.traffic import Colour
from infra.config import Topology
from policies.forwarding import LISTENER, LISTENER_RULE
from policies.weights import RECORD
from rollout.impact.case import Case
from rollout.impact.model import Level, Risk, share
from rollout.impact.resources import (
    ATTACHMENT,
    BALANCER,
    BINDING,
    CLUSTER,
    FIREWALL,
    NODES,
    TARGET_GROUP,
    colour_of,
    is_for_operators,
    is_registration,
    named,
)
from rollout.preview import Step

__all__ = [
    "cut_off",
    "is_used",
    "removed_services",
    "removed_with_its_traffic",
    "replaced_or_removed",
    "retired_idle",
]

_WORDS: Mapping[str, tuple[str, str]] = {
    BALANCER: (
        "load balancer",
        "It takes its address with it: clients that hold the address, and every open flow, are cut off.",
    ),
    TARGET_GROUP: (
        "target group",
        "The new one is empty until the cluster has registered its pods and they are healthy; what is sent to it "
        "until then is lost.",
    ),
    LISTENER: ("listener", "New connections are refused until another one listens on the port."),
    LISTENER_RULE: ("listener rule", "Until there is another one, its requests go where the next rule sends them."),
    ATTACHMENT: (
        "registration of an ALB",
        "The NLB sends nothing to the ALB until it is registered and healthy again.",
    ),
    BINDING: ("target group binding", "The cluster takes its pods out of the target group: nothing answers behind it."),
    RECORD: ("record", "The name does not answer for a moment, and resolvers keep that answer."),
    CLUSTER: ("cluster", "All of its pods go with it."),
}


def removed_with_its_traffic(case: Case) -> Iterator[Risk]:
    """A colour is retired in the update that takes its traffic, or while it has some."""
    for colour in case.retired:
        had, has = (side.get(colour, 0) for side in (case.switching.before, case.switching.after))
        if not had and not has:
            continue
        yield Risk(
            level=Level.BLOCKED,
            title=f"{colour} is deleted in the update that takes its traffic"
            if not has
            else f"{colour} is deleted, and {share(has)} % of the traffic is to go there",
            consequence=f"All flows on {colour} ({share(had)} % of the traffic) are reset, and SDK clients with a "
            "cached address fail over to the other region."
            if had
            else "What is sent there is lost.",
            instead=f"Do it in two updates: first active: {colour.other}; then, after the drain, take {colour} away.",
            resources=named(step for step in case.going if step.before and colour_of(step.before) is colour),
        )


def replaced_or_removed(case: Case) -> Iterator[Risk]:
    """Something on clients' way is replaced or deleted, while they use it."""
    by_kind: dict[tuple[str, bool], list[Step]] = defaultdict(list)
    for step in case.going:
        if not step.before or colour_of(step.before) in case.retired or case.is_of_removed_service(step):
            continue
        if is_used(case, step):
            by_kind[step.before.kind, step.replaces].append(step)
    for (kind, replaced), steps in by_kind.items():
        what, consequence = _WORDS.get(
            kind, ("hosted zone", "Names in it do not answer until resolvers know the new one.")
        )
        happens = "replaced" if replaced else "deleted"
        many = len(steps) > 1
        reasons = sorted({key for step in steps for key in step.replace_reasons or ()})
        yield Risk(
            level=Level.BLOCKED,
            title=f"{f'{len(steps)} {what}s' if many else f'the {what} {steps[0].name}'} that "
            f"{'carry' if many else 'carries'} traffic {'are' if many else 'is'} {happens}"
            + (f", by a change of {', '.join(reasons)}" if reasons else ""),
            consequence=consequence if replaced or kind != TARGET_GROUP else "What is sent to it is lost.",
            instead=_instead(kind, steps, reasons, replaced=replaced),
            resources=named(steps),
        )


def removed_services(case: Case) -> Iterator[Risk]:
    """Services go for good."""
    if case.removed_services:
        yield Risk(
            level=Level.WARNING,
            title=f"services are removed: {', '.join(sorted(case.removed_services))}",
            consequence="Whoever still asks for their hosts or paths is answered by another service, or not at all.",
            instead="See by its request count that nobody asks for them any more.",
            resources=named(filter(case.is_of_removed_service, case.going)),
        )


def cut_off(case: Case) -> Iterator[Risk]:
    """A security group no longer lets someone in, or nodes are replaced under traffic."""
    going = [step for step in case.changed if (step.deletes or step.replaces) and step.before]
    rules = [
        step
        for step in going
        if step.before
        and step.before.kind in FIREWALL
        and not is_for_operators(step.before)
        and not is_registration(step.before)
        and colour_of(step.before) not in case.retired
        and is_used(case, step)
    ]
    if rules:
        yield Risk(
            level=Level.WARNING,
            title=f"{len(rules)} rule{'' if len(rules) == 1 else 's'} of security groups on clients' way go",
            consequence="Where no other rule lets the same traffic in, it is cut off at once.",
            instead="See in the diff that each has a successor, which is created before it goes.",
            resources=named(rules),
        )
    nodes = [
        step for step in going if step.before and step.before.kind == NODES and step.replaces and is_used(case, step)
    ]
    if nodes:
        yield Risk(
            level=Level.WARNING,
            title="nodes under traffic are replaced",
            consequence="Pods move to new nodes while they serve.",
            instead="Change them on the colour that has no traffic, and shift to it.",
            resources=named(nodes),
        )


def retired_idle(case: Case) -> Iterator[Risk]:
    """A colour without traffic is retired: fine, once everyone has left it."""
    for colour in case.retired:
        if case.switching.before.get(colour) or case.switching.after.get(colour):
            continue
        behind = "clients that cached its address" if case.topology is Topology.ROUTE53 else "flows that are still open"
        yield Risk(
            level=Level.WARNING,
            title=f"{colour} is deleted",
            consequence=f"It gets no new traffic; {behind}, up to an hour after its last weight, are cut off.",
            instead="Apply it an hour or more after the update that took its last traffic.",
        )


def is_used(case: Case, step: Step) -> bool:
    """Whether traffic passes a resource: one of a colour with some, or of both, in a stack that has any."""
    colour = colour_of(step.before) if step.before else None
    shares = (case.switching.before, case.switching.after)
    return any(side.get(colour, 0) if colour else side for side in shares)


def _instead(kind: str, steps: Sequence[Step], reasons: Sequence[str], *, replaced: bool) -> str:
    if replaced:
        kept = f"Keep {', '.join(reasons)} as it was." if reasons else "Keep it as it was."
        beside = " A service's new port: add a service beside it, and let that take over hosts or paths later."
        return kept + (beside if kind == TARGET_GROUP else "")
    colours = {colour_of(step.before) for step in steps if step.before}
    colour = next((colour for colour in Colour if colours == {colour}), None)
    return f"Shift all traffic to {colour.other} first." if colour else "Move its traffic away in an earlier update."
