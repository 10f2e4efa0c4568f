"""How long a shift takes to be true, who stays behind, its calls and its worst moment, by topology. Pure."""

from collections.abc import Iterator, Mapping

from components.traffic import Colour
from infra.config import Topology
from policies.forwarding import LISTENER, LISTENER_RULE
from policies.weights import RECORD
from rollout.impact.case import Case
from rollout.impact.model import Call, share
from rollout.impact.switching import Shares

__all__ = ["STAYS_BEHIND", "TRUE_AFTER", "calls", "worst_moment"]

TRUE_AFTER: Mapping[Topology, str] = {
    Topology.ROUTE53: "within 2 min: up to 60 s until Route 53 answers so everywhere, then a TTL of 60 s",
    Topology.SHARED_NLB: "at once for new flows",
    Topology.SHARED_ALB: "at once, request by request",
}
STAYS_BEHIND: Mapping[Topology, str] = {
    Topology.ROUTE53: "clients that cache DNS past its TTL; open flows, until they close",
    Topology.SHARED_NLB: "open flows, until they close, are idle for 350 s, or reach an hour",
    Topology.SHARED_ALB: "requests that are under way",
}

_OPERATIONS: Mapping[str, Mapping[str, str]] = {
    LISTENER: {"update": "ModifyListener", "create": "CreateListener", "delete": "DeleteListener"},
    LISTENER_RULE: {"update": "ModifyRule", "create": "CreateRule", "delete": "DeleteRule"},
}


def calls(case: Case) -> Iterator[Call]:
    """The calls that move traffic, in their order."""
    switching = case.switching
    states = [*switching.between, switching.after]
    for place, switch in enumerate(switching.switches):
        step = switch.step
        kind = step.resource.kind
        if step.op == "same":
            continue
        operation = "ChangeResourceRecordSets" if kind == RECORD else _OPERATIONS[kind].get(step.op, step.op)
        then = states[place] if kind == RECORD else switch.after or {}
        yield Call(operation=operation, resource=step.name, then=dict(then), service=switch.service)


def worst_moment(case: Case) -> str:
    """What the split is between the calls, where that is neither the old one nor the new one."""
    switching = case.switching
    for colour in case.retired:
        if switching.before.get(colour):
            return f"the deletion of {colour}, right after its traffic was taken"
    if not switching.moves:
        return "none, no traffic moves"
    if switching.undecided:
        return "all records at weight 0, which Route 53 answers as an equal split"
    odd = [each for each in switching.between if dict(each) not in (dict(switching.before), dict(switching.after))]
    if odd:
        return f"{told(odd[0])}, between the two calls"
    if len(switching.switches) > 1 and case.topology is not Topology.ROUTE53:
        return "services shift one after the other, seconds apart"
    if switching.between:
        return f"none, it is {told(switching.between[-1])} until the last call"
    return "none, all weights change together"


def told(shares: Shares) -> str:
    """Write shares as people do: `blue 90 · green 10`."""
    return " · ".join(f"{colour} {share(shares[colour])}" for colour in Colour if shares.get(colour)) or "nobody"
