from typing import Any

import pytest

from components.gates.weights import RECORD, has, moves, of_inputs

LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"


def forward(**weights: int) -> list[dict[str, Any]]:
    return [{"type": "forward", "forward": {"targetGroups": [{"arn": arn, "weight": w} for arn, w in weights.items()]}}]


def record(identifier: str | None, weight: int | None) -> dict[str, Any]:
    if identifier is None:
        return {"name": "dkms.example.cn"}
    return {"setIdentifier": identifier, "weightedRoutingPolicies": [{"weight": float(weight or 0)}]}


@pytest.mark.parametrize(
    ("kind", "inputs", "weights"),
    [
        (LISTENER, {"defaultActions": forward(a=90, b=10)}, {"a": 90, "b": 10}),
        (LISTENER, {"defaultActions": [{"type": "forward", "targetGroupArn": "a"}]}, {"a": 1}),
        (LISTENER, {"defaultActions": [{"targetGroupArn": "a", **forward(a=1)[0]}]}, {"a": 1}),
        (RULE, {"actions": forward(a=100)}, {"a": 100}),
        (RULE, {"actions": [{"type": "fixed-response"}]}, {}),
        (RECORD, record("green", 10), {"green": 10}),
        (RECORD, record("green", 0), {"green": 0}),
        (RECORD, record(None, None), {"": 100}),
    ],
)
def test_the_weights_in_inputs(kind: str, inputs: dict[str, Any], weights: dict[str, int]) -> None:
    assert of_inputs(kind, inputs) == weights


@pytest.mark.parametrize(
    ("kind", "old", "new", "moved"),
    [
        (LISTENER, {"a": 100}, {"a": 100}, False),
        (LISTENER, {"a": 100}, {"a": 90, "b": 10}, True),
        (LISTENER, {"a": 100}, {"other a": 100}, True),
        (LISTENER, {"a": 1}, {"a": 100}, False),
        (LISTENER, {"a": 1}, {"b": 100}, True),
        (RULE, {}, {"a": 100}, False),
        (RULE, {"a": 100}, {}, False),
        (RECORD, {"": 100}, {"blue": 100}, False),
        (RECORD, {"": 100}, {"blue": 90}, True),
        (RECORD, {"green": 0}, {"green": 10}, True),
    ],
)
def test_what_moves_traffic(kind: str, old: dict[str, int], new: dict[str, int], moved: bool) -> None:
    assert moves(kind, old, new) is moved


def test_a_record_is_one_of_its_name_and_an_action_is_whole() -> None:
    applied = {"blue": 90, "green": 10}
    assert has(RECORD, applied, {"green": 10})
    assert not has(RECORD, applied, {"green": 20})
    assert has(LISTENER, applied, applied)
    assert has(LISTENER, {"a": 1}, {"a": 100})
    assert not has(LISTENER, applied, {"green": 10})
