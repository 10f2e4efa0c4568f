"""Whole stories under live traffic: nothing is lost, where nothing may be, and the oracle was right."""

import sys
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.play import Outcome
from rehearsal.run import perform
from rehearsal.traffic.access import available
from rehearsal.traffic.measures import agreements, totals
from rehearsal.traffic.recording import ClientKind
from rehearsal.traffic.shifts import shifts
from rollout.cli import main

pytestmark = [pytest.mark.traffic, pytest.mark.skipif(bool(available()), reason=available())]


@pytest.fixture(scope="module")
def outcomes(pytestconfig: pytest.Config) -> Mapping[str, Outcome]:
    """What `make rehearse` runs, in the open as it is there, and what its stories left behind."""
    kept: dict[str, Outcome] = {}

    def keep(script: Any, *rest: Any) -> Outcome:
        kept[script.stack] = perform(script, *rest)
        return kept[script.stack]

    capture: Any = pytestconfig.pluginmanager.getplugin("capturemanager")
    with pytest.MonkeyPatch.context() as patch, capture.global_and_fixture_disabled():
        patch.setattr("rehearsal.run.perform", keep)
        patch.setattr(sys, "argv", ["bluegreen", "rehearse"])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == 0
    return kept


@pytest.fixture(params=["qa-nx", "prod-bj", "qa-bj"])
def outcome(request: pytest.FixtureRequest, outcomes: Mapping[str, Outcome]) -> Outcome:
    return outcomes[request.param]


def test_no_request_is_lost_over_the_whole_story(outcome: Outcome) -> None:
    recording = outcome.recording
    assert recording is not None
    assert (outcome.error, outcome.lost) == (None, 0)
    assert [sample for sample in recording.samples if sample.failure] == []
    assert len(recording.samples) >= 20_000
    assert {kind: each.peer for kind, each in totals(recording).items()} == dict.fromkeys(ClientKind, 0)


def test_what_clients_met_is_what_the_oracle_said(outcome: Outcome) -> None:
    assert outcome.recording is not None
    compared = agreements(outcome.recording)
    # Four standard errors: three, which the report tells, are exceeded by chance once in 370 comparisons.
    assert [each for each in compared if each.off > 4 / 3 * each.within] == []
    assert {each.act for each in compared} == {act.number for act in outcome.recording.acts}
    canaries = {act.number for act in outcome.recording.acts if act.title.startswith("canary")}
    watched = [each for each in compared if each.act in canaries]
    assert [each for each in watched if each.requests < 500 or each.off > max(5, 4 / 3 * each.within)] == []


def test_a_shift_under_traffic_makes_the_calls_of_its_topology_and_moves_everybody(outcome: Outcome) -> None:
    recording = outcome.recording
    assert recording is not None
    found = shifts(recording)
    titles = ["canary 10", "canary 50", "all to green", "back to blue", "green again", "all to blue"]
    if recording.stack.startswith("prod"):  # where a colour rises from nothing in a small step
        titles.insert(4, "green again 25")
        titles.insert(6, "canary 25 of blue")
    assert [shift.title for shift in found] == titles
    assert {shift.calls for shift in found} == {2 if recording.topology == "route53" else 1}
    assert all(shift.moved[100] is not None for shift in found if shift.complete)


def test_each_topology_has_its_known_cost(outcome: Outcome) -> None:
    recording = outcome.recording
    assert recording is not None
    complete = [shift for shift in shifts(recording) if shift.complete]
    slowest = max(shift.moved[99] or 0 for shift in complete)
    stubborn = max(shift.tail[ClientKind.STUBBORN] for shift in complete)
    if recording.topology == "route53":
        assert 30 < slowest < 300  # the fixed TTL of aliases is 60 s, and a change propagates
        assert stubborn > slowest
    elif recording.topology == "shared-nlb":
        assert slowest < 60
        assert stubborn > slowest  # open connections stay until they end
    else:
        assert stubborn < 60  # every request is split anew
