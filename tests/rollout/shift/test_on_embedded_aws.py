"""Shifts, to their end and to where they fail: the real program on the embedded engine and the embedded AWS."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rehearsal.aws.client import GATES
from rehearsal.play import clients
from rollout.lock import lock
from rollout.shift.course import OnFailure
from rollout.stacks import LockedError, Told
from tests.rollout.stage import Stage, staged

BLUE, GREEN = Weights.all_to(Colour.BLUE), Weights.all_to(Colour.GREEN)
TENTH, HALF = Weights(blue=90, green=10), Weights(blue=50, green=50)
NOBODY_LOST = 0


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged("dev-nx", tmp_path_factory.mktemp("dev-nx")) as stage:
        yield stage


@pytest.fixture
def stage(one: Stage) -> Iterator[Stage]:
    """The stack with all traffic on blue, and everybody well."""
    yield one
    pods = [*one.pods(Colour.BLUE), *one.pods(Colour.GREEN)]
    one.aws.set_healthy(pods, healthy=True)
    one.aws.disturb(pods, latency=0.02)
    one.settle()
    shutil.rmtree(one.root / ".bluegreen", ignore_errors=True)
    one.to(BLUE)
    one.settle()


def done(told: str) -> list[str]:
    """The steps that were taken, as they were told."""
    return [line.partition("actual")[0].strip() for line in told.splitlines() if "✓" in line]


def test_to_the_end_and_nobody_loses_anything(stage: Stage) -> None:
    since, before = len(stage.aws.calls()), stage.path.read_text(encoding="utf-8")
    code, told = stage.shift(Colour.GREEN, 10, 50, 100)
    assert code == 0, told
    assert stage.calls(since) == ["ModifyListener"] * 3
    assert stage.weights() == (GREEN, GREEN, {"green": 100.0})
    assert stage.path.read_text(encoding="utf-8") == before.replace("active: blue", "active: green")
    assert done(told) == [
        "✓ blue 90 · green 10",
        "✓ blue 50 · green 50",
        "✓ green 100",
    ]
    assert "dev-nx → green · shared-nlb" in told
    assert stage.lost() == NOBODY_LOST
    assert stage.shift(Colour.GREEN, 10, 50, 100) == (0, "dev-nx: green has all the traffic; there is nothing to do\n")


def test_an_unhealthy_receiver_changes_nothing_and_is_named(stage: Stage) -> None:
    pods = stage.pods(Colour.GREEN)
    stage.aws.set_healthy(pods, healthy=False)
    stage.settle()
    since, before = len(stage.aws.calls()), stage.path.read_text(encoding="utf-8")
    code, told = stage.shift(Colour.GREEN, 10, 100)
    assert code == 1
    assert stage.calls(since) == []
    assert all(f"{pod} is unhealthy" in told for pod in pods), told
    assert stage.path.read_text(encoding="utf-8") == before
    assert stage.weights() == (BLUE, BLUE, {"blue": 100.0})


@pytest.mark.parametrize(
    ("way", "passed", "heading"),
    [
        (OnFailure.BACK, [BLUE], "back at blue 100"),
        (OnFailure.FREEZE, [], "frozen at blue 50 · green 50"),
        (OnFailure.STEPS_BACK, [TENTH, BLUE], "back at blue 100"),
    ],
)
def test_an_alarm_half_way(stage: Stage, way: OnFailure, passed: list[Weights], heading: str) -> None:
    stage.to(TENTH)
    stage.aws.disturb(stage.pods(Colour.GREEN), latency=2)  # which loses nothing, and rings
    since = len(stage.aws.calls())
    code, told = stage.shift(Colour.GREEN, 10, 50, 100, way=way)
    assert code == 1
    assert "alarm dkms-green-latency" in told
    assert heading in told
    assert done(told) == [f"✓ {each}" for each in passed]
    assert stage.calls(since) == ["ModifyListener"] * (1 + len(passed))
    last = passed[-1] if passed else HALF
    assert stage.weights()[:2] == (last, last)
    assert stage.lost() == NOBODY_LOST


def test_frozen_goes_on_with_the_same_command(stage: Stage) -> None:
    stage.aws.disturb(stage.pods(Colour.GREEN), latency=2)
    assert stage.shift(Colour.GREEN, 10, 100, way=OnFailure.FREEZE)[0] == 1
    code, told = stage.shift(Colour.GREEN, 10, 100, way=OnFailure.FREEZE)
    assert code == 1
    assert "✗ green 100: " in told  # the alarm is still on, so the gate stops it before anything changes
    assert stage.weights()[:2] == (TENTH, TENTH)
    stage.aws.disturb(stage.pods(Colour.GREEN), latency=0.02)
    stage.settle()
    assert stage.shift(Colour.GREEN, 10, 100)[0] == 0
    assert stage.weights() == (GREEN, GREEN, {"green": 100.0})


@pytest.mark.parametrize("moment", ["1:before", "1:switched", "2:switched", "2:after"])
def test_killed_at_any_step_and_run_again(stage: Stage, moment: str) -> None:
    stage.killed(moment, 50, 100)
    code, told = stage.shift(Colour.GREEN, 50, 100)
    assert code == 0, told
    assert ("was cut off" in told) == (moment != "1:before")
    assert stage.weights() == (GREEN, GREEN, {"green": 100.0})
    assert stage.lost() == NOBODY_LOST
    assert stage.shift(Colour.GREEN, 50, 100)[1].endswith("there is nothing to do\n")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Stage]:
    """A stack that switches by two records, all traffic on blue; this process talks to its AWS for one test only."""
    with staged("dev-bj", tmp_path) as stage:
        yield stage


@pytest.mark.parametrize(("to", "reached"), [(Colour.BLUE, BLUE), (Colour.GREEN, GREEN)])
def test_killed_between_two_records_and_run_again(records: Stage, to: Colour, reached: Weights) -> None:
    since = len(records.aws.calls())
    records.killed("1:switched", 50, 100)
    assert records.calls(since) == ["ChangeResourceRecordSets"]
    assert records.weights()[0] is None
    code, told = records.shift(to, 50, 100)
    assert code == 0, told
    assert "a shift was cut off at blue 50 · green 50; that is applied" in told
    assert records.weights() == (reached, reached, {to.value: 100.0})
    assert records.lost() == NOBODY_LOST


def test_ctrl_c_lets_the_update_end_and_freezes_there(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stage.stack
    up = stack.up

    def interrupted(config: Path, told: Told) -> str:
        presses = iter([signal.SIGINT])

        def hear(urn: str) -> None:
            told(urn)
            for press in presses:
                os.kill(os.getpid(), press)

        return up(config, hear)

    monkeypatch.setattr(stack, "up", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        code, told = stage.shift(Colour.GREEN, 50, 100, stack=stack)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (code, "stopping: the update ends first" in told) == (130, True)
    assert "frozen at blue 50 · green 50. Go on: bluegreen shift dev-nx --to green" in told
    assert stage.weights()[:2] == (HALF, HALF)
    code, told = stage.shift(Colour.GREEN, 50, 100)
    assert (code, done(told)) == (0, ["✓ green 100"]), told
    assert stage.lost() == NOBODY_LOST


def test_silence_stops_a_shift(stage: Stage) -> None:
    stage.aws.watch([])
    code, told = stage.shift(Colour.GREEN, 10, 100, way=OnFailure.FREEZE)
    stage.aws.watch(clients(stage.aws, [stage.file.config]))
    assert (code, "has no data" in told, "frozen at blue 90 · green 10" in told) == (1, True, True), told
    assert stage.weights()[:2] == (TENTH, TENTH)


def test_alarms_that_nobody_may_read_any_more(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-way the right to read CloudWatch goes: nothing moves unwatched, but for the way back that says so."""
    stack = stage.stack
    up, (switch,) = stack.up, stack.state().switches

    def unwatched(config: Path, told: Told) -> str:
        def switched(urn: str) -> None:
            told(urn)
            if urn == switch.urn:
                allow(stage, [f"{service}:*" for service in ("elasticloadbalancing", "route53", "sts")])

        return up(config, switched)

    monkeypatch.setattr(stack, "up", unwatched)
    code, told = stage.shift(Colour.GREEN, 10, 100, stack=stack)
    assert (code, "cloudwatch:" in told) == (1, True), told
    assert "frozen at blue 90 · green 10" in told, told
    frozen = stage.weights()[:2]
    code, told = stage.shift(Colour.BLUE, bake=0)
    allow(stage, ["*"])
    assert code == 0, told
    assert (frozen, stage.weights()) == ((TENTH, TENTH), (BLUE, BLUE, {"blue": 100.0}))
    assert stage.lost() == NOBODY_LOST


