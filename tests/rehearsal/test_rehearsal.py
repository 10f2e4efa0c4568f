"""The real program on real stack files, by both engines, on the embedded AWS."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from infra.config import parse
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import Engine, Operation
from rehearsal.engine.real import pulumi_on_path
from rehearsal.play import Scene, Staging, play
from rehearsal.run import stage
from rehearsal.script import EngineName, Script, load, story_of
from rehearsal.stack_file import Settings, flatten
from rehearsal.story import Chapter

ENGINES = [
    EngineName.EMBEDDED,
    pytest.param(
        EngineName.PULUMI,
        marks=[
            pytest.mark.real_pulumi,
            pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
        ],
    ),
]
NO_GATES = {"healthy": {"perZone": 0, "share": 0}, "bake": 0}
CARRIES_TRAFFIC = ("lb/loadBalancer", "lb/listener", "lb/targetGroup", "route53/record", "route53/zone", "ec2/vpc")


@contextmanager
def staged(script: Script, engine: EngineName = EngineName.EMBEDDED) -> Iterator[tuple[EmbeddedAws, Engine]]:
    with stage(script.stack, script.config, engine) as (aws, running):
        yield aws, running


def played(script: Script, engine: EngineName = EngineName.EMBEDDED) -> list[Scene]:
    with staged(script, engine) as (aws, running):
        return list(play(Staging(aws), running, script))


def edited(chapter: Chapter, title: str, edit: Callable[[dict[str, object]], None], wait: int = 300) -> Chapter:
    settings = dict(chapter.settings)
    edit(settings)
    return Chapter(title, settings, wait)


def only(colour: str, version: str) -> Callable[[dict[str, object]], None]:
    """Write what retires the other colour and moves its traffic in one update."""

    def edit(settings: dict[str, object]) -> None:
        settings["dkms:active"] = colour
        settings["dkms:clusters"] = {colour: {"version": version}}
        settings["dkms:protect"] = False

    return edit


def unprotected(settings: Settings) -> Settings:
    return {**settings, "dkms:protect": False}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("stack", "shift", "second_colour_updates"),
    [
        ("prod-bj", ["ModifyListener"], []),
        ("qa-bj", ["ModifyListener"], []),
        ("qa-nx", ["ChangeResourceRecordSets"] * 2, ["dkms-blue"]),
    ],
)
def test_the_story_of_a_stack_loses_nothing(
    stack: str, shift: Sequence[str], second_colour_updates: Sequence[str], engine: EngineName
) -> None:
    script = story_of(stack, [])
    scenes = played(script, engine)

    assert [scene.title for scene in scenes] == [chapter.title for chapter in script.chapters]
    assert [scene.result.error for scene in scenes] == [None] * len(scenes)
    assert [(call.number, call.verdict.reasons) for scene in scenes for call in scene.calls if call.verdict.lost] == []
    assert all(scene.verdict.lost == 0 for scene in scenes)
    assert all(call.error is None for scene in scenes for call in scene.calls)

    by_title = {scene.title: scene for scene in scenes}
    for title in ("canary 10", "canary 50", "all to green", "back to blue", "green again", "all to blue"):
        scene = by_title[title]
        assert [call.operation for call in scene.calls] == shift, title
        assert dict(scene.planned) == {"updated": len(shift)}, title
    assert by_title["canary 10"].verdict.probes[0].shares == {"blue": 90, "green": 10}
    assert by_title["all to green"].verdict.probes[0].shares == {"green": 100}

    added = by_title["add green"]
    assert set(added.planned) <= {"created", "updated"}
    assert [step.name for step in added.result.steps if step.op is Operation.UPDATE] == list(second_colour_updates)
    assert set(by_title["retire blue"].planned) == {"deleted"}
    for scene in scenes:
        replaced = [step.type for step in scene.result.steps if step.op is Operation.REPLACE]
        assert not [kind for kind in replaced if any(each in kind for each in CARRIES_TRAFFIC)], scene.title


@pytest.mark.parametrize("stack", ["prod-bj", "qa-nx"])
def test_retiring_a_colour_in_the_update_that_moves_its_traffic_loses_it(stack: str) -> None:
    script = story_of(stack, ["1.34", "1.35"])
    as_is, two = (replace(chapter, settings=unprotected(chapter.settings)) for chapter in script.chapters[:2])
    at_once = edited(two, "green alone", only("green", "1.34"))
    *_, last = played(replace(script, stack="dev-x", chapters=(as_is, two, at_once)))
    assert last.title == "green alone"
    assert last.result.error is None
    assert last.lost == 100
    assert last.first_loss is not None
    assert last.first_loss.operation.startswith(("Delete", "Deregister"))


@pytest.mark.parametrize("stack", ["prod-bj", "qa-nx"])
def test_a_protected_colour_is_not_removed_in_the_update_that_moves_its_traffic(stack: str) -> None:
    script = story_of(stack, ["1.34", "1.35"] if stack == "qa-nx" else ["1.33", "1.34"])
    two = script.chapters[1]
    settings = {
        **two.settings,
        "dkms:active": "green",
        "dkms:clusters": {"green": script.chapters[1].settings["dkms:clusters"]["green"]},
    }  # pyright: ignore - JSON
    *_, last = played(replace(script, chapters=(*script.chapters[:2], Chapter("green alone", settings))))
    assert "protect" in (last.result.error or "")
    assert last.lost == 0
    assert not [call for call in last.calls if call.operation.startswith(("Delete", "Deregister"))]


def ungated(chapter: Chapter) -> Chapter:
    return replace(chapter, settings={**chapter.settings, "dkms:gates": NO_GATES})


def test_switching_before_the_new_targets_are_healthy_would_lose_requests_and_is_refused() -> None:
    script = story_of("prod-bj", ["1.33"])
    hasty = tuple(replace(chapter, wait=0) for chapter in script.chapters[:3])
    *_, last = played(replace(script, chapters=hasty))
    assert (last.title, last.lost, last.calls) == ("canary 10", 0, ())
    assert "is initial" in (last.result.error or "")

    *_, last = played(replace(script, chapters=tuple(map(ungated, hasty))))
    assert (last.title, last.lost) == ("canary 10", 10)
    assert "initial" in last.verdict.reasons[0]


def test_a_green_whose_pods_fail_costs_its_share_where_no_gate_asks() -> None:
    script = story_of("qa-bj", [])
    script = replace(script, chapters=tuple(map(ungated, script.chapters)))
    with staged(script) as (aws, engine):
        story = play(Staging(aws), engine, script)
        next(story)
        next(story)
        green = [address for address, pod in aws.snapshot().pods.items() if pod.colour == "green"]
        aws.set_healthy(green, healthy=False)
        scene = next(story)
    assert (len(green), scene.title, scene.lost) == (6, "canary 10", 10)
    assert scene.first_loss is scene.calls[0]


NEW_SERVICE = {"port": 8080, "order": 2, "paths": ["/keys/*"]}


@pytest.mark.parametrize(
    ("key", "before", "after", "reason"),
    [
        ("clientCidrs", ["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/9"], "keep 10.128.0.1/32 out of port 8080"),
        ("services", {"dkms": {}}, {"dkms": {}, "keys": NEW_SERVICE}, "no healthy target: none registered"),
        (
            "services",
            {"dkms": {"hosts": ["a.dev-nx.example.cn", "b.dev-nx.example.cn"]}},
            {"dkms": {"hosts": ["a.dev-nx.example.cn"]}},
            "no record answers for b.dev-nx.example.cn",
        ),
    ],
    ids=["a network of clients goes", "a new service takes a path", "a host goes"],
)
def test_an_edit_that_cuts_off_some_clients_is_a_loss(key: str, before: object, after: object, reason: str) -> None:
    file, _ = load("dev-nx")
    chapters = []
    for value in (before, after):
        settings = dict(file.settings)
        if key == "clientCidrs":
            settings["dkms:entry"] = {**settings["dkms:entry"], key: value}  # pyright: ignore[reportGeneralTypeIssues]
        else:
            settings[f"dkms:{key}"] = value
        chapters.append(Chapter(str(len(chapters)), settings))
    config = parse(flatten(chapters[0].settings, "x"))
    *_, last = played(Script("dev-nx", config, tuple(chapters), "", ""))
    assert last.result.error is None
    assert last.lost == 100
    assert any(reason in line for call in last.calls for line in call.verdict.reasons)


def test_the_shared_alb_is_refused_in_prod_before_anything_is_made() -> None:
    file, _ = load("qa-bj")
    settings = {**file.settings, "dkms:accessLogs": {"bucket": "logs-of-prod"}}
    script = Script("production", parse(flatten(settings, "x")), (Chapter("AS-IS", settings, 0),), "", "")
    (scene,) = played(script)
    assert "shared-alb-in-prod" in (scene.result.error or "")
    assert not [call for call in scene.calls if call.operation == "CreateLoadBalancer"]


def test_what_a_stack_expects_to_find_is_there_and_stays() -> None:
    file, _ = load("prod-nx")
    subnets = {f"cn-northwest-1{zone}": {"private": f"subnet-0{zone}1", "public": f"subnet-0{zone}2"} for zone in "abc"}
    entry = {
        **file.settings["dkms:entry"],  # pyright: ignore[reportGeneralTypeIssues] - a mapping, as the file has it
        "zone": {"name": "prod-nx.example.cn", "id": "Z0EXISTING"},
    }
    settings = {
        **file.settings,
        "dkms:network": {"vpcId": "vpc-0e0", "subnets": subnets},
        "dkms:entry": entry,
        "dkms:clusters": {"blue": {"existing": "dkms-of-old"}},
    }
    config = parse(flatten(settings, "x"))
    (scene,) = played(Script("prod-nx", config, (Chapter("AS-IS", settings, 0),), "", ""))
    assert scene.result.error is None
    assert {"CreateVpc", "CreateHostedZone", "CreateSubnet"}.isdisjoint({call.operation for call in scene.calls})
    assert scene.verdict.probes[0].shares == {"blue": 100}
    assert scene.result.outputs["clusters"]["blue"]["name"] == "dkms-of-old"  # pyright: ignore - JSON
