"""Which established flows an NLB ends."""

from dataclasses import replace

import pytest

from rehearsal.traffic.flows import Destination, Flow, Flows, Way
from tests.rehearsal.chains import arn, shared_nlb

NLB = arn("net", "nlb")
BLUE = Flow(Way(NLB, f"{NLB}:443", "alb-blue"), Destination(arn("app", "blue"), 443))


def with_state(chains, group, state):
    """Give all targets of a group a state; with None they are gone."""
    found = chains.snapshot.target_groups[group]
    targets = tuple(replace(target, state=state) for target in found.targets if state)
    groups = {**chains.snapshot.target_groups, group: replace(found, targets=targets)}
    return replace(chains.snapshot, target_groups=groups)


def follow(*states):
    """Return what closes after the last of some states, each (time, snapshot)."""
    flows = Flows()
    return [flows.follow(snapshot, at) for at, snapshot in states][-1]


def blue_only():
    return shared_nlb(blue=100).snapshot


def test_nothing_ends_while_nothing_changes():
    state = follow((0, blue_only()), (1e6, blue_only()))
    assert state.closing == frozenset()
    assert state.ways == {BLUE.way: {BLUE.destination: True}}


@pytest.mark.fact(1)
@pytest.mark.parametrize("blue", [1, 999])
def test_another_weight_than_0_ends_none(blue):
    before, after = shared_nlb(blue=50, green=50).snapshot, shared_nlb(blue=blue, green=50).snapshot
    assert follow((0, before), (1, after)).closing == frozenset()


@pytest.mark.fact(2)
def test_another_target_group_in_the_listener_ends_none():
    state = follow((0, blue_only()), (1, shared_nlb(green=100).snapshot))
    assert state.closing == frozenset()
    assert state.ways[BLUE.way] == {BLUE.destination: True}


@pytest.mark.fact(3)
def test_an_hour_after_its_group_left_they_end():
    switched = shared_nlb(green=100).snapshot
    assert not follow((0, blue_only()), (10, switched), (3609, switched)).closing
    assert follow((0, blue_only()), (10, switched), (3610, switched)).closing == {BLUE}


def test_the_hour_starts_again_when_its_group_comes_back():
    switched, both = shared_nlb(green=100).snapshot, shared_nlb(green=99, blue=1).snapshot
    story = [(0, blue_only()), (10, switched), (3000, both), (3500, switched), (4000, switched)]
    assert not follow(*story).closing


@pytest.mark.parametrize(
    "after",
    [
        shared_nlb(blue=0, green=100).snapshot,
        shared_nlb(blue=100).without_balancer("net", "nlb").snapshot,
        with_state(shared_nlb(blue=100), "alb-blue", "unhealthy"),
        with_state(shared_nlb(blue=100), "alb-blue", None),
        shared_nlb(green=100).without("target_groups", "alb-blue").snapshot,
    ],
    ids=["weight 0", "NLB deleted", "unhealthy", "drained", "target group deleted"],
)
@pytest.mark.fact(1, 7)
def test_what_ends_flows(after):
    assert follow((0, blue_only()), (1, after)).closing == {BLUE}
    assert follow((0, blue_only()), (1, after), (2, after)).closing == frozenset()  # once


@pytest.mark.fact(5)
def test_a_deleted_listener_ends_none():
    gone = shared_nlb(blue=100).without("listeners", f"{NLB}:443").snapshot
    assert not follow((0, blue_only()), (1, gone)).closing


def test_a_draining_target_keeps_its_flows_and_takes_no_new_ones():
    state = follow((0, blue_only()), (1, with_state(shared_nlb(blue=100), "alb-blue", "draining")))
    assert not state.closing
    assert state.ways[BLUE.way] == {BLUE.destination: False}


@pytest.mark.fact(6)
def test_a_group_without_healthy_targets_fails_open():
    state = follow((0, blue_only()), (1, with_state(shared_nlb(blue=100), "alb-blue", "unhealthy")))
    assert state.ways[BLUE.way] == {BLUE.destination: True}


def test_a_target_that_was_never_well_has_nothing_to_close():
    assert not follow((0, with_state(shared_nlb(blue=100), "alb-blue", "unhealthy"))).closing
