"""A rehearsal of the very change: quoted from a file here, played in `test_cli.py`."""

from pathlib import Path

import pytest

from components.errors import BlueGreenError
from infra.config import StackConfig
from rehearsal.aws import Call
from rehearsal.engine import Result
from rehearsal.oracle import ProbeVerdict, Verdict
from rehearsal.play import STORIES, Scene, Story
from rehearsal.traffic.recording import Tally
from rollout.impact.rehearsing import quoted
from tests.infra.settings import config

SPLIT = {"dkms:weights": {"blue": 90, "green": 10}, "dkms:weightedNlb": True}
OUTPUTS = {"weights": {"blue": 90, "green": 10}, "topology": "shared-nlb"}


def verdict(lost: float = 0) -> Verdict:
    reasons = ("no target",) if lost else ()
    return Verdict(at=0, watching=True, probes=(ProbeVerdict(service="dkms", shares={}, lost=lost, reasons=reasons),))


def scene(title: str, *calls: Call, **result: object) -> Scene:
    told = Result.model_validate({"steps": (), "outputs": OUTPUTS, **result})
    return Scene(number=1, title=title, changes=(), began=0, result=told, calls=calls, verdict=verdict())


def call(number: int, lost: float = 0) -> Call:
    return Call(
        number=number, at=0, service="elb", operation="ModifyListener", summary="listener x", verdict=verdict(lost)
    )


def written(path: Path, *scenes: Scene, stack: str = "prod-bj") -> Path:
    path.write_bytes(STORIES.dump_json({stack: Story(scenes=scenes, met=Tally(900, 2))}))
    return path


@pytest.fixture
def split() -> StackConfig:
    return config(SPLIT)


def test_a_rehearsal_that_went_well(tmp_path: Path, split: StackConfig) -> None:
    file = written(tmp_path / "r.json", scene("before"), scene("after", call(1)))
    found = quoted(file, "prod-bj", split)
    assert (found.calls, found.lost, found.error) == (1, 0, "")
    assert (found.requests, found.failed) == (900, 2)
    assert quoted(written(tmp_path / "new.json", scene("after", call(1))), "prod-bj", split).calls == 1


def test_a_rehearsal_that_lost_traffic_or_failed(tmp_path: Path, split: StackConfig) -> None:
    lost = quoted(written(tmp_path / "l.json", scene("before"), scene("after", call(1), call(2, 50))), "prod-bj", split)
    assert (lost.lost, lost.first_loss, lost.reasons) == (50, "after ModifyListener, listener x", ("no target",))
    failed = scene("after", error="refused", outputs={})
    assert quoted(written(tmp_path / "f.json", scene("before"), failed), "prod-bj", split).error == "refused"


@pytest.mark.parametrize(
    ("stack", "scenes", "words"),
    [
        ("qa-bj", (scene("before"), scene("after")), "holds no change of prod-bj"),
        ("prod-bj", (), "holds no change of prod-bj"),
        ("prod-bj", (scene("AS-IS"), scene("add green")), "holds no change of prod-bj"),
        ("prod-bj", (scene("before"), scene("after", outputs={"weights": {"blue": 100}})), "is of another change"),
    ],
)
def test_a_rehearsal_of_something_else(
    tmp_path: Path, split: StackConfig, stack: str, scenes: tuple[Scene, ...], words: str
) -> None:
    with pytest.raises(BlueGreenError, match=words) as refused:
        quoted(written(tmp_path / "r.json", *scenes, stack=stack), "prod-bj", split)
    assert "write it with: bluegreen rehearse prod-bj --from main --json" in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"prod-bj": [{"title": "before"}]}'])
def test_what_is_no_rehearsal(tmp_path: Path, split: StackConfig, text: str) -> None:
    file = tmp_path / "r.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BlueGreenError, match="is not what bluegreen rehearse --json writes"):
        quoted(file, "prod-bj", split)
    with pytest.raises(BlueGreenError, match="cannot be read"):
        quoted(tmp_path / "none.json", "prod-bj", split)
