"""What a state of AWS sends to CloudWatch: the metrics of its load balancers, at a nominal rate of requests. Pure.

Counts exist only where requests flow; host counts as long as targets are registered.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rehearsal.oracle.routing import Flow, Way, from_name
from rehearsal.oracle.state import Snapshot, TargetGroup
from rehearsal.oracle.verdict import Probe

__all__ = ["ALB", "NLB", "RATE", "Dimensions", "Measured", "Metric", "Samples", "measure"]

RATE = 100.0
"""Requests per second of each probe."""
_REQUESTS_PER_FLOW = 10
"""Requests that a client sends on a connection to an NLB."""
_FLOW_LIFE = 30.0
"""Seconds for which a connection stays open."""
_REPORTS = 1 / 60
"""What is not counted is reported once a minute; per second."""

ALB, NLB = "AWS/ApplicationELB", "AWS/NetworkELB"


Dimensions: TypeAlias = frozenset[tuple[str, str]]
"""Names and values, such as `LoadBalancer` and `app/dkms-blue/0123456789abcdef`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of CloudWatch. The same name with other dimensions is another metric."""

    namespace: str
    name: str
    dimensions: Dimensions


Samples: TypeAlias = Mapping[float, float]
"""What a metric gets per second: how many samples (may be a fraction) of each value."""

Measured: TypeAlias = Mapping[Metric, Samples]


def measure(snapshot: Snapshot, probes: Sequence[Probe]) -> Measured:
    """Return what is measured while AWS is in a state and clients send these probes.

    Clients ask DNS and connect anew: nobody is left on an older answer.
    """
    traffic = _Traffic()
    for probe in probes:
        for flow in from_name(snapshot, probe.entry, Way.of(probe)):
            traffic.count(snapshot, flow)
    measured: dict[Metric, Samples] = dict(traffic.measured())
    users = snapshot.users()
    for arn, balancer in snapshot.load_balancers.items():
        if balancer.kind == "network":
            new = traffic.flows.get(arn, 0.0)
            here = frozenset({_balancer(arn)})
            measured[Metric(NLB, "NewFlowCount", here)] = _counted(new)
            measured[Metric(NLB, "ActiveFlowCount", here)] = {new * _FLOW_LIFE: _REPORTS}
    for group in snapshot.target_groups.values():
        for user in users.get(group.arn, ()):
            measured.update(_hosts(snapshot, group, user))
    return measured


@dataclass(slots=True)
class _Traffic:
    """What requests add up to, per second."""

    requests: dict[Dimensions, float] = field(default_factory=lambda: defaultdict(float))
    errors: dict[Dimensions, float] = field(default_factory=lambda: defaultdict(float))
    latencies: dict[Dimensions, dict[float, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )
    own_errors: dict[Dimensions, float] = field(default_factory=lambda: defaultdict(float))
    flows: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def count(self, snapshot: Snapshot, flow: Flow) -> None:
        rate = RATE * flow.share
        if flow.hop:
            self.flows[flow.hop.nlb] += rate / _REQUESTS_PER_FLOW
        if not flow.alb or not rate:
            return
        alb = frozenset({_balancer(flow.alb)})
        if flow.status >= 500 and not flow.answered:
            self.own_errors[alb] += rate
        if not flow.target:  # the ALB counts as requests only those for which it chose a target
            return
        for dimensions in (alb, alb | {_group(flow.group)}):
            self.requests[dimensions] += rate
            if flow.answered:
                self.latencies[dimensions][snapshot.pods[flow.target].latency] += rate
                self.errors[dimensions] += rate if flow.lost else 0.0

    def measured(self) -> Iterator[tuple[Metric, Samples]]:
        for dimensions, rate in self.requests.items():
            yield Metric(ALB, "RequestCount", dimensions), _counted(rate)
        for dimensions, rate in self.errors.items():
            yield Metric(ALB, "HTTPCode_Target_5XX_Count", dimensions), _counted(rate)
        for dimensions, rate in self.own_errors.items():
            yield Metric(ALB, "HTTPCode_ELB_5XX_Count", dimensions), _counted(rate)
        for dimensions, latencies in self.latencies.items():
            yield Metric(ALB, "TargetResponseTime", dimensions), dict(latencies)


def _hosts(snapshot: Snapshot, group: TargetGroup, user: str) -> Iterator[tuple[Metric, Samples]]:
    """Count hosts; an NLB does not count ALBs among them."""
    states = [target.state for target in group.targets if target.state != "draining"]
    if not states or group.kind == "alb":
        return
    namespace = NLB if snapshot.load_balancers[user].kind == "network" else ALB
    dimensions = frozenset({_balancer(user), _group(group.arn)})
    for name, state in (("HealthyHostCount", "healthy"), ("UnHealthyHostCount", "unhealthy")):
        yield Metric(namespace, name, dimensions), {float(states.count(state)): _REPORTS}


def _counted(rate: float) -> Samples:
    """A count has a sample of 1 for each thing counted, or says 0 once a minute."""
    return {1.0: rate} if rate else {0.0: _REPORTS}


def _balancer(arn: str) -> tuple[str, str]:
    return "LoadBalancer", arn.partition(":loadbalancer/")[2]


def _group(arn: str) -> tuple[str, str]:
    return "TargetGroup", f"targetgroup/{arn.partition(':targetgroup/')[2]}"
