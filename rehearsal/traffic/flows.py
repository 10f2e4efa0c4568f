"""Established connections through NLBs: which there may be, and which an NLB closes. Pure.

An NLB pins a flow to a target when it is opened. Another target group in the listener, or no listener at all, leaves
it alone for an hour; `Flows` says when something ends it before, and which targets take new ones.
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/listener-update-rules.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rehearsal.oracle.state import Forward, Snapshot, Target, TargetGroup

__all__ = ["LEFT_FLOW_LIFE", "Destination", "Flow", "FlowState", "Flows", "Way"]

LEFT_FLOW_LIFE = 3600.0
"""Model seconds for which flows outlive the moment when their target group leaves the listener."""


class Way(NamedTuple):
    """From a listener of an NLB to one target group."""

    nlb: str
    listener: str
    target_group: str


class Destination(NamedTuple):
    """A target without its state: an ALB's ARN or the address of a pod, and the port."""

    id: str
    port: int


class Flow(NamedTuple):
    """All connections on one way to one target: what closes one of them closes all."""

    way: Way
    destination: Destination


@dataclass(frozen=True, slots=True)
class FlowState:
    """What follows from a state of AWS."""

    ways: Mapping[Way, Mapping[Destination, bool]]
    """Per way that ever carried flows its targets, those of the past too, and whether they take new flows."""
    closing: frozenset[Flow]
    """Whose connections end now."""


@dataclass(slots=True)
class Flows:
    """Remembers ways and targets, and what ended them."""

    _left: dict[Way, float | None] = field(default_factory=dict[Way, float | None])
    _targets: dict[Way, set[Destination]] = field(default_factory=dict[Way, set[Destination]])
    _ended_before: dict[Flow, bool] = field(default_factory=dict[Flow, bool])

    def follow(self, snapshot: Snapshot, at: float) -> FlowState:
        """Return what follows from the state of AWS at a model time; call it in order of time."""
        self._note_ways(snapshot, at)
        ways: dict[Way, dict[Destination, bool]] = {}
        closing: set[Flow] = set()
        for way, known in self._targets.items():
            group = snapshot.target_groups.get(way.target_group)
            targets = {Destination(target.id, target.port): target for target in group.targets} if group else {}
            known.update(targets)
            takers = _takers(group) if group else set[Destination]()
            ways[way] = {destination: destination in takers for destination in sorted(known)}
            for destination in known:
                flow = Flow(way, destination)
                ended = self._ended(snapshot, way, targets.get(destination), at)
                if ended and self._ended_before.get(flow) is False:
                    closing.add(flow)
                self._ended_before[flow] = ended
        return FlowState(ways, frozenset(closing))

    def _note_ways(self, snapshot: Snapshot, at: float) -> None:
        now = {
            Way(listener.load_balancer, listener.arn, group)
            for listener in snapshot.listeners.values()
            if snapshot.load_balancers[listener.load_balancer].kind == "network"
            for group in (listener.action.weights if isinstance(listener.action, Forward) else ())
        }
        for way in now:
            self._targets.setdefault(way, set())
            self._left[way] = None
        for way in self._left.keys() - now:
            left = self._left[way]
            self._left[way] = at if left is None else left

    def _ended(self, snapshot: Snapshot, way: Way, target: Target | None, at: float) -> bool:
        """Tell whether the NLB keeps no connection open on a way to a target."""
        listener, left = snapshot.listeners.get(way.listener), self._left[way]
        action = listener.action if listener else None
        nlb_deleted = way.nlb not in snapshot.load_balancers
        weight_0 = isinstance(action, Forward) and action.weights.get(way.target_group) == 0
        drained_or_unhealthy = target is None or target.state == "unhealthy"
        outlived = left is not None and at - left >= LEFT_FLOW_LIFE
        return nlb_deleted or weight_0 or drained_or_unhealthy or outlived


def _takers(group: TargetGroup) -> set[Destination]:
    """Pick the targets of new flows: the healthy ones; where there is none, it fails open to the unhealthy ones.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
    """
    states = ("healthy", "unhealthy")
    by_state = [{Destination(each.id, each.port) for each in group.targets if each.state == state} for state in states]
    return by_state[0] or by_state[1]
