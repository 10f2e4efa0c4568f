"""A release in the cluster of the other colour, from its first pod to its last: on the embedded AWS."""

from collections.abc import Iterator

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.editing import put
from rollout.impact.resources import CLUSTER
from tests.rollout.stage import BAKE, Stage, stack_file, staged

BLUE, GREEN = Weights.all_to(Colour.BLUE), Weights.all_to(Colour.GREEN)
HOUR = 3600


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    text = put(stack_file("dev-nx"), ("config", "dkms:clusters", "green"), {"clusterOf": "blue"})
    with staged("dev-nx", tmp_path_factory.mktemp("dev-nx"), text=text) as stage:
        yield stage


def verified(text: str, script: str) -> str:
    """A stack file whose shifts require a script."""
    return text.replace(f"bake: {BAKE}", f"verify: {{command: [sh, -c, '{script}']}}, bake: {BAKE}")


def test_a_release_is_shifted_to_and_back_and_retired_and_the_cluster_stays(stage: Stage) -> None:
    assert len(list(stage.stack.state().of_kind(CLUSTER))) == 1
    assert (len(stage.pods(Colour.BLUE)), len(stage.pods(Colour.GREEN))) == (6, 6)

    since, before = len(stage.aws.calls()), stage.path.read_text(encoding="utf-8")
    stage.path.write_text(verified(before, "echo not yet; exit 1"), encoding="utf-8")
    with pytest.raises(BlueGreenError, match=r"gates.verify: sh -c .* ended with 1"):
        stage.shift(Colour.GREEN, 10, 100)
    assert stage.calls(since) == []
    stage.path.write_text(verified(before, "echo $BLUEGREEN_COLOUR at $BLUEGREEN_ADDRESS"), encoding="utf-8")
    code, told = stage.shift(Colour.GREEN, 10, 100)
    assert code == 0, told
    assert "    | green at http://dkms.dev-nx.example.cn:8082/\n" in told
    assert told.count("    | ") == 1  # it has traffic by the second step
    assert stage.calls(since) == ["ModifyListener"] * 2
    assert stage.weights() == (GREEN, GREEN, {"green": 100.0})

    with pytest.raises(BlueGreenError, match="green stands in the cluster of blue, which goes last: deploy the new"):
        stage.retire(Colour.BLUE)

    assert stage.shift(Colour.BLUE, 100)[0] == 0
    stage.aws.advance(HOUR + 600)
    blue = stage.pods(Colour.BLUE)
    code, told = stage.retire(Colour.GREEN)
    assert code == 0, told
    assert "It stands in the cluster of blue, which stays as it is." in told
    assert (stage.pods(Colour.BLUE), stage.pods(Colour.GREEN)) == (blue, [])
    assert [each.name for each in stage.stack.state().colours] == ["BLUE"]
    assert stage.weights() == (BLUE, BLUE, {"blue": 100.0})
    assert stage.lost() == 0
