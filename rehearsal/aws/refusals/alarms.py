"""Alarms: which parameters go together, and what CloudWatch offers that is not embedded.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rehearsal.aws.cloudwatch.evaluation import COMPARISONS, TREATMENTS
from rehearsal.aws.cloudwatch.expressions import ExpressionError, evaluate, names
from rehearsal.aws.cloudwatch.history import PERCENTILE, STATISTICS
from rehearsal.aws.cloudwatch.queries import Queries
from rehearsal.aws.refusals import Params, Refusal

__all__ = ["alarm", "queries"]

_OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Statistic", "ExtendedStatistic")
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_EMBEDDED = frozenset(
    {"AlarmName", "AlarmDescription", "ActionsEnabled", "Metrics", "EvaluationPeriods", "DatapointsToAlarm"}
    | {"Threshold", "ComparisonOperator", "TreatMissingData", "Tags", *_ACTIONS, *_OF_ONE_METRIC}
)
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_DAY = 86400
_MOST_METRICS = 10


def alarm(params: Params, partition: str) -> None:
    """Check PutMetricAlarm."""
    for name in params.keys() - _EMBEDDED:
        raise _invalid(f"{name} is not embedded")
    _require(params, "AlarmName", "ComparisonOperator", "EvaluationPeriods", "Threshold")
    _one_of(params["ComparisonOperator"], tuple(COMPARISONS), "ComparisonOperator")
    _one_of(params.get("TreatMissingData", "missing"), tuple(TREATMENTS), "TreatMissingData")
    if params.get("DatapointsToAlarm", 1) > params["EvaluationPeriods"]:
        raise _invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    for action in (arn for key in _ACTIONS for arn in params.get(key, ())):
        if not action.startswith(f"arn:{partition}:"):
            raise _invalid(f"Invalid arn syntax: {action}")
    if ("MetricName" in params) == ("Metrics" in params):
        raise _invalid("exactly one of MetricName and Metrics must be given")
    (_metrics if "Metrics" in params else _one_metric)(params)
    asked, watched = Queries.of_alarm(params)
    if asked.period(watched) * params["EvaluationPeriods"] > _DAY:
        raise _invalid(f"Metrics cannot be checked across more than a day (EvaluationPeriods * Period <= {_DAY})")


def queries(asked: Sequence[Params]) -> None:
    """Check the queries of an alarm or of GetMetricData."""
    idents = [query["Id"] for query in asked]
    for ident in idents:
        if not _ID.fullmatch(ident) or idents.count(ident) > 1:
            raise _invalid(f"Id {ident}: must be unique, begin with a lower-case letter and hold letters, digits, _")
    for query in asked:
        if ("MetricStat" in query) == ("Expression" in query):
            raise _invalid(f"{query['Id']}: exactly one of MetricStat and Expression must be given")
        if "MetricStat" in query:
            _require(query["MetricStat"], "Metric", "Period", "Stat")
            _require(query["MetricStat"]["Metric"], "Namespace", "MetricName")
            _period(query["MetricStat"]["Period"])
            _statistic(query["MetricStat"]["Stat"])
        else:
            _expression(query["Expression"])
    known = Queries(asked)
    for ident in idents:
        known.period(ident)


def _metrics(params: Params) -> None:
    for name in params.keys() & set(_OF_ONE_METRIC):
        raise _invalid(f"{name} must not be given together with Metrics", "InvalidParameterCombination")
    queries(params["Metrics"])
    if sum(query.get("ReturnData", True) for query in params["Metrics"]) != 1:
        raise _invalid("exactly one element of Metrics must have ReturnData true")
    if sum("MetricStat" in query for query in params["Metrics"]) > _MOST_METRICS:
        raise _invalid(f"an alarm's expression can include at most {_MOST_METRICS} metrics")


def _one_metric(params: Params) -> None:
    _require(params, "Namespace", "Period")
    if ("Statistic" in params) == ("ExtendedStatistic" in params):
        raise _invalid("exactly one of Statistic and ExtendedStatistic must be given", "InvalidParameterCombination")
    _period(params["Period"])
    if "Statistic" in params:
        _one_of(params["Statistic"], STATISTICS, "Statistic")
    elif not PERCENTILE.fullmatch(params["ExtendedStatistic"]):
        raise _invalid(f"ExtendedStatistic {params['ExtendedStatistic']}: percentiles such as p99 are embedded")


def _expression(expression: str) -> None:
    try:
        evaluate(expression, dict.fromkeys(names(expression), (None,)))
    except ExpressionError as error:
        raise _invalid(str(error)) from error


def _statistic(stat: str) -> None:
    if stat not in STATISTICS and not PERCENTILE.fullmatch(stat):
        raise _invalid(f"Stat {stat}: {', '.join(STATISTICS)} and percentiles such as p99 are embedded")


def _period(seconds: int) -> None:
    if seconds <= 0 or seconds % 60:
        raise _invalid(f"Period {seconds}: load balancers report once a minute; give a multiple of 60")


def _one_of(value: str, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise _invalid(f"{name} {value} must be one of {', '.join(allowed)}")


def _require(params: Params, *keys: str) -> None:
    for key in keys:
        if key not in params:
            raise _invalid(f"The parameter {key} is required", "MissingParameter")


def _invalid(message: str, code: str = "ValidationError") -> Refusal:
    return Refusal(code, message)
