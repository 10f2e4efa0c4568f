"""The schema that SDKs are made of: it is the code's, and says of every argument what it is for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.model import Entry
from components.shared_nlb import SharedNLB
from package.args import later
from package.catalogue import COMPONENTS
from package.schema import package_schema

SCHEMA = package_schema()
TYPES, RESOURCES = SCHEMA["types"], SCHEMA["resources"]
COMMITTED = Path(__file__).parents[2] / "package/schema.json"


def test_what_is_committed_is_current() -> None:
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == SCHEMA, "run `make schema`, and look at its diff"


def test_it_has_every_component() -> None:
    assert list(RESOURCES) == [
        "bluegreen:index:BlueGreenRoute53",
        "bluegreen:index:SharedNLB",
        "bluegreen:index:SharedALB",
        "bluegreen:index:ServiceCluster",
    ]


def test_descriptions_are_those_of_the_code() -> None:
    described = RESOURCES["bluegreen:index:SharedNLB"]["description"]
    assert described.startswith("One NLB in front of a blue and a green ALB.")
    assert SharedNLB.__doc__ is not None
    assert " ".join(described.split()) == " ".join(SharedNLB.__doc__.split())
    host = TYPES["bluegreen:index:Entry"]["properties"]["host"]["description"]
    assert host == Entry.model_fields["host"].description


@pytest.mark.parametrize("token", RESOURCES)
def test_every_argument_and_output_says_what_it_is_for(token: str) -> None:
    for key, described in {**RESOURCES[token]["inputProperties"], **RESOURCES[token]["properties"]}.items():
        assert described.get("description"), key


@pytest.mark.parametrize("token", RESOURCES)
def test_arguments_are_plain_unless_they_may_come_later(token: str) -> None:
    may_be_outputs = later(COMPONENTS[token].args)
    assert {"vpcId"} < may_be_outputs
    for key, described in RESOURCES[token]["inputProperties"].items():
        assert ("plain" not in described) == (key in may_be_outputs), key
    assert not any("plain" in described for described in RESOURCES[token]["properties"].values())


def test_every_type_that_is_named_is_there_and_the_other_way_round() -> None:
    named = set(_references(SCHEMA))
    assert named == {f"#/types/{token}" for token in TYPES}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_an_optional_key_is_of_its_own_type_and_a_choice_says_what_there_is() -> None:
    entry = TYPES["bluegreen:index:Entry"]
    assert entry["properties"]["certificateArn"]["type"] == "string"
    assert "certificateArn" not in entry["required"]
    assert entry["properties"]["scheme"]["description"].endswith("One of internal, internet-facing.")
    assert TYPES["bluegreen:index:Colour"]["enum"] == [{"value": "blue"}, {"value": "green"}]


def test_a_time_is_a_number_or_text() -> None:
    bake = TYPES["bluegreen:index:GateSettings"]["properties"]["bake"]
    assert bake["oneOf"] == [{"type": "integer", "plain": True}, {"type": "string", "plain": True}]
