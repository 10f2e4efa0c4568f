"""CloudWatch's arithmetic, by the examples of its own documentation."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.cloudwatch.evaluation import Datapoint, Rule, judge
from rehearsal.aws.cloudwatch.expressions import ExpressionError, evaluate, names
from rehearsal.aws.cloudwatch.history import History, statistic
from rehearsal.oracle.metrics import ALB, Metric

VALUES = {"0": 0.0, "X": 9.0, "-": None}
METRIC = Metric(ALB, "RequestCount", frozenset())


def outcome(points: str, datapoints: int, missing: str) -> str | None:
    """Judge points as the documentation writes them: the newest on the right."""
    rule = Rule("GreaterThanThreshold", 5, 3, datapoints, missing)
    day = datetime(2026, 1, 1, tzinfo=UTC)
    judged = judge(rule, [Datapoint(day, VALUES[point]) for point in reversed(points.split())])
    return judged and judged.state


@pytest.mark.parametrize(
    ("points", "datapoints", "states"),
    [
        ("0 - X - X", 3, ("OK", "OK", "OK", "OK")),
        ("0 - - - -", 3, ("OK", "OK", "OK", "OK")),
        ("- - - - -", 3, ("INSUFFICIENT_DATA", None, "ALARM", "OK")),
        ("0 X X - X", 3, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", 3, ("ALARM", None, "ALARM", "OK")),
        ("- - - - X", 3, ("INSUFFICIENT_DATA", None, "ALARM", "OK")),
        ("0 - X - X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 0 X 0 X", 2, ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0 - X - -", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - - 0", 2, ("OK", "OK", "ALARM", "OK")),
        ("- - - X -", 2, ("ALARM", None, "ALARM", "OK")),
    ],
)
@pytest.mark.fact(58)
def test_missing_data_is_treated_as_documented(points, datapoints, states):
    treatments = ("missing", "ignore", "breaching", "notBreaching")
    assert tuple(outcome(points, datapoints, treatment) for treatment in treatments) == states


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("GreaterThanThreshold", [6]),
        ("LessThanThreshold", [4]),
        ("LessThanOrEqualToThreshold", [4, 5]),
    ],
)
def test_comparisons(comparison, breaching):
    day = datetime(2026, 1, 1, tzinfo=UTC)
    rule = Rule(comparison, 5, 1, 1)
    states = {value: judge(rule, [Datapoint(day, value)]) for value in (4, 5, 6)}
    assert [value for value, found in states.items() if found and found.state == "ALARM"] == breaching


def test_reasons_are_told_as_cloudwatch_tells_them():
    day = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    rule = Rule("GreaterThanThreshold", 5.0, 2, 2)
    alarm = judge(rule, [Datapoint(day, 50.0), Datapoint(day, 6.5)])
    assert alarm
    assert alarm.reason == (
        "Threshold Crossed: 2 out of the last 2 datapoints [50.0 (23/11/26 12:05:00), 6.5 (23/11/26 12:05:00)] were "
        "greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    ok = judge(rule, [Datapoint(day, 0.0), Datapoint(day, 6.5)])
    assert ok
    assert ok.reason.endswith(
        "was not greater than the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )


SERIES = {
    "m1": (1.0, 1.0, 0.0, 0.0, None),
    "m2": (30.0, None, 0.0, 0.0, 30.0),
    "m3": (0.0, 0.0, 20.0, None, 20.0),
    "c1": (30.0, 20.0, 0.0, 0.0, None),
    "c2": (20.0, None, 20.0, None, None),
}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("IF(m1, m2, m3)", (30, 0, 20, None, None)),
        ("IF(m1, 5, m3)", (5, 5, 20, None, None)),
        ("IF(m1, m2, 5)", (30, 0, 5, 5, None)),
        ("IF(m1, m2)", (30, 0, None, None, None)),
        ("IF(0, m2, m3)", (0, 0, 20, None, 20)),
        ("c1 < c2", (0, 0, 1, 0, None)),
        ("c1 >= 30", (1, 0, 0, 0, None)),
        ("c1 + c2 * 2", (70, 20, 40, 0, None)),
        ("(c1 - c2) / c1", (1 / 3, 1, None, None, None)),
        ("-c2", (-20, None, -20, None, None)),
        ("100 / c2", (5, None, 5, None, None)),
        ("FILL(c2, 7)", (20, 7, 20, 7, 7)),
        ("FILL(c2, REPEAT)", (20, 20, 20, 20, 20)),
        ("FILL(c2, m2)", (20, None, 20, 0, 30)),
        ("SUM([m2, m3])", (30, 0, 20, 0, 50)),
        ("MAX([m2, m3])", (30, 0, 20, 0, 30)),
        ("c1 / SUM(c1)", (0.6, 0.4, 0, 0, None)),
        ("m1 * (1 / (MAX(m1) - 1))", (None, None, None, None, None)),
        ("c1 / MAX(c1)", (1, 2 / 3, 0, 0, None)),
    ],
)
def test_metric_math(expression, values):
    read = {name: SERIES[name] for name in names(expression)}
    assert evaluate(expression, read) == pytest.approx(values)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("m1 +", "not an expression"),
        ("m1 ** 2", "not an expression"),
        ("m1 ^ 2", "not an expression"),
        ("__import__('os')", "__import__ of 1: not a function"),
        ("ANOMALY_DETECTION_BAND(m1)", "not a function"),
        ("FILL(m1, LINEAR)", "no metric or expression has the id LINEAR"),
        ("m1 AND m2", "not an expression"),
        ("SUM(m1)", "must be a single time series"),
        ("[m1, m2]", "must be a single time series"),
        ("SUM([m1]) + [m2]", "in SUM and MAX only"),
        ("SUM(3)", "take a time series"),
        ("IF(1, 2, 3)", "at least one time series"),
        ("unknown / m1", "no metric or expression has the id unknown"),
    ],
)
def test_what_is_no_expression_is_refused(expression, told):
    with pytest.raises(ExpressionError, match=told.replace("(", r"\(")):
        evaluate(expression, SERIES)


def test_a_long_expression_is_refused_and_does_not_break_anything():
    with pytest.raises(ExpressionError):
        evaluate("(" * 900 + "m1" + ")" * 900, SERIES)


def test_history_weighs_values_by_how_long_they_held():
    history = History()
    history.note(0, {METRIC: {1.0: 10.0}})
    history.note(30, {METRIC: {1.0: 20.0}})
    history.note(50, {})
    assert history.samples(METRIC, 0, 60) == {1.0: 700.0}
    assert history.samples(METRIC, 40, 60) == {1.0: 200.0}
    assert history.samples(METRIC, 60, 120) == {}
    assert (history.changed(31, 50), history.changed(30, 31), history.changed(50, 51)) == (False, True, True)


def test_history_of_the_last_day_is_kept():
    history = History()
    for hour in range(30):
        history.note(hour * 3600, {METRIC: {float(hour): 1.0}})
    now = 29 * 3600
    assert history.samples(METRIC, 0, 3600) == {}
    assert history.samples(METRIC, now - 86400, now - 86400 + 60) == {5.0: 60.0}


@given(st.dictionaries(st.floats(0, 100), st.floats(0.1, 100), min_size=1), st.floats(0, 100))
def test_percentiles_are_values_that_were_measured(samples, percent):
    found = statistic(f"p{percent:f}", samples)
    assert found in samples
    below = sum(weight for value, weight in samples.items() if value < found)
    assert below <= sum(samples.values()) * percent / 100 + 1e-3


@pytest.mark.parametrize(
    ("name", "value"),
    [("Sum", 6), ("SampleCount", 4), ("Average", 1.5), ("Minimum", 1), ("Maximum", 3), ("p50", 1), ("p99", 3)],
)
def test_statistics(name, value):
    assert statistic(name, {1.0: 3.0, 3.0: 1.0}) == value
    assert statistic(name, {}) is None
