"""The measurement can fail: what must lose requests does, and is counted."""

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest
from rich.console import Console

from rehearsal.aws import EmbeddedAws, Pod
from rehearsal.faults import Fault
from rehearsal.play import Outcome
from rehearsal.run import perform
from rehearsal.screen import Screen
from rehearsal.script import EngineName, Script, story_of
from rehearsal.story import Chapter
from rehearsal.traffic.access import available
from rehearsal.traffic.clients import Clients
from rehearsal.traffic.plane import Plane
from rehearsal.traffic.recording import ClientKind, Sample, Traffic
from tests.rehearsal.aws.stage import Stage

pytestmark = pytest.mark.skipif(bool(available()), reason=available())
SPEED = 200


def played(script: Script, fault: Fault | None = None) -> tuple[Outcome, Sequence[Sample]]:
    with Screen(Console(file=io.StringIO()), verbose=False) as screen:
        outcome = perform(script, EngineName.EMBEDDED, screen, Traffic(rate=300, speed=SPEED), fault)
    assert outcome.recording is not None
    return outcome, outcome.recording.samples


def test_retiring_a_colour_without_a_drain_resets_its_connections() -> None:
    script = story_of("prod-bj", ["1.33", "1.34"])
    as_is, two = (replace(each, settings={**each.settings, "dkms:protect": False}) for each in script.chapters[:2])
    green = two.settings["dkms:clusters"]["green"]  # pyright: ignore - JSON
    alone = {**two.settings, "dkms:active": "green", "dkms:clusters": {"green": green}}
    chapters = (as_is, two, Chapter("green alone", alone))
    outcome, samples = played(replace(script, stack="dev-x", chapters=chapters))
    assert outcome.error is None
    assert outcome.lost == 100
    assert {sample.kind for sample in samples if sample.failure or sample.reset} >= {ClientKind.STREAMING}
    assert any(sample.reset for sample in samples if sample.kind is ClientKind.POOLED)


def test_a_switch_to_a_green_without_healthy_targets_fails_its_share() -> None:
    outcome, samples = played(story_of("prod-bj", []), Fault.UNHEALTHY)
    assert outcome.scenes[-1].title == "canary 10"
    shift = outcome.scenes[-1].calls[0].at
    fresh = [sample for sample in samples if sample.kind is ClientKind.FRESH and sample.at > shift + 30]
    failed = [sample for sample in fresh if sample.failure == "status"]
    assert 3 < 100 * len(failed) / len(fresh) < 20


def test_stubborn_clients_flee_to_the_other_region_when_their_nlb_is_deleted() -> None:
    story = story_of("qa-nx", [])
    chapters = [replace(each, settings={**each.settings, "dkms:protect": False}) for each in story.chapters]
    green, retired = chapters[4], next(each for each in chapters if each.title == "retire blue")
    script = replace(story, chapters=(*chapters[:2], green, replace(retired, wait=200)))
    outcome, samples = played(script)
    assert (outcome.error, outcome.scenes[-1].title) == (None, "retire blue")
    assert outcome.lost > 0
    fled = [sample for sample in samples if sample.peer]
    assert fled
    assert {sample.kind for sample in fled} == {ClientKind.STUBBORN}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with EmbeddedAws.start("cn-north-1", speed=SPEED) as aws:
        yield Stage(aws)


def test_rebinding_the_target_group_of_a_shared_alb_to_another_cluster_loses_requests(stage: Stage) -> None:
    """One target group for both clusters: the old binding goes, the new one comes, and between them nobody answers."""
    pods = {
        colour: [Pod(f"10.1.0.{first + each}", 8080, stage.cluster(colour), colour) for each in range(3)]
        for colour, first in (("blue", 10), ("green", 20))
    }
    group = stage.target_group("both", HealthCheckIntervalSeconds=10, HealthyThresholdCount=2)
    alb, front = stage.alb(), stage.nlb()
    stage.listener(alb, **{group: 1})
    chain = stage.alb_group("alb")
    stage.elb.register_targets(TargetGroupArn=chain, Targets=[{"Id": alb["LoadBalancerArn"]}])
    stage.listener(front, **{chain: 1})
    stage.aws.add_pods([*pods["blue"], *pods["green"]])
    targets = {colour: [{"Id": pod.ip, "Port": pod.port} for pod in pods[colour]] for colour in pods}
    stage.elb.register_targets(TargetGroupArn=group, Targets=targets["blue"])
    probe = stage.probe(front["DNSName"])
    with Plane.start(stage.aws, speed=SPEED, hosts=[probe.entry]) as plane, ExitStack() as keep:
        time.sleep(300 / SPEED)
        clients = keep.enter_context(
            Clients.start(plane.access, [probe], scheme="http", speed=SPEED, rate=300, epoch=stage.aws.epoch)
        )
        time.sleep(2)
        stage.elb.deregister_targets(TargetGroupArn=group, Targets=targets["blue"])
        stage.elb.register_targets(TargetGroupArn=group, Targets=targets["green"])
        rebound = stage.aws.verdict().at
        time.sleep(2)
        keep.close()
        samples = clients.collect()
    assert not [sample for sample in samples if sample.failure and sample.at < rebound - 50]
    assert [sample for sample in samples if sample.failure == "status" and sample.at >= rebound - 50]
    assert samples[-1].colour == "green"
