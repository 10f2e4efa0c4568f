"""The weights that a listener, a rule or a record gives, in Pulumi's words. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["RECORD", "Applied", "has", "moves", "of_inputs"]

RECORD = "aws:route53/record:Record"

Applied = Mapping[str, int]
"""Weights by target group ARN, or by the set identifier of a record; a simple record has all and no identifier."""


def of_inputs(kind: str, inputs: Mapping[str, Any]) -> Applied:
    """Read the weights in a resource's inputs."""
    if kind == RECORD:
        policies = inputs.get("weightedRoutingPolicies")
        return {inputs.get("setIdentifier") or "": int(policies[0]["weight"]) if policies else 100}
    actions: Sequence[Any] = inputs.get("defaultActions") or inputs.get("actions") or ()
    groups: list[Any] = [
        group for action in actions if action.get("forward") for group in action["forward"]["targetGroups"]
    ]
    return {group["arn"]: int(group["weight"]) for group in groups}


def moves(kind: str, old: Applied, new: Applied) -> bool:
    """Whether a change moves traffic from one place to another.

    A simple record that becomes a weighted one of 100 does not, nor a rule that begins or ceases to forward.
    """
    if kind == RECORD:
        return [*old.values()] != [*new.values()]
    return bool(old and new) and old != new


def has(kind: str, applied: Applied, weights: Applied) -> bool:
    """Whether AWS has these weights; of a name it has the other colour's record too."""
    return weights.items() <= applied.items() if kind == RECORD else weights == applied
