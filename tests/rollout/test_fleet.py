"""The fleet's table: dates of support on any day, order, and what a stack says otherwise than its file."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import automation
from rich.console import Console

from components.eks_versions import EKS_VERSIONS
from components.traffic import Colour
from rollout import status
from rollout.fleet import SOON, Member, Standing, in_order, member, support
from rollout.status import differences, table
from tests.infra.settings import config, settings

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("version", "standing", "told"),
    [
        ("1.30", Standing.ENDED, "1.30 all support ended 2026-07-23, forced up any day"),
        ("1.31", Standing.EXTENDED_ENDS, "1.31 extended ends in 3 days, 2026-11-26"),
        ("1.32", Standing.EXTENDED, "1.32 standard ended 2026-03-23, extended to 2027-03-23"),
        ("1.34", Standing.STANDARD_ENDS, "1.34 standard ends in 9 days, 2026-12-02"),
        ("1.35", Standing.STANDARD, "1.35 standard to 2027-03-27"),
        ("1.99", Standing.UNKNOWN, "1.99 is not known here"),
    ],
)
def test_support_on_a_day(version: str, standing: Standing, told: str) -> None:
    found = support(version, TODAY)
    assert (found.standing, found.told) == (standing, told)


@given(st.sampled_from(sorted(EKS_VERSIONS)), st.dates(date(2024, 1, 1), date(2029, 1, 1)))
def test_support_only_ever_gets_worse(version: str, day: date) -> None:
    order = list(Standing)
    assert order.index(support(version, day).standing) <= order.index(support(version, day + timedelta(1)).standing)


def test_the_last_days_of_extended_support() -> None:
    end = EKS_VERSIONS["1.33"].extended_support_ends
    days = {days: support("1.33", end - timedelta(days)).standing for days in (SOON + 1, SOON, 1, 0)}
    assert list(days.values()) == [Standing.EXTENDED, Standing.EXTENDED_ENDS, Standing.EXTENDED_ENDS, Standing.ENDED]
    assert "ends tomorrow" in support("1.33", end - timedelta(1)).told


def test_a_change_travels_from_dev_to_prod() -> None:
    assert in_order(["prod-nx", "lab", "qa-bj", "dev-nx", "prod-bj", "dev-bj"]) == [
        "dev-bj",
        "dev-nx",
        "qa-bj",
        "prod-bj",
        "prod-nx",
        "lab",
    ]


def test_a_member_is_what_its_file_says() -> None:
    split = {"dkms:weights": {"blue": 90, "green": 10}, "dkms:weightedNlb": True}
    found = member("prod-bj", config(split | {"dkms:tools": {"argocd": {"version": "1.33"}}}), TODAY)
    assert found.weights == {Colour.BLUE: 90, Colour.GREEN: 10}
    assert found.service == {Colour.BLUE: "1.30", Colour.GREEN: "1.33"}
    assert found.tools == {"argocd": "1.33"}
    assert [row.version for row in found.support] == ["1.30", "1.33"]


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        ({"weights": {"blue": 100}, "clusters": {"blue": {"version": "1.30"}}}, []),
        ({"weights": {"blue": 100, "green": 0}, "clusters": {"blue": {"version": "1.30"}}}, []),
        ({"weights": {"blue": 90, "green": 10}, "clusters": {"blue": {"version": "1.30"}}}, ["blue 90 · green 10"]),
        ({"weights": {"blue": 100}, "clusters": {"blue": {"version": "1.29"}}}, ["blue 1.29"]),
        ({"weights": {"blue": 100}, "clusters": {}}, ["without blue"]),
        (
            {"weights": {"blue": 100}, "clusters": {"blue": {"version": "1.30"}, "green": {"version": "1.33"}}},
            ["green 1.33"],
        ),
    ],
)
def test_what_a_stack_says_otherwise(outputs: dict[str, object], told: list[str]) -> None:
    assert differences(outputs, config({"dkms:clusters": {"blue": {"version": "1.30"}}})) == told


@pytest.mark.parametrize(
    ("deployed", "told"),
    [
        ({"keys": {"blue": 90, "green": 10}}, []),
        ({}, ["keys: blue 100"]),
        ({"keys": {"green": 100}}, ["keys: green 100"]),
    ],
)
def test_weights_of_a_service_are_compared_and_shown(deployed: dict[str, object], told: list[str]) -> None:
    keys = {"paths": ["/keys/*"], "order": 2, "weights": {"blue": 90, "green": 10}}
    written = config({"dkms:topology": "shared-alb", "dkms:services": {"dkms": {}, "keys": keys}})
    outputs = {"weights": {"blue": 100, "green": 0}, "serviceWeights": deployed}
    clusters = {"blue": {"version": "1.30"}, "green": {"version": "1.33"}}
    assert differences(outputs | {"clusters": clusters}, written) == told
    shown = Console(file=StringIO(), width=200)
    shown.print(table([member("qa-bj", written, TODAY)]))
    assert isinstance(shown.file, StringIO)
    assert "keys: blue 90 · green 10" in shown.file.getvalue()


def test_a_broken_file_is_one_row() -> None:
    console = Console(width=160, file=StringIO())
    with console.capture() as captured:
        console.print(table([member("dev-bj", config(), TODAY), Member(stack="qa-bj", error="qa-bj: [is] empty")]))
    first, second, *_ = captured.get().splitlines()[1:]
    assert first.startswith("dev-bj   Beijing   shared-nlb   blue 100   blue 1.30")
    assert "qa-bj: [is] empty" in captured.get()
    assert "green 1.33" in second


class Workspace:
    """Stands in for the Pulumi CLI: each stack's outputs, or why it gives none."""

    answers: ClassVar[dict[str, dict[str, object] | str]] = {}

    def __init__(self, work_dir: str) -> None:
        assert work_dir == str(Path.cwd())

    def stack_outputs(self, stack: str) -> dict[str, automation.OutputValue]:
        answer = self.answers[stack]
        if isinstance(answer, str):
            raise automation.CommandError(automation.CommandResult(stdout="", stderr=answer, code=255))
        return {name: automation.OutputValue(value, secret=False) for name, value in answer.items()}


def test_stacks_are_asked_where_there_is_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clusters = {"blue": {"name": "x", "version": "1.30"}, "green": {"name": "y", "version": "1.33"}}
    answers = {
        "dev-bj": {"weights": {"blue": 100, "green": 0}, "clusters": clusters},
        "dev-nx": {"weights": {"blue": 90, "green": 10}, "clusters": clusters},
        "qa-bj": {},
        "qa-nx": "warning: old\nerror: no stack named 'qa-nx' found\n",
    }
    for stack in answers:
        nested = {key: json.loads(value) if value[:1] in "{[" else value for key, value in settings().items()}
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": nested}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Workspace, "answers", answers)
    monkeypatch.setattr(automation, "LocalWorkspace", Workspace)
    monkeypatch.setattr(status.shutil, "which", lambda _name: "/usr/bin/pulumi")
    assert {each.stack: (each.deployed, each.remark) for each in status.fleet(list(answers), TODAY, live=True)} == {
        "dev-bj": (True, ""),
        "dev-nx": (False, "deployed is blue 90 · green 10"),
        "qa-bj": (False, "nothing is deployed"),
        "qa-nx": (None, "not asked: no stack named 'qa-nx' found"),
    }
