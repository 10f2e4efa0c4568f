"""The CloudWatch alarms of a colour."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import cloudwatch, lb

from components.gates.plans import DATAPOINTS, PERIOD, PERIODS, AlarmPlan, Metric
from components.tags import of

__all__ = ["metric_alarm"]


def metric_alarm(
    plan: AlarmPlan,
    balancer: lb.LoadBalancer,
    groups: Mapping[str, lb.TargetGroup],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> cloudwatch.MetricAlarm:
    """Create one alarm on `balancer`, or on the target group of the plan's service, which its tags then name."""

    def measured(metric: Metric) -> cloudwatch.MetricAlarmMetricQueryMetricArgs:
        dimensions: dict[str, pulumi.Input[str]] = {"LoadBalancer": balancer.arn_suffix}
        if metric.of_group and plan.service:
            dimensions["TargetGroup"] = groups[plan.service].arn_suffix
        return cloudwatch.MetricAlarmMetricQueryMetricArgs(
            namespace="AWS/ApplicationELB",
            metric_name=metric.name,
            dimensions=dimensions,
            period=PERIOD,
            stat=metric.stat,
        )

    queries = [
        cloudwatch.MetricAlarmMetricQueryArgs(id=id_, metric=measured(metric), return_data=plan.expression is None)
        for id_, metric in plan.metrics.items()
    ]
    if plan.expression:
        queries.append(
            cloudwatch.MetricAlarmMetricQueryArgs(
                id="watched", expression=plan.expression, label=plan.name, return_data=True
            )
        )
    return cloudwatch.MetricAlarm(
        plan.name,
        alarm_description=plan.description,
        comparison_operator="GreaterThanThreshold",
        threshold=plan.threshold,
        evaluation_periods=PERIODS,
        datapoints_to_alarm=DATAPOINTS,
        treat_missing_data="missing",
        metric_queries=queries,
        tags=of(tags, service=plan.service),
        opts=opts,
    )
