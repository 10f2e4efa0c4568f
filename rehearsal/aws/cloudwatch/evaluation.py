"""The state of an alarm, given its datapoints. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["COMPARISONS", "EXTRA", "TREATMENTS", "Datapoint", "Outcome", "Rule", "State", "judge"]

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA = 2
"""Datapoints beyond the evaluation periods that count where newer ones are missing, as in AWS's own examples."""

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
TREATMENTS = {"missing": "Missing", "ignore": "Ignore", "breaching": "Breaching", "notBreaching": "NonBreaching"}
"""Values of TreatMissingData, and how a reason calls them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm goes off: `datapoints` of the newest `periods` compare with `threshold`."""

    comparison: str
    threshold: float
    periods: int
    datapoints: int
    missing: str = "missing"


@dataclass(frozen=True, slots=True)
class Datapoint:
    """The value of a period, or None, and the date of its start."""

    date: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A state and the reason for it, in CloudWatch's words."""

    state: State
    reason: str


def judge(rule: Rule, datapoints: Sequence[Datapoint]) -> Outcome | None:
    """Return the state by these datapoints, newest first, `periods` and `EXTRA`; None keeps the present one."""
    breaches = COMPARISONS[rule.comparison][0]
    real = [each for each in datapoints if each.value is not None][: rule.periods]
    breaching = [each for each in real if each.value is not None and breaches(each.value, rule.threshold)]
    filled = rule.periods - len(real)
    if not real:
        return _without_data(rule)
    if rule.missing == "breaching" and len(breaching) + filled >= rule.datapoints:
        return Outcome("ALARM", _told(rule, real, len(breaching), filled))
    if len(breaching) >= rule.datapoints:
        return Outcome("ALARM", _told(rule, real, len(breaching)))
    if filled and rule.missing in ("missing", "ignore") and len(breaching) == len(real):
        # Breaching for as long as anything is known, which is old enough to count for what is missing, or not.
        if rule.missing == "ignore":
            return None
        if datapoints.index(real[-1]) + 1 < rule.datapoints:
            return _insufficient(filled)
        return Outcome("ALARM", _told(rule, real, len(breaching)))
    return Outcome("OK", _told(rule, real, len(real) - len(breaching), negated=True))


def _without_data(rule: Rule) -> Outcome | None:
    if rule.missing == "ignore":
        return None
    if rule.missing == "missing":
        return _insufficient(rule.periods)
    treated = f"{_count(rule.periods, 'missing datapoint')} treated as [{TREATMENTS[rule.missing]}]"
    periods = f"{rule.periods} period{'s' if rule.periods > 1 else ''}"
    reason = f"Threshold Crossed: no datapoints were received for {periods} and {treated}."
    return Outcome("ALARM" if rule.missing == "breaching" else "OK", reason)


def _insufficient(count: int) -> Outcome:
    return Outcome("INSUFFICIENT_DATA", f"Insufficient Data: {_count(count, 'datapoint')} unknown.")


def _told(rule: Rule, real: Sequence[Datapoint], count: int, filled: int = 0, *, negated: bool = False) -> str:
    told = ", ".join(f"{each.value} ({each.date:%d/%m/%y %H:%M:%S})" for each in real)
    added = f" and {_count(filled, 'missing datapoint')} treated as [Breaching]" if filled else ""
    minimum = rule.periods - rule.datapoints + 1 if negated else rule.datapoints
    least = f"{minimum} datapoint{'s' if minimum > 1 else ''}"
    return (
        f"Threshold Crossed: {count} out of the last {rule.periods} datapoints [{told}] "
        f"{'was' if count == 1 else 'were'} {'not ' if negated else ''}{COMPARISONS[rule.comparison][1]} "
        f"the threshold ({rule.threshold}){added} "
        f"(minimum {least} for {'ALARM -> OK' if negated else 'OK -> ALARM'} transition)."
    )


def _count(count: int, what: str) -> str:
    return f"{count} {what} was" if count == 1 else f"{count} {what}s were"