def allow(stage: Stage, actions: list[str]) -> None:
    stage.aws.allow(GATES, {"Statement": [{"Sid": "Some", "Action": actions, "Resource": ["*"]}]})


def test_killed_and_taken_back(stage: Stage) -> None:
    stage.killed("1:switched", 50, 100)
    assert stage.weights()[:2] == (HALF, HALF)
    code, told = stage.shift(Colour.BLUE)
    assert (code, "was cut off" in told) == (0, False), told
    assert stage.weights() == (BLUE, BLUE, {"blue": 100.0})
    assert stage.lost() == NOBODY_LOST


@pytest.mark.parametrize("to", Colour)
def test_killed_before_the_state_was_written(stage: Stage, to: Colour) -> None:
    kept = (stage.root / "state.json").read_bytes()
    stage.killed("1:switched", 50, 100)
    (stage.root / "state.json").write_bytes(kept)
    assert stage.weights()[:2] == (BLUE, HALF)
    code, told = stage.shift(to, 50, 100)
    assert code == 0, told
    assert "a shift was cut off at blue 50 · green 50; that is applied" in told
    assert stage.weights() == (Weights.all_to(to), Weights.all_to(to), {to.value: 100.0})
    assert stage.lost() == NOBODY_LOST


def test_what_others_did_is_not_touched(stage: Stage) -> None:
    before = stage.path.read_text(encoding="utf-8")
    stage.path.write_text(stage.file.with_weights(HALF), encoding="utf-8")
    with pytest.raises(BlueGreenError, match=r"says blue 50 · green 50, and dev-nx is at blue 100; apply that"):
        stage.shift(Colour.GREEN)
    stage.path.write_text(before, encoding="utf-8")

    stage.by_hand(Colour.GREEN)
    since = len(stage.aws.calls())
    with pytest.raises(BlueGreenError, match=r"AWS gives green 100, and the last update left blue 100.*pulumi refresh"):
        stage.shift(Colour.GREEN)
    stage.by_hand(Colour.BLUE)
    assert stage.calls(since) == ["ModifyListener"]
    assert stage.path.read_text(encoding="utf-8") == before


