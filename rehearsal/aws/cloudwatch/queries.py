"""MetricDataQuery: what alarms and GetMetricData ask for, one series for each id."""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.aws.cloudwatch.expressions import Series, evaluate, names
from rehearsal.aws.cloudwatch.history import History, statistic
from rehearsal.aws.refusals import Params, Refusal
from rehearsal.oracle.metrics import Metric

__all__ = ["Queries"]


class Queries:
    """Queries that may refer to each other by id."""

    def __init__(self, queries: Sequence[Params]) -> None:
        self._by_id = {query["Id"]: query for query in queries}

    @classmethod
    def of_alarm(cls, params: Params) -> tuple[Queries, str]:
        """Return the queries of an alarm, and the id of the one that it watches."""
        if "Metrics" in params:
            watched = next(query["Id"] for query in params["Metrics"] if query.get("ReturnData", True))
            return cls(params["Metrics"]), watched
        metric = {key: params[key] for key in ("Namespace", "MetricName", "Dimensions") if key in params}
        stat = params.get("Statistic") or params["ExtendedStatistic"]
        only = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": params["Period"], "Stat": stat}}
        return cls([only]), "m1"

    def period(self, ident: str) -> int:
        """Return the seconds of a datapoint of a query.

        Refused where its metrics differ in that, it has none, or it refers to itself or to what is not there.
        """
        periods = self._periods(ident, ())
        if len(periods) != 1:
            told = ", ".join(f"{each} s" for each in sorted(periods)) or "no metric"
            raise Refusal("ValidationError", f"{ident}: all metrics must use the same period; it uses {told}")
        return periods.pop()

    def _periods(self, ident: str, users: tuple[str, ...]) -> set[int]:
        query = self._by_id.get(ident)
        if query is None:
            raise Refusal("ValidationError", f"{users[-1]}: no metric or expression has the id {ident}")
        if ident in users:
            raise Refusal("ValidationError", f"{ident}: the expression refers to itself")
        if "MetricStat" in query:
            return {int(query["MetricStat"]["Period"])}
        return set[int]().union(*(self._periods(name, (*users, ident)) for name in names(query["Expression"])))

    def series(self, ident: str, history: History, starts: Sequence[float], until: float) -> Series:
        """Return a query's values in the periods that begin at these times; the last may be cut short."""
        query = self._by_id[ident]
        if "MetricStat" not in query:
            expression = query["Expression"]
            parts = {name: self.series(name, history, starts, until) for name in names(expression)}
            return evaluate(expression, parts)
        stat, period = query["MetricStat"]["Stat"], int(query["MetricStat"]["Period"])
        metric = _metric(query["MetricStat"]["Metric"])
        return tuple(statistic(stat, history.samples(metric, start, min(start + period, until))) for start in starts)


def _metric(params: Params) -> Metric:
    dimensions = frozenset((each["Name"], each["Value"]) for each in params.get("Dimensions", ()))
    return Metric(params["Namespace"], params["MetricName"], dimensions)
