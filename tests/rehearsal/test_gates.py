"""Every gate stops an update, and lets one pass: the real program, by both engines, on the embedded AWS."""

import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.engine.hooks import Hooks, Subject
from rehearsal.play import clients
from rehearsal.run import stage
from rehearsal.script import EngineName, load, story_of
from rehearsal.stack_file import flatten
from tests.forbidding import forbidding

from .shifting import SWITCHING, moved_by_hand, shifting
from .test_rehearsal import ENGINES

both_engines = pytest.mark.parametrize("engine", ENGINES)
every_topology = pytest.mark.parametrize("stack", SWITCHING)


@every_topology
def test_a_shift_passes_reads_its_weights_back_and_bakes(stack: str) -> None:
    with shifting(stack) as at:
        began = at.aws.verdict().at
        result = at.up(10)
        assert result.error is None
        bake = 600 if stack == "prod-bj" else 300
        assert at.aws.verdict().at - began == bake
        said = [line.message for line in result.diagnostics if line.severity == "info"]
        assert said == [
            f"blue 90 · green 10: baking for {bake} s, watching 6 alarms",
            "blue 90 · green 10: baked",
        ]
        assert at.shares() == {"blue": 90, "green": 10}
        assert at.calls(10) == ([], "")


@both_engines
def test_too_few_healthy_targets_stop_a_shift_before_anything_changes(engine: EngineName) -> None:
    with shifting("prod-bj", engine) as at:
        one_zone = [address for address in at.pods("green") if address.startswith("10.30.0.")]
        at.aws.set_healthy(one_zone, healthy=False)
        calls, error = at.calls(10)
        assert calls == []
        assert "traffic does not go to blue 90 · green 10, and nothing has changed" in error
        assert "green: dkms has 0 of 2 targets healthy in cn-north-1a, and needs 1" in error
        assert all(f"{address} is unhealthy: " in error for address in one_zone)
        assert "cn-north-1b" not in error
        at.aws.set_healthy(one_zone[:1], healthy=True)
        assert at.calls(10, {"alarms": {"unhealthy": 1}}) == (["PutMetricAlarm"] * 2 + ["ModifyListener"], "")


@pytest.mark.parametrize("stack", ["qa-bj", "qa-nx"])
def test_too_few_healthy_targets_stop_a_shift_in_the_other_topologies(stack: str) -> None:
    with shifting(stack) as at:
        at.aws.set_healthy(at.pods("green"), healthy=False)
        calls, error = at.calls(10)
        assert calls == []
        assert error.count("green: dkms has 0 of 2 targets healthy") == 3
        assert ("green: its ALB has 0 of 1 targets healthy" in error) is (stack == "qa-nx")
        assert at.shares() == {"blue": 100}


def test_a_colour_that_is_ill_may_be_left_and_not_be_given_more() -> None:
    with shifting("prod-bj") as at:
        assert at.calls(25) == (["ModifyListener"], "")
        at.aws.disturb(at.pods("green"), error_share=1)
        at.aws.advance(300)
        calls, error = at.calls(50)
        assert calls == []
        assert "alarm dkms-green-errors" in error
        assert at.calls(10) == (["ModifyListener"], "")
        at.aws.set_healthy(at.pods("green"), healthy=False)
        assert at.calls(0) == (["ModifyListener"], "")


@both_engines
def test_in_prod_a_colour_rises_from_nothing_in_a_small_step_unless_the_edit_says_so(engine: EngineName) -> None:
    with shifting("prod-bj", engine) as at:
        calls, error = at.calls(26)
        assert calls == []
        assert "green goes from 0 to 26 % in one step, and 25 are allowed" in error
        assert at.calls(100, {"firstStep": 100}) == (["ModifyListener"], "")
        calls, error = at.calls(0)
        assert calls == []
        assert "blue goes from 0 to 100 % in one step" in error


@pytest.mark.parametrize("stack", ["qa-bj", "qa-nx"])
def test_a_limit_of_the_first_step_holds_before_the_first_change(stack: str) -> None:
    with shifting(stack) as at:
        calls, error = at.calls(50, {"firstStep": 49})
        assert calls == []
        assert "green goes from 0 to 50 % in one step" in error
        assert at.calls(50, {"firstStep": 50}) == (SWITCHING[stack], "")


