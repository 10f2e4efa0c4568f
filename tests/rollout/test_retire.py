"""Retiring a colour: the real program on the embedded engine and the embedded AWS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.editing import put
from tests.rollout.stage import Stage, stack_file, staged

GREEN = Weights.all_to(Colour.GREEN)
HOUR = 3600


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stack that protects what carries traffic, all of which is on blue; the tests take it through a retirement."""
    text = put(stack_file("qa-bj"), ("config", "dkms:argocd"), {"stack": "acme/dkms/dev-bj"})
    with staged("qa-bj", tmp_path_factory.mktemp("qa-bj"), text=text) as stage:
        yield stage


def refused(stage: Stage, colour: Colour, because: str) -> None:
    since, before = len(stage.aws.calls()), stage.path.read_text(encoding="utf-8")
    with pytest.raises(BlueGreenError, match=because):
        stage.retire(colour)
    assert stage.calls(since) == []
    assert stage.path.read_text(encoding="utf-8") == before


def known_to_argocd(stage: Stage) -> list[Colour]:
    names = {each.urn.rpartition("::")[2] for each in stage.stack.state().resources if each.type.endswith(":Secret")}
    return [colour for colour in Colour if f"dkms-{colour}-argocd" in names]


def test_not_while_it_has_weight(stage: Stage) -> None:
    refused(stage, Colour.BLUE, "blue has 100 % of the traffic; move it first: bluegreen shift qa-bj --to green")
    before = stage.path.read_text(encoding="utf-8")
    stage.path.write_text(stage.file.with_weights(GREEN), encoding="utf-8")
    refused(stage, Colour.BLUE, "blue has weight 100, by its state; move its traffic first")
    stage.path.write_text(before, encoding="utf-8")


def test_not_until_an_hour_after_its_last_request(stage: Stage) -> None:
    since = len(stage.aws.calls())
    assert stage.shift(Colour.GREEN)[0] == 0
    assert set(stage.calls(since)) == {"ModifyListener"}
    assert known_to_argocd(stage) == [Colour.BLUE, Colour.GREEN]
    refused(
        stage, Colour.BLUE, r"blue is not to be retired yet: .* still had traffic at .* try again at 2026-01-01 \d\d"
    )
    stage.aws.advance(HOUR - 600)
    refused(stage, Colour.BLUE, "still had traffic")


def test_then_its_protection_goes_and_then_all_of_it_and_nothing_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.aws.advance(1200)
    since = len(stage.aws.calls())
    kept = {each.urn for each in stage.stack.state().resources}
    stack = stage.stack
    answers = iter([stack.up, lambda *_: "the power went"])
    monkeypatch.setattr(stack, "up", lambda *given: next(answers)(*given))
    code, told = stage.retire(Colour.BLUE, stack)
    assert (code, "✗ the power went" in told, "Go on: bluegreen retire qa-bj blue" in told) == (1, True, True)
    assert stage.stack.state().colours == (Colour.BLUE, Colour.GREEN)
    assert "✓ blue is protected no more" in told
    assert known_to_argocd(stage) == [Colour.GREEN]
    code, told = stage.retire(Colour.BLUE)
    assert code == 0, told
    assert [line.strip() for line in told.splitlines() if "✓" in line] == ["✓ blue is gone"]
    calls = stage.calls(since)
    assert calls.index("DeregisterTargets") < calls.index("DeleteNodegroup") < calls.index("DeleteCluster")
    gone = kept - {each.urn for each in stage.stack.state().resources}
    assert gone
    assert all("green" not in urn.rpartition("::")[2] for urn in gone)
    assert stage.stack.state().colours == (Colour.GREEN,)
    assert set(stage.file.config.clusters) == {Colour.GREEN}
    assert stage.lost() == 0
    refused(stage, Colour.BLUE, "blue is not deployed; there is nothing to retire")


def test_a_colour_without_history_is_not_retired(tmp_path: Path) -> None:
    with staged("dev-nx", tmp_path) as stage:  # its clusters are 20 minutes old
        refused(stage, Colour.GREEN, r"CloudWatch knows targetgroup/.* in 2\d of the last 60 minutes only")
