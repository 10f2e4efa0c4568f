"""What recorded previews do to traffic: the verdict, the shares, the calls, the way back."""

from typing import Any

import pytest

from components.traffic import Colour
from infra.config import Topology
from rollout.impact.assess import assess
from rollout.impact.model import Impact, Level, Verdict
from tests.rollout.recorded import NAMES, case, impact, step, titles

BLUE, GREEN = Colour.BLUE, Colour.GREEN


def shares(found: Impact) -> dict[str, tuple[float, float]]:
    return {each.colour.value: (each.before, each.after) for each in found.colours}


@pytest.mark.parametrize(
    ("name", "verdict", "expected"),
    [
        ("shared-nlb-no-change", Verdict.SAFE, {"blue": (100, 100), "green": (0, 0)}),
        ("shared-nlb-as-is-to-to-be", Verdict.SAFE, {"blue": (100, 100), "green": (0, 0)}),
        ("shared-nlb-canary", Verdict.SAFE, {"blue": (100, 90), "green": (0, 10)}),
        ("shared-nlb-canary-with-sames", Verdict.SAFE, {"blue": (100, 90), "green": (0, 10)}),
        ("shared-nlb-canary-and-more", Verdict.WARNINGS, {"blue": (100, 90), "green": (0, 10)}),
        ("shared-nlb-switch", Verdict.BLOCKED, {"blue": (100, 0), "green": (0, 100)}),
        ("shared-nlb-retire", Verdict.WARNINGS, {"blue": (0, 0), "green": (100, 100)}),
        ("shared-nlb-retire-with-switch", Verdict.BLOCKED, {"blue": (100, 0), "green": (0, 100)}),
        ("shared-nlb-retire-with-switch-protected", Verdict.BLOCKED, {"blue": (100, 0), "green": (0, 100)}),
        ("shared-nlb-replaced-target-group", Verdict.BLOCKED, {"blue": (100, 100), "green": (0, 0)}),
        ("shared-nlb-replaced-target-group-protected", Verdict.BLOCKED, {"blue": (100, 100), "green": (0, 0)}),
        ("shared-nlb-cluster-version", Verdict.WARNINGS, {"blue": (100, 100), "green": (0, 0)}),
        ("route53-new-stack", Verdict.SAFE, {"blue": (0, 100)}),
        ("route53-as-is-to-to-be", Verdict.SAFE, {"blue": (100, 100), "green": (0, 0)}),
        ("route53-canary", Verdict.SAFE, {"blue": (100, 90), "green": (0, 10)}),
        ("route53-switch", Verdict.SAFE, {"blue": (100, 0), "green": (0, 100)}),
        ("shared-alb-canary", Verdict.SAFE, {"blue": (100, 90), "green": (0, 10)}),
    ],
)
def test_the_verdict_and_the_shares(name: str, verdict: Verdict, expected: dict[str, tuple[float, float]]) -> None:
    found = impact(name)
    assert (found.verdict, shares(found)) == (verdict, expected)


def test_every_recording_is_judged_above() -> None:
    parameters = test_the_verdict_and_the_shares.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert sorted(name for name, *_ in parameters) == NAMES


@pytest.mark.parametrize(
    ("name", "calls", "worst", "true_after"),
    [
        (
            "shared-nlb-canary",
            [("ModifyListener", "dkms-entry", {BLUE: 90, GREEN: 10})],
            "none, all weights change together",
            "at once for new flows",
        ),
        (
            "route53-canary",
            [
                ("ChangeResourceRecordSets", "dkms-blue", {BLUE: 100}),
                ("ChangeResourceRecordSets", "dkms-green", {BLUE: 90, GREEN: 10}),
            ],
            "none, it is blue 100 until the last call",
            "TTL of 60 s",
        ),
        (
            "route53-switch",
            [
                ("ChangeResourceRecordSets", "dkms-green", {BLUE: 50, GREEN: 50}),
                ("ChangeResourceRecordSets", "dkms-blue", {GREEN: 100}),
            ],
            "blue 50 · green 50, between the two calls",
            "TTL of 60 s",
        ),
        (
            "shared-alb-canary",
            [
                ("ModifyListener", "dkms-alb", {BLUE: 90, GREEN: 10}),
                ("ModifyRule", "dkms-keys", {BLUE: 90, GREEN: 10}),
            ],
            "services shift one after the other",
            "request by request",
        ),
    ],
)
def test_the_calls_in_order_and_the_worst_moment(
    name: str, calls: list[tuple[str, str, dict[Colour, float]]], worst: str, true_after: str
) -> None:
    found = impact(name)
    assert [(call.operation, call.resource, dict(call.then)) for call in found.calls] == calls
    assert worst in found.worst_moment
    assert true_after in found.true_after