@every_topology
def test_weights_that_somebody_has_moved_by_hand_stop_a_shift(stack: str) -> None:
    with shifting(stack) as at:
        moved_by_hand(at, 5)
        assert at.shares() == {"blue": 95, "green": 5}
        calls, error = at.calls(10)
        assert calls == []
        assert "somebody has moved traffic by hand" in error
        assert "`pulumi refresh`" in error
        moved_by_hand(at, 10)  # as an update leaves it that was killed before it wrote down its state
        calls, error = at.calls(10)
        assert (set(calls), error) == (set(SWITCHING[stack]), "")


@every_topology
def test_weights_that_somebody_moves_during_a_shift_fail_it(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with shifting(stack) as at:
        run = Hooks.run

        def meddled(hooks: Hooks, names: list[str], kind: str, subject: Subject) -> list[str]:
            if kind == "after_update" and any(name.startswith("read back") for name in names):
                moved_by_hand(at, 40)
            return run(hooks, names, kind, subject)

        monkeypatch.setattr(Hooks, "run", meddled)
        calls, error = at.calls(10)
        # Where there are two records, the second is not touched any more.
        assert calls == [SWITCHING[stack][0]] * 2
        assert 'after hook "read back of ' in error
        assert "somebody else changes it at the same time. Find out who, then `pulumi refresh`" in error
        assert at.shares() == {"blue": 60, "green": 40}


@every_topology
def test_no_permission_to_see_alarms_stops_a_shift(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with forbidding() as url, shifting(stack) as at:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        calls, error = at.calls(10)
        assert calls == []
        assert "AccessDenied" in error
        assert "the gates need elasticloadbalancing:Describe*, route53:ListResourceRecordSets and cloudwatch" in error
        assert "Traceback" not in error
        monkeypatch.delenv("AWS_ENDPOINT_URL_CLOUDWATCH")
        assert at.calls(10) == (SWITCHING[stack], "")


@both_engines
def test_an_alarm_fails_the_update_the_step_stays_and_the_way_back_is_open(engine: EngineName) -> None:
    with shifting("prod-bj", engine) as at:
        at.aws.disturb(at.pods("green"), error_share=0.5)
        began = at.aws.verdict().at
        calls, error = at.calls(10)
        assert calls == ["ModifyListener"]
        assert at.aws.verdict().at - began <= 240
        assert "traffic is at blue 90 · green 10, and has not baked:\n  alarm dkms-green-errors-" in error
        assert "to go back, write those of before into the stack file" in error
        assert "Traceback" not in error
        # The step is applied: the same weights again change nothing, and the ones of before are an ordinary shift.
        assert at.calls(10) == ([], "")
        assert at.calls(0) == (["ModifyListener"], "")
        assert at.shares() == {"blue": 100}


@pytest.mark.parametrize("stack", ["qa-bj", "qa-nx"])
def test_an_alarm_fails_the_update_in_the_other_topologies(stack: str) -> None:
    with shifting(stack) as at:
        at.aws.disturb(at.pods("green"), latency=3)
        calls, error = at.calls(50)
        assert calls == SWITCHING[stack]
        assert "alarm dkms-green-" in error
        assert "latency" in error
        assert "alarm dkms-blue" not in error


@every_topology
def test_an_update_that_is_killed_while_it_bakes_leaves_nothing_to_repair(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = EmbeddedAws.environment
    nobody = {"BLUEGREEN_CLOCK": "http://127.0.0.1:1/"}  # the program dies as it begins to wait
    monkeypatch.setattr(EmbeddedAws, "environment", lambda aws: real(aws) | nobody)
    with shifting(stack, anew=True) as at:
        calls, error = at.calls(10)
        assert calls == SWITCHING[stack]
        assert error
        assert at.calls(10) == ([], "")
        assert at.shares() == {"blue": 90, "green": 10}
        calls, error = at.calls(0)
        assert calls == SWITCHING[stack]
        assert at.shares() == {"blue": 100}
        assert at.calls(0) == ([], "")


def test_a_bake_of_nothing_looks_at_no_alarm() -> None:
    with shifting("prod-bj") as at:
        at.aws.disturb(at.pods("green"), error_share=0.5)
        assert at.calls(10, {"bake": 0}) == (["ModifyListener"], "")
        at.aws.advance(300)
        assert at.calls(50, {"bake": 0}) == (["ModifyListener"], "")


def test_silence_fails_an_update_unless_it_is_said_to_be_fine() -> None:
    with shifting("prod-bj") as at:
        at.aws.watch([])
        calls, error = at.calls(10)
        assert calls == ["ModifyListener"]
        assert "alarm dkms-green-errors-" in error
        assert "has no data" in error
        assert at.calls(25, {"silence": "passes"}) == (["ModifyListener"], "")


def test_a_shift_of_several_services_is_asked_once_and_bakes_once() -> None:
    services = {"dkms": {"port": 8080}, "keys": {"port": 8081, "paths": ["/keys/*"], "order": 2}}
    with shifting("qa-bj", **{"dkms:services": services}) as at:
        result = at.up(10, {"silence": "passes"})  # nobody asks for keys
        assert result.error is None
        assert [line.message for line in result.diagnostics if line.severity == "info"] == [
            "blue 90 · green 10: baking for 300 s, watching 12 alarms",
            "blue 90 · green 10: baked",
        ]
        keys = [address for address in at.pods("green") if address.endswith(":8081")]
        at.aws.set_healthy(keys, healthy=False)
        calls, error = at.calls(50)
        assert calls == []
        assert "green: keys has 0 of 2 targets healthy" in error


def test_an_alarm_that_somebody_deleted_stops_a_shift() -> None:
    with shifting("prod-bj") as at:
        names = [each["AlarmName"] for each in at.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]]
        (gone,) = [name for name in names if name.startswith("dkms-green-latency")]
        at.aws.client("cloudwatch").delete_alarms(AlarmNames=[gone])
        calls, error = at.calls(10)
        assert calls == []
        assert f"alarm {gone} is gone" in error


@pytest.mark.parametrize(("share", "first"), [(10, "blue"), (60, "green")])
def test_a_colour_is_not_born_with_traffic_beside_another_one(share: int, first: str) -> None:
    script = story_of("qa-nx", [])
    with stage("qa-nx", script.config, EngineName.EMBEDDED) as (aws, engine):
        as_is, two = (chapter.settings for chapter in script.chapters[:2])
        weighted = as_is | {"dkms:entry": two["dkms:entry"]}
        for settings in (as_is, weighted):
            assert engine.up(flatten(settings, "x")).error is None
            aws.advance(300)
        error = engine.up(flatten(two | {"dkms:weights": {"blue": 100 - share, "green": share}}, "x")).error or ""
        assert f'before hook "gate of dkms-{first}" failed' in error
        assert "green: its ALB has 0 of 1 targets healthy" in error
        aws.watch(clients(aws, script.configs))
        assert aws.verdict().probes[0].shares == {"blue": 100}


@every_topology
def test_a_new_stack_may_begin_with_both_colours(stack: str) -> None:
    script = story_of(stack, [])
    with stage(stack, script.config, EngineName.EMBEDDED) as (_, engine):
        assert engine.up(flatten(script.chapters[2].settings, stack)).error is None


def test_a_preview_asks_nothing_and_a_change_of_something_else_passes() -> None:
    with shifting("prod-bj") as at:
        at.aws.set_healthy(at.pods("green") + at.pods("blue"), healthy=False)
        began = at.aws.verdict().at
        settings = at.settings | {"dkms:weights": {"blue": 0, "green": 100}, "dkms:active": "green"}
        assert at.engine.preview(flatten(settings, "x")).error is None
        entry = {**at.settings["dkms:entry"], "sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}
        tags = {"Environment": "prod", "Owner": "dkms"}
        assert at.up(0, **{"dkms:entry": entry, "dkms:tags": tags}).error is None
        assert at.aws.verdict().at == began


def test_every_stack_file_says_what_its_environment_needs() -> None:
    said = {stack: load(stack)[1].gates for stack in ("dev-bj", "dev-nx", "qa-bj", "qa-nx", "prod-bj", "prod-nx")}
    assert {stack for stack, gates in said.items() if gates.silence == "passes"} == {"dev-bj", "dev-nx"}
    assert all(gates.bake is None and gates.first_step is None for gates in said.values())
