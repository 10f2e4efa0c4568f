import pytest

from components.gates.model import Thresholds
from components.gates.plans import AlarmPlan, plan_alarms
from components.traffic import Colour


def plans(*, own_alb: bool, **limits: float) -> dict[str, AlarmPlan]:
    found = plan_alarms("p-green", Colour.GREEN, ["dkms", "keys"], Thresholds(**limits), own_alb=own_alb)
    return {plan.name: plan for plan in found}


@pytest.mark.fact(57)
def test_a_colour_with_an_alb_of_its_own_is_measured_there() -> None:
    found = plans(own_alb=True)
    assert [*found] == ["p-green-errors", "p-green-latency", "p-green-dkms-unhealthy", "p-green-keys-unhealthy"]
    errors = found["p-green-errors"]
    assert errors.service is None
    assert not any(metric.of_group for metric in errors.metrics.values())
    assert errors.expression == "100 * (answered + own) / (requests + own)"
    assert {metric.name for metric in errors.metrics.values()} == {
        "RequestCount",
        "HTTPCode_Target_5XX_Count",
        "HTTPCode_ELB_5XX_Count",
    }


@pytest.mark.fact(57)
def test_on_a_shared_alb_nothing_that_the_other_colour_causes_counts() -> None:
    found = plans(own_alb=False)
    assert {*found} == {f"p-green-{s}-{what}" for s in ("dkms", "keys") for what in ("errors", "latency", "unhealthy")}
    assert all(plan.service for plan in found.values())
    assert all(metric.of_group for plan in found.values() for metric in plan.metrics.values())


def test_the_metrics_of_an_expression_are_those_that_it_reads() -> None:
    for own_alb in (True, False):
        for plan in plans(own_alb=own_alb).values():
            read = {id_ for id_ in plan.metrics if plan.expression and id_ in plan.expression}
            assert read == (set(plan.metrics) if plan.expression else set())
            assert plan.expression or len(plan.metrics) == 1


def test_thresholds_are_told_and_taken() -> None:
    found = plans(own_alb=True, errors=0.5, latency=2.5, unhealthy=2)
    assert {plan.name: plan.threshold for plan in found.values()} == {
        "p-green-errors": 0.5,
        "p-green-latency": 2.5,
        "p-green-dkms-unhealthy": 2,
        "p-green-keys-unhealthy": 2,
    }
    assert found["p-green-errors"].description == "green: more than 0.5 % of requests are answered with 5xx"
    assert found["p-green-latency"].description == "green: one of 100 requests takes longer than 2.5 s"