def test_whoever_holds_the_lock_of_the_backend_is_left_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> str:
        raise LockedError("dev-nx: somebody else is at it: created by me@there (pid 7) at 14:02")

    before = stage.path.read_text(encoding="utf-8")
    stack = stage.stack
    up = stack.up
    monkeypatch.setattr(stack, "up", locked)
    with pytest.raises(BlueGreenError, match="somebody else is at it"):
        stage.shift(Colour.GREEN, 10, 100, stack=stack)
    assert stage.path.read_text(encoding="utf-8") == before

    answers = iter([up, locked])
    monkeypatch.setattr(stack, "up", lambda *given: next(answers)(*given))
    code, told = stage.shift(Colour.GREEN, 10, 100, stack=stack)
    assert (code, "somebody else is at it" in told, "frozen" in told) == (1, True, True)
    assert stage.weights()[:2] == (TENTH, TENTH)


def test_an_edit_of_more_than_weights_is_refused(stage: Stage) -> None:
    before = stage.path.read_text(encoding="utf-8")
    more = before.replace("operatorCidrs: [10.11.0.0/16]", "operatorCidrs: [10.12.0.0/16]")
    assert more != before
    stage.path.write_text(more, encoding="utf-8")
    since = len(stage.aws.calls())
    with pytest.raises(BlueGreenError, match="would be more than a change of weights:\n  it moves more than weights"):
        stage.shift(Colour.GREEN)
    assert stage.calls(since) == []
    assert stage.path.read_text(encoding="utf-8") == more
    stage.path.write_text(before, encoding="utf-8")


def test_the_second_on_one_stack_is_refused(stage: Stage) -> None:
    since = len(stage.aws.calls())
    with lock("dev-nx", "shift to green", stage.root), pytest.raises(BlueGreenError, match="another rollout is under"):
        stage.shift(Colour.BLUE)
    assert stage.calls(since) == []
