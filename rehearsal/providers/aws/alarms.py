"""CloudWatch alarms."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.resource import Created, ResourceType, given, retag, tag_list, tag_map
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["MetricAlarm"]

_PLAIN = {
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "alarmDescription": "AlarmDescription",
    "comparisonOperator": "ComparisonOperator",
    "datapointsToAlarm": "DatapointsToAlarm",
    "evaluationPeriods": "EvaluationPeriods",
    "extendedStatistic": "ExtendedStatistic",
    "insufficientDataActions": "InsufficientDataActions",
    "metricName": "MetricName",
    "namespace": "Namespace",
    "okActions": "OKActions",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "treatMissingData": "TreatMissingData",
}
"""Inputs that the API takes as they are, under another name."""


class MetricAlarm(ResourceType):
    """An alarm on one metric, or on an expression of several; its id is its name."""

    pulumi_type = "aws:cloudwatch/metricAlarm:MetricAlarm"
    replaces = frozenset({"name"})
    updates = frozenset(_PLAIN) | {"dimensions", "metricQueries", "tags"}
    outputs = frozenset({"arn", "tagsAll"})
    sets = frozenset({"alarmActions", "insufficientDataActions", "okActions"})
    auto_name = AutoName("name", 255)

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"actionsEnabled": True, "treatMissingData": "missing"}

    @override
    def create(self, inputs: Props) -> Created:
        self._put(inputs, **given(Tags=tag_list(inputs.get("tags")) or None))
        arn = self.aws.arn("cloudwatch", f"alarm:{inputs['name']}")
        return Created(inputs["name"], {"arn": arn} | self.foreseen(inputs))

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        cloudwatch = self.aws.client("cloudwatch")
        found = cloudwatch.describe_alarms(AlarmNames=[id_])["MetricAlarms"]
        if not found:
            return None
        arn = found[0]["AlarmArn"]
        tags = tag_map(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"])
        return _inputs(found[0]) | {"arn": arn, "tags": tags, "tagsAll": tags}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        cloudwatch = self.aws.client("cloudwatch")
        if changed - {"tags"}:
            self._put(new)
        to_set, to_remove = retag(old, new)
        if to_set:
            cloudwatch.tag_resource(ResourceARN=old["arn"], Tags=tag_list(to_set))
        if to_remove:
            cloudwatch.untag_resource(ResourceARN=old["arn"], TagKeys=to_remove)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("cloudwatch").delete_alarms(AlarmNames=[id_])

    def _put(self, inputs: Props, **more: object) -> None:
        arguments = {argument: inputs[key] for key, argument in _PLAIN.items() if inputs.get(key) is not None}
        if inputs.get("metricQueries"):
            arguments["Metrics"] = [_query(query) for query in inputs["metricQueries"]]
        else:
            arguments["Dimensions"] = _dimensions(inputs)
        self.aws.client("cloudwatch").put_metric_alarm(AlarmName=inputs["name"], **arguments, **more)


def _query(query: Props) -> dict[str, Any]:
    """Write a query. One without `returnData` is not watched, while the API would watch it."""
    metric: Props | None = query.get("metric")
    stat = metric and {
        "Metric": given(MetricName=metric["metricName"], Namespace=metric.get("namespace"))
        | {"Dimensions": _dimensions(metric)},
        "Period": metric["period"],
        "Stat": metric["stat"],
    }
    return given(
        Id=query["id"],
        Expression=query.get("expression"),
        Label=query.get("label"),
        MetricStat=stat,
        ReturnData=query.get("returnData", False),
    )


def _dimensions(inputs: Props) -> list[dict[str, str]]:
    dimensions: dict[str, str] = inputs.get("dimensions") or {}
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _inputs(alarm: Mapping[str, Any]) -> Props:
    return {"name": alarm["AlarmName"]} | given(
        **{key: alarm.get(argument) for key, argument in _PLAIN.items()},
        dimensions=_map(alarm),
        metricQueries=[_query_inputs(query) for query in alarm.get("Metrics", [])],
    )


def _query_inputs(query: Mapping[str, Any]) -> Props:
    stat: Mapping[str, Any] = query.get("MetricStat", {})
    metric: Mapping[str, Any] = stat.get("Metric", {})
    return given(
        id=query["Id"],
        expression=query.get("Expression"),
        label=query.get("Label"),
        returnData=query["ReturnData"],
        metric=given(
            metricName=metric.get("MetricName"),
            namespace=metric.get("Namespace"),
            dimensions=_map(metric),
            period=stat.get("Period"),
            stat=stat.get("Stat"),
        )
        if stat
        else None,
    )


def _map(described: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in described.get("Dimensions", [])}
