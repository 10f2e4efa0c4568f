"""The measurement can fail: what must lose requests does, and is counted."""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest
from rich.console import Console

from rehearsal.aws import EmbeddedAws, Pod
from rehearsal.play import Outcome
from rehearsal.run import perform
from rehearsal.screen import Screen
from rehearsal.script import EngineName, Script, story_of
from rehearsal.story import Chapter
from rehearsal.traffic.access import available
from rehearsal.traffic.clients import Clients
from rehearsal.traffic.plane import Plane
from rehearsal.traffic.recording import ClientKind, Sample, Traffic
from tests.rehearsal.aws.stage import Stage, forward

pytestmark = [pytest.mark.traffic, pytest.mark.skipif(bool(available()), reason=available())]
SPEED = 200


def played(script: Script) -> tuple[Outcome, Sequence[Sample]]:
    with Screen(Console(file=io.StringIO()), verbose=False) as screen:
        outcome = perform(script, EngineName.EMBEDDED, screen, Traffic(rate=300, speed=SPEED))
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
    assert [sample for sample in samples if sample.failure]
    assert [sample for sample in samples if sample.reset and sample.kind is ClientKind.POOLED]


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


class SharedAlb:
    """NLB → ALB → pods of two clusters, by raw calls: nothing of ours stands in the way of a mistake."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        clusters = {colour: stage.cluster(colour) for colour in ("blue", "green")}
        self.pods = {
            colour: [Pod(f"10.1.0.{first + each}", 8080, clusters[colour], colour) for each in range(3)]
            for colour, first in (("blue", 10), ("green", 20))
        }
        self.targets = {colour: [{"Id": pod.ip, "Port": pod.port} for pod in self.pods[colour]] for colour in clusters}
        self.groups = {
            colour: stage.target_group(colour, HealthCheckIntervalSeconds=10, HealthyThresholdCount=2)
            for colour in clusters
        }
        alb, front = stage.alb(), stage.nlb()
        self.listener = stage.listener(alb, **{self.groups["blue"]: 1})
        chain = stage.alb_group("alb")
        stage.elb.register_targets(TargetGroupArn=chain, Targets=[{"Id": alb["LoadBalancerArn"]}])
        stage.listener(front, **{chain: 1})
        stage.aws.add_pods([*self.pods["blue"], *self.pods["green"]])
        stage.elb.register_targets(TargetGroupArn=self.groups["blue"], Targets=self.targets["blue"])
        self.probe = stage.probe(front["DNSName"])

    def met(self, mistake: Callable[[], object]) -> tuple[list[Sample], list[Sample]]:
        """Send for a while, make a mistake, and go on: what new clients met before it and from then on."""
        aws = self._stage.aws
        with Plane.start(aws, speed=SPEED, hosts=[self.probe.entry]) as plane, ExitStack() as keep:
            time.sleep(300 / SPEED)
            clients = keep.enter_context(
                Clients.start(plane.access, [self.probe], scheme="http", speed=SPEED, rate=300, epoch=aws.epoch)
            )
            time.sleep(2)
            made = aws.verdict().at
            mistake()
            time.sleep(2)
            keep.close()
            samples = [sample for sample in clients.collect() if sample.kind is ClientKind.FRESH]
        return [each for each in samples if each.at < made], [each for each in samples if each.at >= made]


def test_rebinding_one_target_group_to_another_cluster_loses_requests(stage: Stage) -> None:
    """The old binding goes, the new one comes, and until its targets are healthy nobody answers."""
    shared = SharedAlb(stage)

    def rebind() -> None:
        group = shared.groups["blue"]
        stage.elb.deregister_targets(TargetGroupArn=group, Targets=shared.targets["blue"])
        stage.elb.register_targets(TargetGroupArn=group, Targets=shared.targets["green"])

    before, after = shared.met(rebind)
    assert before
    assert not [sample for sample in before if sample.failure]
    assert [sample for sample in after if sample.failure == "status"]
    assert after[-1].colour == "green"


@pytest.mark.parametrize("registered", [False, True], ids=["no targets", "unhealthy targets"])
def test_a_switch_to_a_green_without_healthy_targets_loses_its_share(stage: Stage, *, registered: bool) -> None:
    shared = SharedAlb(stage)
    if registered:
        stage.elb.register_targets(TargetGroupArn=shared.groups["green"], Targets=shared.targets["green"])
        stage.aws.set_healthy([pod.address for pod in shared.pods["green"]], healthy=False)

    def switch() -> None:
        weights = forward(**{shared.groups["blue"]: 80, shared.groups["green"]: 20})
        stage.elb.modify_listener(ListenerArn=shared.listener, DefaultActions=weights)

    before, after = shared.met(switch)
    assert before
    assert not [sample for sample in before if sample.failure]
    failed = [sample for sample in after if sample.failure == "status"]
    assert 10 < 100 * len(failed) / len(after) < 30
