"""The weights that a listener, a rule or a record gives, in Pulumi's words. Pure."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
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
    found: dict[str, int] = {}
    for action in actions:
        if action.get("forward"):
            found |= {group["arn"]: int(group.get("weight", 1)) for group in action["forward"]["targetGroups"]}
        elif action.get("targetGroupArn"):  # as a listener that is adopted may say it
            found[action["targetGroupArn"]] = 1
    return found


def moves(kind: str, old: Applied, new: Applied) -> bool:
    """Whether a change moves traffic from one place to another.

    A simple record that becomes a weighted one of 100 does not, nor a rule that begins or ceases to forward.
    """
    if kind == RECORD:
        return [*old.values()] != [*new.values()]
    return bool(old and new) and _shares(old) != _shares(new)


def has(kind: str, applied: Applied, weights: Applied) -> bool:
    """Whether AWS has these weights; of a name it has the other colour's record too."""
    return weights.items() <= applied.items() if kind == RECORD else _shares(weights) == _shares(applied)


def _shares(weights: Applied) -> Mapping[str, Fraction]:
    """Weights as parts of their sum: 1 alone is as much as 100 alone."""
    total = sum(weights.values()) or 1
    return {key: Fraction(weight, total) for key, weight in weights.items()}
