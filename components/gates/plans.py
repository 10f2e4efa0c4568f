"""Which alarms a colour has. Pure.

Where a colour has its ALB, errors and latency are those of the ALB: whatever it answers is the colour's. On a shared
ALB they are those of each target group, as far as a metric tells them apart: errors that the ALB makes itself count as
the colour's where no connection to a pod comes about. Host counts always belong to a target group.

Counts exist only while requests flow, so an alarm without data is silence: INSUFFICIENT_DATA, and never OK.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from components.gates.model import Thresholds
from components.traffic import Colour

__all__ = ["DATAPOINTS", "PERIOD", "PERIODS", "AlarmPlan", "Metric", "plan_alarms"]

PERIOD, PERIODS, DATAPOINTS = 60, 3, 2
"""An alarm goes off by two bad minutes of the last three. Load balancers report once a minute."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of an ALB, and a statistic of it. With `of_group` it is that of one target group."""

    name: str
    stat: str
    of_group: bool


@dataclass(frozen=True, slots=True)
class AlarmPlan:
    """One alarm: on its one metric, or on an expression of several."""

    name: str
    description: str
    threshold: float
    metrics: Mapping[str, Metric]
    expression: str | None = None
    service: str | None = None
    """Whose target group it is about; None for the whole ALB."""


def plan_alarms(
    prefix: str, colour: Colour, services: Iterable[str], limits: Thresholds, *, own_alb: bool
) -> Iterator[AlarmPlan]:
    """Plan the alarms of a colour, whose names begin with `prefix`; `own_alb` says that it shares its ALB with none."""
    names = list(services)
    for service in [None] if own_alb else names:
        yield from _of_requests(prefix, colour, service, limits)
    for service in names:
        yield AlarmPlan(
            f"{prefix}-{service}-unhealthy",
            f"{colour}: more than {limits.unhealthy} pods of {service} are unhealthy",
            limits.unhealthy,
            {"hosts": Metric("UnHealthyHostCount", "Maximum", of_group=True)},
            service=service,
        )


def _of_requests(prefix: str, colour: Colour, service: str | None, limits: Thresholds) -> Iterator[AlarmPlan]:
    of_group = service is not None
    name = f"{prefix}-{service}" if service else prefix
    whose = f"{colour}: {service}" if service else str(colour)
    # A request for which no target was found is no RequestCount, so what the ALB answers itself comes on top.
    own = Metric("TargetConnectionErrorCount" if of_group else "HTTPCode_ELB_5XX_Count", "Sum", of_group)
    yield AlarmPlan(
        f"{name}-errors",
        f"{whose}: more than {limits.errors:g} % of requests are answered with 5xx",
        limits.errors,
        {
            "requests": Metric("RequestCount", "Sum", of_group),
            "answered": Metric("HTTPCode_Target_5XX_Count", "Sum", of_group),
            "own": own,
        },
        # On a shared ALB a request whose connection fails has found its target, so it is counted already.
        "100 * (answered + own) / requests" if of_group else "100 * (answered + own) / (requests + own)",
        service,
    )
    yield AlarmPlan(
        f"{name}-latency",
        f"{whose}: one of 100 requests takes longer than {limits.latency:g} s",
        limits.latency,
        {"latency": Metric("TargetResponseTime", "p99", of_group)},
        service=service,
    )
