import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.editing import drop, put, with_weights

FILES = sorted((Path(__file__).parents[2]).glob("Pulumi.*-*.yaml"))
BLOCK = """\
# a stack
config:
  dkms:active: "blue" # the stable one
  # today's split
  dkms:weights:
    blue: 75

    # not yet more
    green: 25
  # who is there
  dkms:clusters:
    blue:
      version: "1.30" # old
    # the new one
    green: {version: '1.33'}
"""


def read(text: str) -> dict[str, object]:
    return YAML(typ="safe", pure=True).load(text)["config"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@settings(max_examples=5)
@given(st.integers(1, 99), st.sampled_from(Colour))
def test_only_the_weights_of_a_stack_file_change(path: Path, blue: int, colour: Colour) -> None:
    text = path.read_text(encoding="utf-8")
    split = with_weights(text, Weights(blue=blue, green=100 - blue))
    assert read(split)["dkms:weights"] == {"blue": blue, "green": 100 - blue}
    lines = split.splitlines()
    assert [line for line in lines if "dkms:weights" not in line] == text.splitlines()
    assert "dkms:active" in lines[lines.index(f"  dkms:weights: {{blue: {blue}, green: {100 - blue}}}") - 1]
    whole = with_weights(split, Weights.all_to(colour))
    assert whole == text.replace("dkms:active: blue", f"dkms:active: {colour}")


def test_comments_order_and_quotes_stay() -> None:
    assert with_weights(BLOCK, Weights(blue=50, green=50)) == BLOCK.replace(
        "    blue: 75\n\n    # not yet more\n    green: 25\n", ""
    ).replace("dkms:weights:\n", "dkms:weights: {blue: 50, green: 50}\n")


def test_weights_go_and_what_is_around_them_stays() -> None:
    gone = with_weights(BLOCK, Weights(blue=0, green=100))
    assert gone.splitlines()[:5] == [
        "# a stack",
        "config:",
        "  dkms:active: green # the stable one",
        "  # today's split",
        "  # who is there",
    ]
    assert gone.splitlines()[5:] == BLOCK.splitlines()[10:]


def test_a_cluster_retires_and_goes() -> None:
    path = ("config", "dkms:clusters", "blue")
    retiring = put(BLOCK, (*path, "retiring"), value=True)
    assert retiring == BLOCK.replace('"1.30" # old\n', '"1.30" # old\n      retiring: true\n')
    assert drop(retiring, path) == BLOCK.replace('    blue:\n      version: "1.30" # old\n', "")
    last = drop(BLOCK, ("config", "dkms:clusters", "green"))
    assert read(last)["dkms:clusters"] == {"blue": {"version": "1.30"}}
    flow = "config:\n  dkms:clusters: {blue: {version: '1'}, green: {version: '2'}} # both\n"
    assert drop(flow, path) == "config:\n  dkms:clusters: {green: {version: '2'}} # both\n"
    assert drop(flow, (*path[:2], "green")) == "config:\n  dkms:clusters: {blue: {version: '1'}} # both\n"
    assert drop(flow, ("config", "dkms:weights")) == flow


def test_a_new_key_in_a_section_that_is_not_there_yet() -> None:
    path = ("config", "dkms:gates", "bake")
    assert put(BLOCK, path, 600).splitlines()[-1] == "  dkms:gates: {bake: 600}"
    assert put(BLOCK.removesuffix("\n"), path, "10m").splitlines()[-1] == "  dkms:gates: {bake: 10m}"
    assert read(put(put(BLOCK, path, 600), (*path[:2], "firstStep"), 100))["dkms:gates"] == {
        "bake": 600,
        "firstStep": 100,
    }
    assert put(BLOCK, ("config", "dkms:x"), "1.30").splitlines()[-1] == '  dkms:x: "1.30"'


def test_json_stays_json() -> None:
    text = json.dumps({"config": {"dkms:active": "blue", "dkms:clusters": {}}}, indent=2)
    split = with_weights(text, Weights(blue=1, green=99))
    assert json.loads(split)["config"]["dkms:weights"] == {"blue": 1, "green": 99}
    assert json.loads(with_weights(split, Weights(blue=0, green=100)))["config"]["dkms:active"] == "green"


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  dkms:active: blue\n  dkms:weights: &split {blue: 1, green: 99}\n  other: *split\n",
        "config:\n  other: &split {blue: 1, green: 99}\n  dkms:active: blue\n  dkms:weights: *split\n",
        "config: {}\n",
    ],
)
def test_what_cannot_be_edited_in_place_is_refused(text: str) -> None:
    with pytest.raises(BlueGreenError, match=r"dkms:weights: cannot be edited as it is written"):
        with_weights(text, Weights(blue=10, green=90))
