"""Edits of a stack file that a team makes beside the story, each in one update that loses nothing."""

import pytest

from infra.config import parse
from rehearsal.engine import Operation
from rehearsal.play import Scene, Staging, play
from rehearsal.run import stage
from rehearsal.script import EngineName, Script, load
from rehearsal.stack_file import flatten
from rehearsal.story import Chapter, Edit, edited


def played(stack: str, *edits: Edit) -> list[Scene]:
    """What each edit does, one after the other; the first one is there from the start."""
    settings, chapters = load(stack)[0].settings, list[Chapter]()
    for number, edit in enumerate(edits):
        settings = edited(settings, edit)
        chapters.append(Chapter(str(number), settings, 300 if number else 0))
    config = parse(flatten(chapters[0].settings, stack), stack)
    script = Script(stack, config, tuple(chapters), "", "")
    with stage(stack, config, EngineName.EMBEDDED) as (aws, engine):
        return list(play(Staging(aws), engine, script))[1:]


def trouble(scenes: list[Scene]) -> list[object]:
    lost = [(call.operation, call.verdict.reasons) for scene in scenes for call in scene.calls if call.verdict.lost]
    return [*lost, *(scene.result.error for scene in scenes if scene.result.error)]


@pytest.mark.parametrize("stack", ["dev-nx", "dev-bj", "qa-bj"])
def test_the_service_that_takes_the_rest_comes_and_goes_beside_the_others(stack: str) -> None:
    edits: list[Edit] = [
        {"protect": False},
        {"services.dkms.hosts": [f"dkms.{stack}.example.cn"]},
        {"services.rest": {"port": 8081, "order": 2}},
        {"services.rest": None},
        {"services.dkms.hosts": None},
    ]
    scenes = played(stack, *edits)
    assert trouble(scenes) == []
    assert [len(scene.calls) > 0 for scene in scenes] == [True] * 4


@pytest.mark.parametrize("stack", ["dev-nx", "dev-bj", "qa-bj"])
def test_a_new_service_comes_by_a_host_of_its_own_and_then_takes_a_path(stack: str) -> None:
    own, ours = f"keys.{stack}.example.cn", f"dkms.{stack}.example.cn"
    keys = {"port": 8081, "order": 2, "paths": ["/keys/*"], "hosts": [own]}
    comes, takes = played(stack, {}, {"services.keys": keys}, {"services.keys.hosts": [own, ours]})
    assert trouble([comes, takes]) == []
    assert {call.operation for call in takes.calls} == {"ModifyRule"}


def test_another_nat_gateway_moves_a_subnet_once_the_way_out_stands() -> None:
    fewer, more = played("dev-nx", {"network.nat": "zone"}, {"network.nat": "one"}, {"network.nat": "zone"})
    assert trouble([fewer, more]) == []
    for scene in (fewer, more):
        assert "AssociateRouteTable" not in {call.operation for call in scene.calls}
        assert sum(call.operation == "ReplaceRouteTableAssociation" for call in scene.calls) == 2
    operations = [call.operation for call in more.calls]
    assert operations.index("CreateRoute") < operations.index("ReplaceRouteTableAssociation")


@pytest.mark.parametrize("stack", ["qa-nx", "prod-bj", "qa-bj"])
def test_a_zone_more_replaces_the_node_group_and_nothing_else_where_everything_is_protected(stack: str) -> None:
    zones = parse(load(stack)[0].flat(), stack).network.zones
    (scene,) = played(stack, {"network.zones": list(zones[:-1])}, {"network.zones": list(zones)})
    assert trouble([scene]) == []
    assert {step.type for step in scene.result.steps if step.op is Operation.REPLACE} == {"aws:eks/nodeGroup:NodeGroup"}
    operations = [call.operation for call in scene.calls]
    assert {"UpdateClusterConfig", "SetSubnets"} <= set(operations)
    assert operations.index("CreateNodegroup") < operations.index("DeleteNodegroup")


def test_other_tags_replace_nothing_where_everything_is_protected() -> None:
    (scene,) = played("qa-nx", {}, {"tags": {"Owner": "someone"}})
    assert trouble([scene]) == []
    assert set(dict(scene.planned)) == {"updated"}


OPENED = {"AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"}


@pytest.mark.parametrize(
    ("stack", "edit", "calls"),
    [
        ("prod-bj", {"entry.sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}, {"ModifyListener"}),
        ("dev-bj", {"entry.clientCidrs": ["10.0.0.0/9", "10.128.0.0/9"]}, OPENED),
        ("dev-nx", {"entry.colourPorts": {"blue": 8083, "green": 8084}}, OPENED | {"ModifyListener"}),
    ],
)
def test_what_changes_in_place_makes_no_other_calls(stack: str, edit: Edit, calls: set[str]) -> None:
    scenes = played(stack, {}, edit)
    assert trouble(scenes) == []
    assert {call.operation for scene in scenes for call in scene.calls} == calls
