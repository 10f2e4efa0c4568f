"""What the gates read of AWS. Nothing here changes anything."""

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.errors import BlueGreenError
from components.gates.rules import AlarmState, Target
from components.gates.weights import Applied

__all__ = ["GateError", "Reader", "refused_as", "session"]

_PAGE = 100
"""Alarms that one DescribeAlarms tells."""

P = ParamSpec("P")
R = TypeVar("R")


class GateError(BlueGreenError):
    """A gate stops an update: what is wrong, and how to go on."""


def refused_as(error: type[BlueGreenError], needs: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn AWS's refusals into one clear line: what it says, and what is needed."""

    def decorated(read: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(read)
        def told(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return read(*args, **kwargs)
            except (BotoCoreError, ClientError) as refusal:
                raise error(f"{refusal}; {needs}") from None

        return told

    return decorated


_told = refused_as(
    GateError,
    "the gates need elasticloadbalancing:Describe*, route53:ListResourceRecordSets and "
    "cloudwatch:DescribeAlarms, in the account and with the credentials of the update",
)


class Reader:
    """Reads weights, target health and alarms, with the credentials that pulumi-aws has."""

    def __init__(self, region: str, profile: str | None = None) -> None:
        self._region, self._profile = region, profile
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @_told
    def forward(self, arn: str) -> Applied:
        """Weights of a listener's default action, or of a rule's action, by target group."""
        elb = self._client("elbv2")
        if ":listener-rule/" in arn:
            actions = elb.describe_rules(RuleArns=[arn])["Rules"][0]["Actions"]
        else:
            actions = elb.describe_listeners(ListenerArns=[arn])["Listeners"][0]["DefaultActions"]
        groups = [group for action in actions for group in action.get("ForwardConfig", {}).get("TargetGroups", ())]
        return {group["TargetGroupArn"]: group.get("Weight", 1) for group in groups}

    @_told
    def records(self, zone_id: str, name: str) -> Applied:
        """Weights of the address records of a name, by set identifier."""
        wanted = f"{name.rstrip('.').lower()}."
        listed = self._client("route53").list_resource_record_sets(
            HostedZoneId=zone_id, StartRecordName=wanted, StartRecordType="A", MaxItems="10"
        )
        found = [each for each in listed["ResourceRecordSets"] if (each["Name"], each["Type"]) == (wanted, "A")]
        return {each.get("SetIdentifier", ""): each.get("Weight", 100) for each in found}

    @_told
    def targets(self, group_arn: str) -> list[Target]:
        """Targets of a target group, and how they are."""
        described = self._client("elbv2").describe_target_health(TargetGroupArn=group_arn)
        return [_target(each) for each in described["TargetHealthDescriptions"]]

    @_told
    def alarms(self, names: Sequence[str]) -> list[AlarmState]:
        """States of the alarms with these names, as far as they exist."""
        cloudwatch = self._client("cloudwatch")
        pages = (names[start : start + _PAGE] for start in range(0, len(names), _PAGE))
        found = (
            each
            for page in pages
            for each in cloudwatch.describe_alarms(AlarmNames=page, MaxRecords=_PAGE)["MetricAlarms"]
        )
        return [AlarmState(each["AlarmName"], each["StateValue"], each.get("StateReason", "")) for each in found]

    @functools.cached_property
    def _session(self) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        return session(self._region, self._profile)

    def _client(self, service: str) -> Any:  # noqa: ANN401  as above
        with self._lock:  # gates of several colours ask at once
            if service not in self._clients:
                config = Config(retries={"mode": "standard", "max_attempts": 10})
                self._clients[service] = self._session.client(service, config=config)
            return self._clients[service]


def session(region: str, profile: str | None) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
    """Return the boto3 session with the credentials that pulumi-aws has."""
    return cast("Any", boto3.Session)(region_name=region, profile_name=profile)


def _target(described: Any) -> Target:  # noqa: ANN401  as boto3 tells it
    target, health = described["Target"], described["TargetHealth"]
    is_alb = target["Id"].startswith("arn:")
    # AWS knows the zone of an address in the VPC, and calls that of any other `all`.
    told = [health.get("Description"), f"({health['Reason']})" if health.get("Reason") else None]
    return Target(
        address=target["Id"].rpartition(":loadbalancer/")[2] if is_alb else f"{target['Id']}:{target['Port']}",
        zone="" if is_alb else target.get("AvailabilityZone", "all"),
        state=health["State"],
        reason=" ".join(filter(None, told)) or "no reason given",
    )
