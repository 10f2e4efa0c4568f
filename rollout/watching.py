"""What AWS says while traffic moves: requests, answers, targets and alarms of each colour. Changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.errors import BlueGreenError
from components.gates.reading import Reader, session
from components.gates.rules import AlarmState, Target
from components.gates.weights import Applied
from components.traffic import Colour
from policies.weights import RECORD
from rollout.impact.resources import BALANCER, TARGET_GROUP, colour_of
from rollout.state import ALARM, Kept, State

__all__ = ["MINUTE", "Look", "Series", "WatchError", "Watcher"]

_PATIENCE = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3})
_LATE = timedelta(minutes=3)
"""A load balancer's minute is published up to two minutes after it."""
MINUTE = 60


class WatchError(BlueGreenError):
    """AWS does not tell what is needed; the text says which permission it takes."""


@dataclass(frozen=True)
class Look:
    """One look at a stack under a shift."""

    at: datetime
    """The time by AWS's clock."""
    requests: Mapping[Colour, float] = field(default_factory=dict[Colour, float])
    """Within the last minute that is known; empty where none is, or nobody may ask."""
    counted: datetime | None = None
    """The end of that minute."""
    p99: Mapping[Colour, float] = field(default_factory=dict[Colour, float])
    """Seconds."""
    errors: Mapping[Colour, float] = field(default_factory=dict[Colour, float])
    """Per cent of its requests that were answered with 5xx."""
    targets: Mapping[Colour, Sequence[Target]] = field(default_factory=dict[Colour, Sequence[Target]])
    alarms: Sequence[AlarmState] = ()


@dataclass(frozen=True)
class Series:
    """A metric as far as CloudWatch has it: when a minute began, and its value."""

    name: str
    of: str
    """What it is a metric of, as AWS names it."""
    points: Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class _Query:
    namespace: str
    metric: str
    stat: str
    dimensions: Mapping[str, str]


