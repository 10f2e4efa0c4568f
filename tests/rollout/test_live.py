"""Shifts under live traffic: whatever becomes of one, no request fails."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from components.traffic import Colour, Weights
from rehearsal.play import clients
from rehearsal.traffic.access import available
from rehearsal.traffic.recording import Tally, Traffic
from rollout.engines import EngineChoice
from rollout.retire import retire
from tests.rollout.stage import ROOT, Stage, staged

pytestmark = [pytest.mark.traffic, pytest.mark.skipif(bool(available()), reason=available())]
BLUE, GREEN = Weights.all_to(Colour.BLUE), Weights.all_to(Colour.GREEN)
RATE = 200
"""Requests a second."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged("dev-nx", tmp_path_factory.mktemp("dev-nx"), Traffic(rate=RATE)) as stage:
        yield stage


@pytest.fixture
def stage(one: Stage) -> Iterator[Stage]:
    """The stack with all traffic on blue, and everybody well: while it goes back alarms become quiet."""
    yield one
    heal(one)
    shutil.rmtree(one.root / ".bluegreen", ignore_errors=True)
    one.to(BLUE)


def heal(stage: Stage) -> None:
    pods = stage.pods(Colour.GREEN)
    stage.aws.set_healthy(pods, healthy=True)
    stage.aws.disturb(pods, latency=0.02)


def ring(stage: Stage) -> None:
    """Let green's latency alarm come on once green has traffic: unlike an error, a late answer fails no request."""
    stage.aws.disturb(stage.pods(Colour.GREEN), latency=2)


@contextmanager
def nobody_loses(stage: Stage, seconds: float = 1) -> Iterator[None]:
    """Requests were sent for at least so many real seconds, and every one of them was answered, in this region."""

    def met() -> Tally:
        assert stage.staging.tally
        return stage.staging.tally

    before = met()
    yield
    stage.staging.wait(60)
    after = met()
    assert (after.failed - before.failed, after.peer - before.peer) == (0, 0)
    assert after.sent - before.sent > seconds * RATE


def test_an_unhealthy_receiver_changes_nothing_and_is_named(stage: Stage) -> None:
    pods = stage.pods(Colour.GREEN)
    stage.aws.set_healthy(pods, healthy=False)
    stage.staging.wait(120)
    since = len(stage.aws.calls())
    with nobody_loses(stage):
        code, told = stage.shift(Colour.GREEN, 10, 100)
    assert (code, stage.calls(since)) == (1, [])
    assert all(f"{pod} is unhealthy" in told for pod in pods), told
    assert stage.weights() == (BLUE, BLUE, {"blue": 100.0})


def test_an_alarm_at_10_per_cent_takes_all_back_to_blue(stage: Stage) -> None:
    ring(stage)
    since = len(stage.aws.calls())
    with nobody_loses(stage):
        code, told = stage.shift(Colour.GREEN, 10, 100)
    assert (code, "alarm dkms-green-latency" in told, "back at blue 100" in told) == (1, True, True), told
    assert stage.calls(since) == ["ModifyListener"] * 2
    assert stage.weights() == (BLUE, BLUE, {"blue": 100.0})


def test_no_data_stops_a_shift(stage: Stage) -> None:
    """CloudWatch hears nothing any more of what clients go on to send."""
    stage.aws.watch([])
    stage.staging.wait(300)
    with nobody_loses(stage):
        code, told = stage.shift(Colour.GREEN, 10, 100)
    stage.aws.watch(clients(stage.aws, [stage.file.config]))
    assert (code, "has no data" in told, "frozen at blue 100" in told) == (1, True, True), told
    assert stage.weights() == (BLUE, BLUE, {"blue": 100.0})


def arrived(stage: Stage, code: int, told: str) -> None:
    assert code == 0, told
    assert stage.weights() == (GREEN, GREEN, {"green": 100.0})


@pytest.mark.parametrize("moment", ["1:before", "1:switched", "1:baking"])
def test_killed_in_an_update_and_run_again(stage: Stage, moment: str) -> None:
    with nobody_loses(stage):
        stage.killed(moment, 100)
        arrived(stage, *stage.shift(Colour.GREEN, 100))


def test_killed_between_two_steps_and_run_again(stage: Stage) -> None:
    with nobody_loses(stage):
        stage.killed("1:after", 50, 100)
        arrived(stage, *stage.shift(Colour.GREEN, 50, 100))


def test_killed_between_the_call_and_its_note_in_the_state(stage: Stage) -> None:
    kept = (stage.root / "state.json").read_bytes()
    with nobody_loses(stage):
        stage.killed("1:switched", 100)
        (stage.root / "state.json").write_bytes(kept)
        arrived(stage, *stage.shift(Colour.GREEN, 100))


@pytest.mark.parametrize("moment", ["2:before", "2:switched"])
def test_killed_on_its_way_back_and_run_again(stage: Stage, moment: str) -> None:
    ring(stage)
    with nobody_loses(stage):
        assert "alarm dkms-green-latency" in stage.killed(moment, 100)
        heal(stage)
        stage.staging.wait(300)  # until the alarm knows
        arrived(stage, *stage.shift(Colour.GREEN, 100))


def test_ctrl_c_in_a_rehearsal_freezes_there_and_tells_what_clients_met() -> None:
    """As a terminal sends it: to every process of the group."""
    command = [str(Path(sys.executable).with_name("bluegreen")), "shift", "dev-nx", "--to", "green"]
    command += ["--engine", "rehearsal", "--steps", "50,100"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as shift:
        assert shift.stdout
        before = next((line for line in shift.stdout if "baking" in line), "")
        os.killpg(shift.pid, signal.SIGINT)
        told = before + shift.stdout.read()
    assert (shift.returncode, "frozen at blue 50 · green 50" in told) == (130, True), told
    assert re.search(
        r"after each of 1 AWS call: 0 % of traffic lost · [\d\N{NO-BREAK SPACE}]+ requests, 0 failed", told
    )


def test_a_colour_is_retired() -> None:
    console = Console(file=StringIO(), width=200)
    code = retire("dev-nx", Colour.GREEN, EngineChoice.REHEARSAL, console, Traffic(rate=RATE), yes=True, root=ROOT)
    assert isinstance(console.file, StringIO)
    told = console.file.getvalue()
    assert (code, "✓ green is gone" in told) == (0, True), told
    assert re.search(
        r"after each of \d+ AWS calls: 0 % of traffic lost · [\d\N{NO-BREAK SPACE}]+ requests, 0 failed", told
    )
