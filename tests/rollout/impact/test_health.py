"""The health of receivers, by the API that AWS has for it."""

from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from components.traffic import Colour
from rollout.impact.health import look
from tests.rollout.recorded import case


@dataclass
class Aws:
    answer: dict[str, Any] | ClientError
    asked: list[str] = field(default_factory=list[str])

    def client(self, service: str, region_name: str, config: object) -> "Aws":
        assert (service, region_name) == ("elbv2", "cn-north-1")
        return self

    def describe_target_health(self, *, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        self.asked.append(TargetGroupArn)
        if isinstance(self.answer, ClientError):
            raise self.answer
        return self.answer


def target(address: str, state: str, zone: str | None = None, why: str = "") -> dict[str, Any]:
    health = {"State": state} | ({"Description": why} if why else {})
    return {"Target": {"Id": address} | ({"AvailabilityZone": zone} if zone else {}), "TargetHealth": health}


def test_targets_of_the_receiving_colour_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = [
        target("10.0.0.1", "healthy", "a"),
        target("10.0.0.2", "healthy", "b"),
        target("10.0.0.3", "initial", "b"),
    ]
    aws = Aws({"TargetHealthDescriptions": targets})
    monkeypatch.setattr(boto3, "client", aws.client)
    (found,), why = look(case("shared-nlb-canary"))
    assert why == ""
    assert [arn.split("/")[1].rpartition("-")[0] for arn in aws.asked] == ["dkms-green-alb"]
    assert (found.colour, found.healthy, found.registered, found.zones) == (Colour.GREEN, 2, 3, 2)
    assert found.states == ("10.0.0.3 is initial",)


def test_with_unchanged_resources_in_the_preview_pods_are_asked_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws({"TargetHealthDescriptions": [target("arn:alb", "unhealthy", why="Health checks failed")]})
    monkeypatch.setattr(boto3, "client", aws.client)
    found, _ = look(case("shared-nlb-canary-with-sames"))
    assert sorted(arn.split("/")[1].rpartition("-")[0] for arn in aws.asked) == ["dkms-green-alb", "dkms-green-dkms"]
    assert (found[0].zones, found[0].states) == (None, ("arn:alb is unhealthy (Health checks failed)",))


def test_records_name_no_target_group() -> None:
    found, why = look(case("route53-canary"))
    assert found == ()
    assert "--show-sames" in why


def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "not for you"}}, "DescribeTargetHealth")
    monkeypatch.setattr(boto3, "client", Aws(error).client)
    found, why = look(case("shared-nlb-canary"))
    assert found == ()
    assert "AccessDenied" in why


def test_without_credentials_nothing_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    found, why = look(case("shared-nlb-canary"))
    assert found == ()
    assert "credentials" in why
