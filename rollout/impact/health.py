"""What AWS says of the targets of colours that are to receive traffic. Asks; changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypedDict, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from components.traffic import Colour
from rollout.impact.assess import receivers
from rollout.impact.case import Case
from rollout.impact.model import Health
from rollout.impact.resources import Groups
from rollout.impact.switching import forwarded_to

__all__ = ["look"]

_PATIENCE = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
"""Seconds: a reviewer waits for it."""


class _State(TypedDict):
    State: str


class _Reason(_State, total=False):
    Reason: str
    Description: str


class _Target(TypedDict, total=False):
    Id: str
    AvailabilityZone: str


class _TargetHealth(TypedDict):
    Target: _Target
    TargetHealth: _Reason


class _Answer(TypedDict):
    TargetHealthDescriptions: Sequence[_TargetHealth]


class _Client(Protocol):
    """What is used of boto3's client, which is made at run time and has no types."""

    def describe_target_health(self, *, TargetGroupArn: str) -> _Answer: ...  # noqa: N803 - the API's


def look(case: Case) -> tuple[Sequence[Health], str]:
    """The health of all receivers, or why it is not known."""
    groups = {colour: _groups(case, colour) for colour in receivers(case)}
    if not all(groups.values()):
        return (), "the preview names no target group of theirs; preview with --show-sames"
    try:
        return tuple(_ask((case.config or case.written).region, groups)), ""
    except ClientError as error:
        return (), f"AWS refused: {error}"
    except BotoCoreError as error:
        return (), str(error)


def _groups(case: Case, colour: Colour) -> tuple[str, ...]:
    every = Groups(case.preview)
    found = [arn for switch in case.switching.switches for arn in forwarded_to(switch.step, colour, every)]
    return tuple(dict.fromkeys([*found, *every.arns_of(colour)]))


def _ask(region: str, groups: Mapping[Colour, tuple[str, ...]]) -> Iterator[Health]:
    client = cast("_Client", boto3.client("elbv2", region_name=region, config=_PATIENCE))  # pyright: ignore[reportUnknownMemberType]
    for colour, arns in groups.items():
        for arn in arns:
            yield _health(colour, client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"])


def _health(colour: Colour, targets: Sequence[_TargetHealth]) -> Health:
    healthy = [each for each in targets if each["TargetHealth"]["State"] == "healthy"]
    ill = (each for each in targets if each["TargetHealth"]["State"] != "healthy")
    zones = {zone for each in healthy if (zone := each["Target"].get("AvailabilityZone"))}
    return Health(
        colour=colour,
        healthy=len(healthy),
        registered=len(targets),
        zones=len(zones) or None,
        checked=datetime.now(UTC),
        states=tuple(
            f"{each['Target'].get('Id', '')} is {each['TargetHealth']['State']}"
            + (f" ({why})" if (why := each["TargetHealth"].get("Description")) else "")
            for each in ill
        ),
    )
