"""Which cases are explored, and by what names they are played again."""

import pytest

from components.errors import BlueGreenError
from rehearsal.aws import Call
from rehearsal.oracle import Verdict
from rehearsal.prove.cases import EACH, START, Among, Choice, named
from rehearsal.prove.model import Case, Group, Mode


def call(number: int, operation: str, summary: str) -> Call:
    verdict = Verdict(at=0, watching=True)
    return Call(number=number, at=0, service="elbv2", operation=operation, summary=summary, verdict=verdict)


RUN = [
    call(1, "CreateTargetGroup", "create target group dkms-green-alb-0a1b2c3 TCP"),
    call(2, "CreateTargetGroup", "create target group dkms-green-0d1e2f3 HTTP"),
    call(3, "ModifyListener", "listener dkms-nlb-aaaaaaa:443 → blue 90, green 10"),
]
SHIFTING = Among(["canary-10", "s", "t", "protection-off"], ["canary-10", "s", "t", "protection-off"])
STILL = Among(["add-green"], [])
OTHER_RUN = [
    call(5, "CreateTargetGroup", "create target group dkms-green-fffffff HTTP"),
    call(6, "CreateTargetGroup", "create target group dkms-green-alb-eeeeeee TCP"),
    call(7, "ModifyListener", "listener dkms-nlb-bbbbbbb:443 → blue 90, green 10"),
]


def test_a_call_has_the_same_name_in_every_run_whatever_the_order_and_the_generated_names() -> None:
    assert sorted(each.name for each in named(RUN)) == [
        "CreateTargetGroup.1",
        "CreateTargetGroup.2",
        "ModifyListener.1",
    ]
    assert {each.name: each.call.likeness for each in named(RUN)} == {
        each.name: each.call.likeness for each in named(OTHER_RUN)
    }


def test_calls_that_are_alike_are_told_apart_by_their_place() -> None:
    twice = [call(1, "CreateRoute", "create route rtb-0a1b2c3d"), call(2, "CreateRoute", "create route rtb-0f1f2f3f")]
    assert [(each.name, each.nth) for each in named(twice)] == [("CreateRoute.1", 1), ("CreateRoute.2", 2)]


def test_every_boundary_and_every_fault_is_a_case() -> None:
    cases = Choice().of("prod-bj", "canary-10", named(RUN), SHIFTING)
    places = {mode: [case.at for case in cases if case.mode is mode] for mode in Mode}
    each = ["CreateTargetGroup.1", "CreateTargetGroup.2", "ModifyListener.1"]
    assert places[Mode.KILLED] == places[Mode.LATER] == each
    assert places[Mode.UNHEARD] == [EACH, "CreateTargetGroup.1", "CreateTargetGroup.2"]
    for mode in (Mode.THROTTLED, Mode.BROKEN, Mode.UNSENT, Mode.DENIED):
        assert places[mode] == [EACH]
    assert places[Mode.SICK] == places[Mode.ZONE] == [START, *each]
    assert places[Mode.MOVED] == [START]
    assert places[Mode.TWICE] == each[:1]


def test_weights_are_moved_only_where_a_transition_moves_them() -> None:
    cases = Choice().of("prod-bj", "add-green", named(RUN), STILL)
    assert not {Mode.MOVED, Mode.TWICE} & {case.mode for case in cases}


def test_what_shifts_nothing_meets_the_world_at_the_start_and_half_way() -> None:
    cases = Choice().of("prod-bj", "add-green", named(RUN), STILL)
    assert [case.at for case in cases if case.mode is Mode.SICK] == [START, "CreateTargetGroup.2"]


def test_what_does_once_more_for_the_other_colour_is_killed_and_no_more() -> None:
    among = Among(["add-green", "add-blue"], [], repeated={"add-blue"})
    assert {case.mode for case in Choice().of("prod-bj", "add-blue", named(RUN), among)} == {Mode.KILLED}
    sample = [case.mode for case in Choice(sample=2).of("prod-bj", "add-blue", named(RUN), among)]
    assert sample in ([], [Mode.KILLED])


def test_a_transition_without_calls_has_no_case() -> None:
    assert Choice().of("prod-bj", "protection-off", [], SHIFTING) == []


def test_what_makes_no_call_is_killed_each_time_that_the_state_is_written_down() -> None:
    cases = Choice().of("prod-bj", "s", [], SHIFTING, ["written.1", "written.2"])
    assert [(case.mode, case.at) for case in cases] == [(Mode.LATER, "written.1"), (Mode.LATER, "written.2")]


def test_parts_share_the_cases_and_none_is_played_twice() -> None:
    every = Choice().of("prod-bj", "canary-10", named(RUN), SHIFTING)
    shares = [
        Choice(part=number, parts=3).of("prod-bj", "canary-10", named(run), SHIFTING)
        for number, run in enumerate((RUN, OTHER_RUN, RUN))
    ]
    assert sorted(case.id for share in shares for case in share) == sorted(case.id for case in every)


def test_a_sample_is_the_same_each_time_and_another_by_another_seed() -> None:
    names = [f"t{number}" for number in range(30)]
    among = Among(names, names[:5])

    def picked(seed: int) -> list[Case]:
        return [case for name in names for case in Choice(sample=3, seed=seed).of("s", name, named(RUN), among)]

    assert picked(0) == picked(0) != picked(1)
    for mode in set(Mode) - {Mode.NOTHING, Mode.MUTANT}:
        assert len({case.transition for case in picked(0) if case.mode is mode}) == 3


def test_mutants_are_in_every_sample_and_in_no_other_kind() -> None:
    among = Among(["t"], [], mutants={"t": ["no-gate"]})
    for choice in (Choice(), Choice(sample=1), Choice(groups=frozenset({Group.MUTANTS}))):
        made = [case.id for case in choice.of("s", "t", named(RUN), among) if case.mode is Mode.MUTANT]
        assert made == ["s/t/mutant/no-gate"]
    assert Choice(groups=frozenset({Group.CRASH})).of("s", "u", [], among) == []


def test_only_one_kind_of_case() -> None:
    cases = Choice(groups=frozenset({Group.CRASH})).of("s", "t", named(RUN), SHIFTING)
    assert {case.mode for case in cases} == {Mode.KILLED, Mode.LATER}


@pytest.mark.parametrize("case", Choice().of("prod-bj", "canary-10", named(RUN), SHIFTING), ids=lambda case: case.id)
def test_an_id_leads_back_to_its_case(case: Case) -> None:
    assert Case.parse(case.id) == case
    assert Choice(cases=(case,)).of("prod-bj", "canary-10", named(RUN), SHIFTING) == [case]
    assert Choice(cases=(case,)).of("prod-bj", "canary-50", named(RUN), SHIFTING) == []


@pytest.mark.parametrize(
    "text", ["", "prod-bj", "prod-bj/canary-10/killed", "a/b/melted/c", "a/b/killed/c/d", "a/b/killed/"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(BlueGreenError, match="is no case; write it as"):
        Case.parse(text)
