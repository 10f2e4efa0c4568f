"""What load balancers measure in a state of AWS."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.oracle import Oracle
from rehearsal.oracle.metrics import ALB, NLB, RATE, Metric, measure
from rehearsal.oracle.state import Forward
from tests.rehearsal.chains import PROBE, Chains, route53, shared_nlb

BLUE, GREEN = (
    f"arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:targetgroup/{colour}/1" for colour in ("blue", "green")
)


def metric(name: str, balancer: str, group: str = "") -> Metric:
    namespace = NLB if balancer.startswith("net/") else ALB
    dimensions = {("LoadBalancer", balancer)} | ({("TargetGroup", group)} if group else set())
    return Metric(namespace, name, frozenset(dimensions))


def per_second(measured, name: str, balancer: str, group: str = "") -> float | None:
    """Sum per second; None where nothing is reported."""
    samples = measured.get(metric(name, balancer, group))
    return None if samples is None else sum(value * rate for value, rate in samples.items())


def disturbed(chains: Chains, colour: str, count: int = 1, **changes) -> Chains:
    """Change the first pods of a colour."""
    pods = dict(chains.snapshot.pods)
    for address in [address for address, pod in pods.items() if pod.colour == colour][:count]:
        pods[address] = replace(pods[address], **changes)
    chains.snapshot = replace(chains.snapshot, pods=pods)
    return chains


def two_groups(*, blue: int, green: int) -> Chains:
    """Return one ALB in front of the pods of two clusters, by real ARNs of target groups."""
    return (
        Chains()
        .pods(BLUE, "blue")
        .pods(GREEN, "green")
        .alb("alb", Forward({BLUE: blue, GREEN: green}))
        .to_alb("alb-any", "alb")
        .nlb("nlb", Forward({"alb-any": 1}))
        .record("nlb")
    )


@given(st.integers(1, 99))
def test_requests_are_counted_where_they_arrive(blue):
    measured = measure(shared_nlb(blue=blue, green=100 - blue).snapshot, [PROBE])
    assert per_second(measured, "RequestCount", "app/blue/0f") == pytest.approx(RATE * blue / 100)
    assert per_second(measured, "RequestCount", "app/green/0f") == pytest.approx(RATE * (100 - blue) / 100)
    assert per_second(measured, "HTTPCode_Target_5XX_Count", "app/green/0f") == 0


def test_nothing_is_counted_without_traffic_but_hosts():
    chains = two_groups(blue=100, green=0)
    idle, busy = measure(chains.snapshot, []), measure(chains.snapshot, [PROBE])
    green = "targetgroup/green/1"
    assert {each.name for each in idle} == {"NewFlowCount", "ActiveFlowCount", "HealthyHostCount", "UnHealthyHostCount"}
    assert per_second(idle, "NewFlowCount", "net/nlb/0f") == 0
    assert per_second(busy, "NewFlowCount", "net/nlb/0f") > 0
    assert per_second(busy, "RequestCount", "app/alb/0f", green) is None
    assert per_second(busy, "RequestCount", "app/alb/0f", "targetgroup/blue/1") == RATE
    assert list(busy[metric("HealthyHostCount", "app/alb/0f", green)]) == [2.0]


def test_a_colour_without_a_share_gets_no_flows():
    measured = measure(route53(blue=100, green=0).snapshot, [PROBE])
    assert per_second(measured, "ActiveFlowCount", "net/nlb-blue/0f") > 0
    assert list(measured[metric("ActiveFlowCount", "net/nlb-green/0f")]) == [0.0]
    assert per_second(measured, "RequestCount", "app/green/0f") is None


def test_errors_of_pods_are_the_targets():
    chains = disturbed(two_groups(blue=50, green=50), "green", error_share=0.5)
    measured = measure(chains.snapshot, [PROBE])
    for group in ("", "targetgroup/green/1"):
        assert per_second(measured, "HTTPCode_Target_5XX_Count", "app/alb/0f", group) == RATE / 8
    assert per_second(measured, "HTTPCode_Target_5XX_Count", "app/alb/0f", "targetgroup/blue/1") == 0
    assert per_second(measured, "HTTPCode_ELB_5XX_Count", "app/alb/0f") is None


@pytest.mark.parametrize(("change", "counted"), [({"healthy": False}, RATE / 2), ({}, None)])
def test_errors_of_the_alb_are_its_own(change, counted):
    chains = disturbed(shared_nlb(blue=100), "blue", **change)
    assert per_second(measure(chains.snapshot, [PROBE]), "HTTPCode_ELB_5XX_Count", "app/blue/0f") == counted


def test_a_request_without_a_target_is_an_error_and_not_counted_as_request():
    chains = Chains().pods(BLUE, "blue", state="unhealthy").alb("alb", Forward({BLUE: 1}))
    chains = chains.to_alb("alb-any", "alb").nlb("nlb", Forward({"alb-any": 1})).record("nlb")
    measured = measure(chains.snapshot, [PROBE])
    assert per_second(measured, "HTTPCode_ELB_5XX_Count", "app/alb/0f") == RATE
    assert per_second(measured, "RequestCount", "app/alb/0f") is None
    assert list(measured[metric("UnHealthyHostCount", "app/alb/0f", "targetgroup/blue/1")]) == [2.0]


def test_latency_is_that_of_each_pod_by_its_requests():
    chains = disturbed(shared_nlb(blue=100), "blue", latency=1.5)
    measured = measure(chains.snapshot, [PROBE])
    assert measured[metric("TargetResponseTime", "app/blue/0f")] == {0.02: RATE / 2, 1.5: RATE / 2}


def test_the_oracle_counts_errors_as_lost_and_latency_not():
    oracle = Oracle()
    oracle.watch([PROBE])
    chains = shared_nlb(blue=50, green=50)
    assert oracle.judge(chains.snapshot, 0).lost == 0
    assert oracle.judge(disturbed(chains, "green", latency=9).snapshot, 1).lost == 0
    verdict = oracle.judge(disturbed(chains, "green", error_share=0.5).snapshot, 2)
    assert (verdict.probes[0].shares, verdict.probes[0].lost) == ({"blue": 50, "green": 37.5}, 12.5)
    assert "answers 50% of requests with 500" in verdict.reasons[0]
