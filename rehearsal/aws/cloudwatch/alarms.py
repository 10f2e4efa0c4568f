"""An alarm: what it was given, and the state that time and metrics bring it to."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor
from typing import Any

from rehearsal.aws.clock import date_of
from rehearsal.aws.cloudwatch.evaluation import EXTRA, Datapoint, Outcome, Rule, State, judge
from rehearsal.aws.cloudwatch.history import History
from rehearsal.aws.cloudwatch.queries import Queries
from rehearsal.aws.refusals import Params

__all__ = ["Alarm", "next_judged"]

_EVERY = 60.0
"""Seconds between two evaluations, each at a whole minute, by periods that end there.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""


def next_judged(now: float) -> float:
    """Return the model time, after now, at which alarms are judged next."""
    return (floor(now / _EVERY) + 1) * _EVERY


@dataclass(slots=True)
class Alarm:
    """A metric alarm. Its state is told as of the last whole minute; call `settle` first."""

    arn: str
    params: Params
    """Of PutMetricAlarm, without the tags."""
    configured: float
    """Model time (seconds) of the last PutMetricAlarm."""
    since: float
    """Model time of the last change of state."""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    state: State = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str | None = None
    _settled: float = field(default=0, init=False)
    """Up to which model time it is evaluated."""
    _stale: bool = field(default=True, init=False)
    """Whether the next evaluation may differ although the metrics have not changed."""

    def configure(self, params: Params, at: float) -> None:
        """Overwrite the configuration; the state stays until the next evaluation."""
        self.params, self.configured, self._stale = params, at, True

    def set_state(self, outcome: Outcome, reason_data: str | None, at: float) -> None:
        """Take a state that somebody sets; it stays until the next evaluation differs."""
        self._turn(outcome, at)
        self.reason_data, self._stale = reason_data, True

    def settle(self, history: History, now: float) -> None:
        """Evaluate at every whole minute since the last time at which the outcome may have changed."""
        queries, watched = Queries.of_alarm(self.params)
        period = queries.period(watched)
        reach = period * (self.params["EvaluationPeriods"] + EXTRA)
        at = next_judged(max(self._settled, self.since))
        while at <= now:
            if self._stale or history.changed(at - reach - _EVERY, at):
                self._stale = False
                starts = [at - period * number for number in range(1, self.params["EvaluationPeriods"] + EXTRA + 1)]
                # Expressions read series from the oldest value on.
                values = queries.series(watched, history, starts[::-1], at)[::-1]
                points = [Datapoint(date_of(start), value) for start, value in zip(starts, values, strict=True)]
                outcome = judge(self._rule(), points)
                if outcome and outcome.state != self.state:
                    self._turn(outcome, at)
            at += _EVERY
        self._settled = max(self._settled, now)

    def _turn(self, outcome: Outcome, at: float) -> None:
        self.state, self.reason, self.since, self.reason_data = outcome.state, outcome.reason, at, None

    def _rule(self) -> Rule:
        params = self.params
        periods: int = params["EvaluationPeriods"]
        return Rule(
            params["ComparisonOperator"],
            float(params["Threshold"]),
            periods,
            params.get("DatapointsToAlarm", periods),
            params.get("TreatMissingData", "missing"),
        )

    def described(self) -> dict[str, Any]:
        """Return what DescribeAlarms says."""
        lists = ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions")
        told: dict[str, Any] = {"ActionsEnabled": True, **{key: list[str]() for key in lists}, **self.params}
        if self.reason_data is not None:
            told["StateReasonData"] = self.reason_data
        return told | {
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": date_of(self.configured),
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateUpdatedTimestamp": date_of(self.since),
            "StateTransitionedTimestamp": date_of(self.since),
        }
