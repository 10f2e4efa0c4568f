"""A canary of one service: the real program on the embedded engine and the embedded AWS."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.editing import put
from rollout.impact.assess import assess
from rollout.impact.case import Case
from rollout.impact.model import Level
from rollout.impact.risks import find_risks
from rollout.impact.words import headline
from tests.rollout.stage import Stage, stack_file, staged

BLUE, GREEN, TENTH = Weights.all_to(Colour.BLUE), Weights.all_to(Colour.GREEN), Weights(blue=90, green=10)
SERVICES = {"port": 8081, "order": 2}
KEYS = ("config", "dkms:services", "keys")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A shared ALB in front of two services, all of whose traffic is on blue; the tests take it on from there."""
    text = put(stack_file("qa-bj"), KEYS, SERVICES).replace("order: 2}", 'order: 2, paths: ["/keys/*"]}')
    with staged("qa-bj", tmp_path_factory.mktemp("qa-bj"), text=text) as stage:
        yield stage


def shares(stage: Stage) -> dict[str, Mapping[str, float]]:
    probes = stage.aws.verdict().probes
    return {service: next(each.shares for each in probes if each.service == service) for service in ("dkms", "keys")}


def test_one_service_goes_by_itself_and_keeps_its_weights(stage: Stage) -> None:
    since = len(stage.aws.calls())
    code, told = stage.shift(Colour.GREEN, 10, 100, service="keys")
    assert code == 0, told
    assert stage.calls(since) == ["ModifyRule", "ModifyRule"]
    assert "qa-bj keys → green · shared-alb" in told
    assert shares(stage) == {"dkms": {"blue": 100}, "keys": {"green": 100}}
    assert (stage.file.config.weights, stage.file.config.own_weights) == (BLUE, {"keys": GREEN})
    assert stage.shift(Colour.GREEN, 10, 100, service="keys")[1] == (
        "qa-bj keys: green has all the traffic; there is nothing to do\n"
    )


def test_the_others_move_without_it(stage: Stage) -> None:
    since = len(stage.aws.calls())
    code, told = stage.shift(Colour.GREEN, 50, 100)
    assert code == 0, told
    assert stage.calls(since) == ["ModifyListener", "ModifyListener"]
    assert shares(stage) == {"dkms": {"green": 100}, "keys": {"green": 100}}


def test_a_colour_that_one_service_uses_is_not_retired(stage: Stage) -> None:
    assert stage.shift(Colour.BLUE, 100, service="keys")[0] == 0
    assert stage.file.config.own_weights == {"keys": BLUE}
    with pytest.raises(
        BlueGreenError, match=r"blue has 100 % of the traffic of keys; move it first: bluegreen shift qa"
    ):
        stage.retire(Colour.BLUE)


def test_a_service_that_is_back_where_the_others_are_follows_them_again(stage: Stage) -> None:
    assert stage.shift(Colour.GREEN, 50, 100, service="keys")[0] == 0
    assert stage.file.config.own_weights == {}
    since = len(stage.aws.calls())
    assert stage.shift(Colour.BLUE, 100)[0] == 0
    assert sorted(stage.calls(since)) == ["ModifyListener", "ModifyRule"]


def test_the_gate_asks_for_the_pods_of_what_moves(stage: Stage) -> None:
    def ill(service: str, *, healthy: bool) -> None:
        port = {"dkms": ":8080", "keys": ":8081"}[service]
        stage.aws.set_healthy([pod for pod in stage.pods(Colour.GREEN) if pod.endswith(port)], healthy=healthy)
        stage.settle()

    ill("dkms", healthy=False)
    assert stage.shift(Colour.GREEN, 10, 100, service="keys")[0] == 0
    assert stage.shift(Colour.BLUE, 100, service="keys")[0] == 0
    ill("dkms", healthy=True)
    ill("keys", healthy=False)
    since = len(stage.aws.calls())
    code, told = stage.shift(Colour.GREEN, 10, 100, service="keys")
    assert (code, stage.calls(since)) == (1, [])
    assert "green: keys has 0 of 2 targets healthy" in told
    ill("keys", healthy=True)


def test_an_alarm_of_it_takes_it_back_and_says_whose_traffic_it_was(stage: Stage) -> None:
    stage.aws.disturb([pod for pod in stage.pods(Colour.GREEN) if pod.endswith(":8081")], latency=2)
    since = len(stage.aws.calls())
    code, told = stage.shift(Colour.GREEN, 10, 100, service="keys")
    assert code == 1
    assert "alarm dkms-green-keys-latency" in told
    assert "traffic is at blue 90 · green 10 for keys, and has not baked" in told
    assert stage.calls(since) == ["ModifyRule", "ModifyRule"]
    assert shares(stage) == {"dkms": {"blue": 100}, "keys": {"blue": 100}}


def test_what_was_asked_for_is_no_risk(stage: Stage, tmp_path: Path) -> None:
    run, config = stage.file.for_run(stage.file.with_weights(TENTH, "keys"), tmp_path, {})
    case = Case("qa-bj", stage.stack.preview(run), config, config)
    assert [risk.title for risk in find_risks(case) if risk.level is not Level.NOTE] == []
    found = assess(case)
    assert headline(found).startswith("qa-bj: keys: blue 100 → blue 90 · green 10 — safe to apply")
    assert [(call.operation, call.service) for call in found.calls] == [("ModifyRule", "keys")]
    assert found.way_back
    assert found.way_back.command.startswith("pulumi config set --path services.keys.weights.blue 100 --stack qa-bj")


def test_what_is_no_service_is_said(stage: Stage) -> None:
    with pytest.raises(BlueGreenError, match=r"--service: kyes is no service of .*; it has dkms, keys"):
        stage.shift(Colour.GREEN, 100, service="kyes")
