# ruff: noqa: D102 - a method is the AWS operation of its name
"""CloudWatch: alarms that the model's own metrics set off, and those metrics.

moto's are of another kind: it keeps metrics that callers put there, and evaluates no alarm.
"""

from __future__ import annotations

from math import ceil, floor

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from rehearsal.aws.clock import date_of, time_of
from rehearsal.aws.cloudwatch.alarms import Alarm
from rehearsal.aws.cloudwatch.evaluation import Outcome
from rehearsal.aws.cloudwatch.queries import Queries
from rehearsal.aws.refusals import Refusal, alarms
from rehearsal.aws.world import World

__all__ = ["CloudWatch"]

_PAGE = 50
"""Alarms that DescribeAlarms tells at once, where the call does not say."""


class CloudWatch(BaseResponse):
    """The CloudWatch API of a region, as far as alarms on load balancers go."""

    def __init__(self, world: World) -> None:
        super().__init__(service_name="cloudwatch")
        self.automated_parameter_parsing = True
        self._world = world

    def put_metric_alarm(self) -> ActionResult:
        params = self._get_params()
        alarms.alarm(params, self._world.inventory.partition)
        tags = {tag["Key"]: tag["Value"] for tag in params.pop("Tags", ())}
        name, now = params["AlarmName"], self._settle()
        if name in self._world.alarms:
            self._world.alarms[name].configure(params, now)
        else:
            arn = f"arn:{self.partition}:cloudwatch:{self.region}:{self.current_account}:alarm:{name}"
            self._world.alarms[name] = Alarm(arn, params, now, now, tags)
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        params = self._get_params()
        self._settle()
        names = params.get("AlarmNames")
        found = [
            alarm
            for name, alarm in sorted(self._world.alarms.items())
            if (names is None or name in names)
            and name.startswith(params.get("AlarmNamePrefix", ""))
            and params.get("StateValue", alarm.state) == alarm.state
            and "MetricAlarm" in params.get("AlarmTypes", ["MetricAlarm"])
        ]
        start = int(params.get("NextToken", 0))
        end = start + params.get("MaxRecords", _PAGE)
        more = {"NextToken": str(end)} if end < len(found) else {}
        told = [alarm.described() for alarm in found[start:end]]
        return ActionResult({"MetricAlarms": told, "CompositeAlarms": [], **more})

    def delete_alarms(self) -> ActionResult:
        for name in self._get_params()["AlarmNames"]:
            self._world.alarms.pop(name, None)  # AWS deletes those that there are
        return EmptyResult()

    def set_alarm_state(self) -> ActionResult:
        params = self._get_params()
        now = self._settle()
        alarm = self._world.alarms.get(params["AlarmName"])
        if alarm is None:
            raise Refusal("ResourceNotFound", f"there is no alarm {params['AlarmName']}")
        outcome = Outcome(params["StateValue"], params["StateReason"])
        alarm.set_state(outcome, params.get("StateReasonData"), now)
        return EmptyResult()

    def get_metric_data(self) -> ActionResult:
        params = self._get_params()
        asked = params["MetricDataQueries"]
        alarms.queries(asked)
        start, end = time_of(params["StartTime"]), time_of(params["EndTime"])
        if start >= end:
            raise Refusal("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
        history, now = self._world.measured()
        queries = Queries(asked)
        results: list[dict[str, object]] = []
        for query in asked:
            if not query.get("ReturnData", True):
                continue
            period = queries.period(query["Id"])
            first, last = max(floor(start / period), 0), ceil(min(end, now) / period)
            starts = [number * period for number in range(first, last)]
            values = queries.series(query["Id"], history, starts, now)
            points = [(date_of(at), value) for at, value in zip(starts, values, strict=True) if value is not None]
            if params.get("ScanBy") != "TimestampAscending":
                points.reverse()
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label", query["Id"]),
                    "Timestamps": [date for date, _ in points],
                    "Values": [value for _, value in points],
                    "StatusCode": "Complete",
                }
            )
        return ActionResult({"MetricDataResults": results})

    def tag_resource(self) -> ActionResult:
        tags = self._get_params()["Tags"]
        self._tagged().update({tag["Key"]: tag["Value"] for tag in tags})
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        for key in self._get_params()["TagKeys"]:
            self._tagged().pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in self._tagged().items()]})

    def _settle(self) -> float:
        """Bring all alarms up to date, and return the model time that it is now."""
        history, now = self._world.measured()
        for alarm in self._world.alarms.values():
            alarm.settle(history, now)
        return now

    def _tagged(self) -> dict[str, str]:
        arn = self._get_params()["ResourceARN"]
        for alarm in self._world.alarms.values():
            if alarm.arn == arn:
                return alarm.tags
        raise Refusal("ResourceNotFoundException", f"{arn} is not found")
