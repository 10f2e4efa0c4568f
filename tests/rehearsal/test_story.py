import pytest

from components.errors import BlueGreenError
from components.gates.model import GateSettings
from components.traffic import Colour, Weights
from infra.config import parse
from rehearsal.script import default_stacks, load, story_of
from rehearsal.stack_file import flatten, stacks
from rehearsal.story import DRAIN, changed_settings, next_version, tell

GATES = GateSettings().resolve("cn-north-1", prod=True)


def test_the_story_of_prod_in_beijing() -> None:
    script = story_of("prod-bj", [])
    assert script.subtitle == "blue 1.30 → green 1.33 → blue 1.34"
    told = [(chapter.title, chapter.wait) for chapter in script.chapters]
    assert told == [
        ("AS-IS", 0),
        ("add green", 300),
        ("canary 10", 300),
        ("canary 50", 450),
        ("all to green", 450),
        ("back to blue", 0),
        ("green again 25", 0),
        ("green again", 0),
        ("unprotect blue", 3600),
        ("retire blue", 300),
        ("add blue", 300),
        ("canary 25 of blue", 300),
        ("all to blue", 0),
    ]


def test_in_prod_only_the_way_back_goes_at_once_and_says_so() -> None:
    chapters = story_of("prod-bj", []).chapters
    assert [chapter.title for chapter in chapters if "dkms:gates" in chapter.settings] == ["back to blue"]
    before, back, after = (c.settings for c in chapters[4:7])
    assert changed_settings(before, back) == ["~ active: green → blue", "+ gates.firstStep: 100"]
    assert changed_settings(back, after) == [
        "- gates.firstStep: 100",
        "+ weights.green: 25",
        "+ weights.blue: 75",
    ]


def test_what_a_stack_says_of_its_gates_stays_as_it_is() -> None:
    chapters = story_of("dev-nx", []).chapters
    assert all(chapter.settings["dkms:gates"] == {"silence": "passes"} for chapter in chapters)


@pytest.mark.parametrize("stack", stacks())
def test_every_chapter_is_a_valid_stack_file(stack: str) -> None:
    file, config = load(stack)
    weights = [
        parse(flatten(chapter.settings, stack)).weights
        for chapter in tell(file.settings, config, ("1.34", "1.35"), GATES)
    ]
    assert weights[0] == Weights.all_to(config.active)
    assert weights[-1] == Weights.all_to(config.active)
    assert Weights.all_to(config.active.other) in weights


def test_without_protection_a_colour_is_retired_in_one_update_after_its_drain() -> None:
    titles = {chapter.title: chapter.wait for chapter in story_of("dev-bj", []).chapters}
    assert titles["retire blue"] == DRAIN
    assert "unprotect blue" not in titles


@pytest.mark.fact(12)
def test_a_shared_nlb_without_weights_switches_at_once() -> None:
    file, config = load("prod-bj")
    settings = {key: value for key, value in file.settings.items() if key != "dkms:weightedNlb"}
    chapters = tell(settings, config.model_copy(update={"weighted_nlb": False}), ("1.33", "1.34"), GATES)
    shifts = [chapter for chapter in chapters if chapter.settings.get("dkms:gates") == {"firstStep": 100}]
    assert not any("canary" in chapter.title for chapter in chapters)
    assert [chapter.title for chapter in shifts if "retire" not in chapter.title] == [
        "all to green",
        "back to blue",
        "green again",
        "unprotect blue",
        "add blue",
        "all to blue",
    ]


def test_the_story_starts_from_the_colour_that_is_active() -> None:
    file, config = load("prod-nx")
    settings = {**file.settings, "dkms:active": "green", "dkms:clusters": {"green": {"version": "1.33"}}}
    green = config.model_copy(update={"active": Colour.GREEN})
    assert [chapter.title for chapter in tell(settings, green, ("1.34", "1.35"), GATES)][:2] == ["AS-IS", "add blue"]


def test_the_next_version() -> None:
    assert next_version("1.30", ["1.33", "1.31"]) == "1.33"
    assert next_version("1.33", ["1.33", "1.30"]) == "1.34"
    with pytest.raises(BlueGreenError, match=r"1\.35 is the newest EKS version known here"):
        next_version("1.35")


def test_changes_are_named_by_key() -> None:
    before = {"dkms:active": "blue", "dkms:clusters": {"blue": {"version": "1.30"}}, "dkms:entry": {"record": "simple"}}
    after = {"dkms:active": "green", "dkms:clusters": {"blue": {"version": "1.30"}, "green": {"version": "1.33"}}}
    assert changed_settings(before, after) == [
        "~ active: blue → green",
        "- entry.record: simple",
        "+ clusters.green.version: 1.33",
    ]


def test_one_stack_of_each_topology_is_played_by_default() -> None:
    assert sorted(default_stacks()) == ["prod-bj", "qa-bj", "qa-nx"]


@pytest.mark.parametrize("versions", [["1.99"], ["1.33", "1.34", "1.35"]])
def test_wrong_versions_are_refused(versions: list[str]) -> None:
    with pytest.raises(BlueGreenError, match=r"give one or two of the EKS versions 1\.30, "):
        story_of("prod-bj", versions)
