"""From what a team made by hand to an upgraded stack, by the commands that it would use."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from components.traffic import Colour, Weights
from infra.config import NAMESPACE, Topology
from rehearsal.as_is import AsIs, Made, build
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine
from rehearsal.furnish import furnish
from rehearsal.play import Staging
from rehearsal.providers import Providers
from rehearsal.run import PROGRAM
from rehearsal.traffic.access import available
from rehearsal.traffic.recording import Traffic
from rollout.adopt.command import Asked, adopt
from rollout.editing import put
from rollout.rehearsed import sending
from tests.rollout.adopt.running import HOST, place
from tests.rollout.stage import BAKE, Stage

GREEN = Weights.all_to(Colour.GREEN)
HOUR = 3600
KEPT = {"describe_load_balancers": "LoadBalancers", "describe_target_groups": "TargetGroups"}


def as_is(topology: Topology) -> AsIs:
    """A shared ALB is the team's own."""
    return AsIs(ingress=topology is not Topology.SHARED_ALB)


@contextmanager
def running(topology: Topology, root: Path, spec: AsIs, traffic: Traffic | None = None) -> Iterator[tuple[Stage, Made]]:
    """What runs, its clients, and a stack file that says so. Nothing has been updated yet."""
    config, before = place(), dict(os.environ)
    with EmbeddedAws.start(config.region, speed=traffic.speed if traffic else 0) as aws, Providers(aws) as providers:
        os.environ.update(aws.environment())
        try:
            furnish(aws, config)
            made = build(aws, config, spec, "dkms-old")
            asked = Asked(stack="dev-bj", host=HOST, region=config.region, topology=topology)
            clients = replace(asked, clients=["10.0.0.0/8"], operators=["10.9.0.0/16"])
            adopt(clients, Console(file=io.StringIO()), root)
            stage = Stage("dev-bj", root, aws, providers.packages, Staging(aws))
            gates = put(stage.file.text, ("config", "dkms:gates"), {"bake": BAKE, "firstStep": 100})
            stage.path.write_text(put(gates, ("config", "dkms:weightedNlb"), value=True), encoding="utf-8")
            with sending(aws, stage.file.config, traffic) as stage.staging:
                yield stage, made
        finally:
            os.environ.clear()
            os.environ.update(before)


def upgrade(stage: Stage, made: Made, steps: tuple[int, ...]) -> None:
    """Adopt, add green, shift, retire blue; each time as little as possible happens to what ran before."""
    since = len(stage.aws.calls())
    stage.up()
    assert stage.calls(since) == []
    text = put(stage.file.text, ("config", "dkms:clusters", "green"), {"version": "1.34"})
    stage.path.write_text(text, encoding="utf-8")
    stage.up()
    assert stage.weights()[2] == {"blue": 100}
    stage.settle()
    code, told = stage.shift(Colour.GREEN, *steps)
    assert code == 0, told
    assert stage.weights() == (GREEN, GREEN, {"green": 100})
    stage.staging.wait(HOUR + HOUR / 2)
    code, told = stage.retire(Colour.BLUE)
    assert code == 0, told
    assert "stay in AWS as they are: others own them" in told
    done = stage.calls(since)
    assert not {"DeleteLoadBalancer", "DeleteTargetGroup", "DeleteCluster", "DeregisterTargets"} & set(done)
    elb = stage.aws.client("elbv2")
    described = {each[f"{key[:-1]}Arn"] for call, key in KEPT.items() for each in getattr(elb, call)()[key]}
    assert {made["nlb"], made["alb"], made["target_group"], made["service"]} <= described
    assert stage.aws.verdict().probes[0].shares == {"green": 100}
    assert stage.lost() == 0


@pytest.mark.parametrize(
    ("topology", "spec"),
    [
        (Topology.SHARED_NLB, AsIs()),
        (Topology.ROUTE53, AsIs(record="CNAME")),
        (Topology.SHARED_NLB, AsIs(nlb_group=True)),
        (Topology.SHARED_ALB, AsIs(ingress=False)),
        (Topology.SHARED_ALB, AsIs(ingress=False, nlb_group=True, record="CNAME")),
    ],
    ids=["shared-nlb", "route53-cname", "shared-nlb-group", "shared-alb", "shared-alb-group-cname"],
)
def test_what_runs_is_adopted_upgraded_and_let_go_of(topology: Topology, spec: AsIs, tmp_path: Path) -> None:
    with running(topology, tmp_path, spec) as (stage, made):
        upgrade(stage, made, (10, 100))


@pytest.mark.parametrize("topology", list(Topology))
def test_undo_is_to_leave_the_stack(topology: Topology, tmp_path: Path) -> None:
    with running(topology, tmp_path, as_is(topology)) as (stage, _):
        stage.path.write_text(put(stage.file.text, ("config", "dkms:protect"), value=False), encoding="utf-8")
        stage.up()
        since = len(stage.aws.calls())
        engine = EmbeddedEngine(NAMESPACE, "dev-bj", PROGRAM, stage.providers, state_file=tmp_path / "state.json")
        assert engine.destroy().error is None
        assert engine.state == []
        assert stage.calls(since) == []
        assert stage.aws.verdict().probes[0].shares == {"blue": 100}


@pytest.mark.traffic
@pytest.mark.skipif(bool(available()), reason=available())
@pytest.mark.parametrize("topology", list(Topology))
def test_no_request_fails_meanwhile(topology: Topology, tmp_path: Path) -> None:
    with running(topology, tmp_path, as_is(topology), Traffic(rate=200)) as (stage, made):
        upgrade(stage, made, (10, 100))
        stage.staging.close()
        assert stage.staging.tally
        assert stage.staging.tally.failed == 0
        assert stage.staging.tally.sent > 5_000


@pytest.mark.parametrize("topology", list(Topology))
def test_the_other_colour_does_not_leave_with_traffic(topology: Topology, tmp_path: Path) -> None:
    with running(topology, tmp_path, as_is(topology)) as (stage, _):
        stage.path.write_text(put(stage.file.text, ("config", "dkms:protect"), value=False), encoding="utf-8")
        alone = stage.file.text
        stage.up()
        green = put(alone, ("config", "dkms:clusters", "green"), {"version": "1.34"})
        stage.path.write_text(green, encoding="utf-8")
        stage.up()
        stage.settle()
        stage.to(GREEN)
        stage.settle()
        since = len(stage.aws.calls())
        stage.path.write_text(alone, encoding="utf-8")
        assert stage.stack.preview(stage.path).errors
        told = stage.stack.up(stage.path, lambda _urn: None)
        assert "as it was found: give what was found all traffic in an update of its own" in told
        assert stage.calls(since) == []
        stage.path.write_text(green, encoding="utf-8")
        stage.up()
        stage.staging.wait(HOUR + HOUR / 2)
        stage.path.write_text(alone, encoding="utf-8")
        stage.up()
        assert stage.aws.verdict().probes[0].shares == {"blue": 100}
        assert stage.lost() == 0