class Watcher:
    """Reads with the credentials that the stack's updates have."""

    def __init__(self, state: State, region: str, profile: str | None = None) -> None:
        self._state, self._reader = state, Reader(region, profile)
        self._cloudwatch: Any = session(region, profile).client("cloudwatch", config=_PATIENCE)

    def applied(self, switch: Kept) -> Applied:
        """Weights that AWS gives by a listener, a rule or a record."""
        if switch.seen.kind == RECORD:
            found = self._reader.records(switch.inputs["zoneId"], switch.inputs["name"])
            name = switch.inputs["setIdentifier"]
            return {name: found[name]} if name in found else {}
        return self._reader.forward(switch.id)

    def alarms(self, *colours: Colour) -> list[str]:
        """Names of the alarms of colours."""
        return [str(each.outputs["name"]) for colour in colours for each in self._state.of_kind(ALARM, colour)]

    def alarm_states(self, names: Sequence[str]) -> list[AlarmState]:
        """How alarms stand now, as far as they exist."""
        return self._reader.alarms(names)

    def look(self) -> Look:
        """Look at both colours. What nobody may see is left out."""
        colours = self._state.colours
        targets = {
            colour: [target for group in self._pods(colour) for target in self._reader.targets(group)]
            for colour in colours
        }
        alarms = self._reader.alarms(self.alarms(*colours))
        try:
            return self._measured(colours, targets, alarms)
        except WatchError:
            return Look(datetime.now(UTC), targets=targets, alarms=alarms)

    def history(self, colour: Colour, since: timedelta) -> tuple[datetime, Sequence[Series]]:
        """Return the time by AWS's clock, and what a colour was asked and how many hosts it had.

        Raises WatchError where it cannot be told.
        """
        now = self._now()
        queries = [*self._of_requests(colour), *self._of_flows(colour), *self._of_hosts(colour)]
        return now, self._series(queries, now - since, now)

    # -- CloudWatch ------------------------------------------------------------------------------

    def _measured(
        self, colours: Sequence[Colour], targets: Mapping[Colour, Sequence[Target]], alarms: Sequence[AlarmState]
    ) -> Look:
        now = self._now()
        asked = [(colour, query) for colour in colours for query in self._of_answers(colour)]
        series = self._series([query for _, query in asked], now - _LATE - timedelta(minutes=1), now)
        ends = [at for each in series if each.name == "RequestCount" for at, _ in each.points]
        # The minute that has not ended is not whole.
        whole = [at for at in ends if at + timedelta(seconds=MINUTE) <= now] or ends
        last = max(whole, default=None)
        sums: dict[str, dict[Colour, float]] = {}
        worst: dict[Colour, float] = {}
        for (colour, query), each in zip(asked, series, strict=True):
            value = dict(each.points).get(last) if last else None
            if value is None:
                continue
            if query.stat == "p99":
                worst[colour] = max(value, worst.get(colour, 0))
            else:
                of_metric = sums.setdefault(query.metric, {})
                of_metric[colour] = of_metric.get(colour, 0) + value
        requests = sums.get("RequestCount", {})
        bad = sums.get("HTTPCode_Target_5XX_Count", {})
        return Look(
            now,
            requests=requests,
            counted=last + timedelta(seconds=MINUTE) if last else None,
            p99=worst,
            errors={colour: 100 * bad.get(colour, 0) / count for colour, count in requests.items() if count},
            targets=targets,
            alarms=alarms,
        )

    def _now(self) -> datetime:
        """Return the time by AWS's clock: this machine's may be wrong, and a rehearsal has one of its own."""
        answer = self._ask("describe_alarms", MaxRecords=1)
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    def _series(self, queries: Sequence[_Query], start: datetime, end: datetime) -> Sequence[Series]:
        points: list[list[tuple[datetime, float]]] = [[] for _ in queries]
        asked = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": query.namespace,
                        "MetricName": query.metric,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions.items()],
                    },
                    "Period": MINUTE,
                    "Stat": query.stat,
                },
            }
            for number, query in enumerate(queries)
        ]
        token: dict[str, str] = {}
        while asked:
            answer = self._ask(
                "get_metric_data",
                MetricDataQueries=asked,
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampAscending",
                **token,
            )
            for result in answer["MetricDataResults"]:
                points[int(result["Id"][1:])] += zip(result["Timestamps"], result["Values"], strict=True)
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        return [
            Series(query.metric, query.dimensions.get("TargetGroup", query.dimensions["LoadBalancer"]), values)
            for query, values in zip(queries, points, strict=True)
        ]

    def _ask(self, operation: str, **given: object) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        try:
            return getattr(self._cloudwatch, operation)(**given)
        except (BotoCoreError, ClientError) as error:
            raise WatchError(
                f"CloudWatch does not tell what is needed: {error}; allow cloudwatch:GetMetricData and "
                "cloudwatch:DescribeAlarms to whoever runs this"
            ) from None

    # -- what a colour's metrics are of ----------------------------------------------------------

    def _of_answers(self, colour: Colour) -> Iterator[_Query]:
        for each in self._of_requests(colour):
            yield each
            yield _Query(each.namespace, "HTTPCode_Target_5XX_Count", "Sum", each.dimensions)
            yield _Query(each.namespace, "TargetResponseTime", "p99", each.dimensions)

    def _of_requests(self, colour: Colour) -> Iterator[_Query]:
        for dimensions in self._groups(colour):
            yield _Query("AWS/ApplicationELB", "RequestCount", "Sum", dimensions)

    def _of_flows(self, colour: Colour) -> Iterator[_Query]:
        for balancer in self._state.of_kind(BALANCER, colour):
            if balancer.seen.props.get("loadBalancerType") == "network":
                dimensions = {"LoadBalancer": str(balancer.outputs["arnSuffix"])}
                yield _Query("AWS/NetworkELB", "ActiveFlowCount", "Average", dimensions)

    def _of_hosts(self, colour: Colour) -> Iterator[_Query]:
        for dimensions in self._groups(colour):
            yield _Query("AWS/ApplicationELB", "HealthyHostCount", "Maximum", dimensions)

    def _groups(self, colour: Colour) -> Iterator[Mapping[str, str]]:
        """Dimensions of the target groups of a colour's pods, on the ALB that they are behind."""
        albs = [each for each in self._state.of_kind(BALANCER) if each.seen.props.get("loadBalancerType") != "network"]
        behind = next((alb for alb in albs if colour_of(alb.seen) in (colour, None)), None)
        for group in self._state.of_kind(TARGET_GROUP, colour) if behind else ():
            if behind and group.seen.props.get("targetType") != "alb":
                yield {
                    "LoadBalancer": str(behind.outputs["arnSuffix"]),
                    "TargetGroup": str(group.outputs["arnSuffix"]),
                }

    def _pods(self, colour: Colour) -> Iterator[str]:
        for group in self._state.of_kind(TARGET_GROUP, colour):
            if group.seen.props.get("targetType") != "alb":
                yield str(group.outputs["arn"])