def test_a_shared_alb_names_the_service_of_a_rule() -> None:
    assert [call.service for call in impact("shared-alb-canary").calls] == ["", "keys"]


def test_unchanged_resources_in_the_preview_change_nothing_of_what_is_said() -> None:
    plain, with_sames = impact("shared-nlb-canary"), impact("shared-nlb-canary-with-sames")
    assert with_sames == plain


@pytest.mark.parametrize("name", ["shared-nlb-no-change", "shared-nlb-as-is-to-to-be", "route53-as-is-to-to-be"])
def test_what_moves_no_traffic_makes_no_call_that_does(name: str) -> None:
    found = impact(name)
    assert (found.moves, found.calls, found.true_after, found.stays_behind) == (False, (), "", "")


def test_as_is_to_to_be_names_both_versions() -> None:
    found = impact("shared-nlb-as-is-to-to-be")
    assert [(each.version_before, each.version_after) for each in found.colours] == [("1.30", "1.30"), (None, "1.33")]
    assert found.changes == {"create": 31}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("shared-nlb-canary", "pulumi config rm weights --stack prod-bj && pulumi up --stack prod-bj"),
        ("route53-switch", "pulumi config set active blue --stack qa-nx && pulumi up --stack qa-nx"),
        ("route53-new-stack", "pulumi destroy --stack qa-nx"),
        ("shared-nlb-retire", ""),
        ("shared-nlb-cluster-version", ""),
    ],
)
def test_the_way_back_is_a_command(name: str, command: str) -> None:
    way = impact(name).way_back
    assert way is not None
    assert way.command == command
    assert bool(command) or way.remark.startswith("none")


def test_the_way_back_to_a_split_sets_both_weights() -> None:
    def from_a_split(raw: dict[str, Any]) -> None:
        groups = step(raw, "::dkms-entry")["oldState"]["outputs"]["defaultActions"][0]["forward"]["targetGroups"]
        new = step(raw, "::dkms-entry")["newState"]["inputs"]["defaultActions"][0]["forward"]["targetGroups"]
        groups[:] = [{"arn": each["arn"], "weight": weight} for each, weight in zip(new, (99, 1), strict=True)]
        raw["steps"][0]["oldState"]["outputs"]["weights"] = {"blue": 99, "green": 1}

    way = impact("shared-nlb-canary", from_a_split).way_back
    assert way is not None
    assert "weights.blue 99" in way.command
    assert "weights.green 1" in way.command
    assert "set active" not in way.command


def test_no_change_needs_no_way_back() -> None:
    assert impact("shared-nlb-no-change").way_back is None


def test_two_new_target_groups_are_told_apart_by_the_order_of_colours() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

    def both_new(raw: dict[str, Any]) -> None:
        for group in step(raw, "::dkms-entry")["newState"]["inputs"]["defaultActions"][0]["forward"]["targetGroups"]:
            group["arn"] = unknown

    assert shares(impact("shared-nlb-canary", both_new)) == {"blue": (100, 90), "green": (0, 10)}


def test_a_destroyed_stack_loses_all() -> None:
    def destroyed(raw: dict[str, Any]) -> None:
        entry = step(raw, "::dkms-entry")
        entry["op"], entry["newState"] = "delete", None

    found = assess(case("shared-nlb-switch", destroyed))
    assert found.verdict is Verdict.BLOCKED
    assert "no colour has traffic afterwards" in titles(found, Level.BLOCKED)


def test_a_record_that_is_deleted_answers_no_more() -> None:
    def blue_goes(raw: dict[str, Any]) -> None:
        blue = step(raw, "::dkms-blue")
        blue["op"], blue["newState"] = "delete", None

    found = impact("route53-switch", blue_goes)
    assert shares(found) == {"blue": (100, 0), "green": (0, 100)}
    assert [dict(call.then) for call in found.calls] == [{BLUE: 50, GREEN: 50}, {GREEN: 100}]
    assert found.verdict is Verdict.BLOCKED


def test_topology_is_the_one_that_was_previewed() -> None:
    assert {name: impact(name).topology for name in NAMES} == {
        name: next(each for each in Topology if name.startswith(each)) for name in NAMES
    }
