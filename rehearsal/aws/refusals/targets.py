"""Target groups, their attributes, and what is registered in them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from moto.elbv2.models import FakeTargetGroup

from rehearsal.aws.inventory import Inventory
from rehearsal.aws.refusals import Params, Refusal

__all__ = ["attributes", "creation", "registration"]

_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}
_NLBS_PER_ALB = 2


def creation(params: Params) -> None:
    """Check CreateTargetGroup and ModifyTargetGroup as far as moto does not."""
    for key, (least, most) in _RANGES.items():
        value = params.get(key)
        if value is not None and not least <= int(value) <= most:
            raise Refusal("ValidationError", f"'{key}' value '{value}' must be between '{least}-{most}' inclusive")
    if params.get("TargetType") == "alb":
        if params.get("Protocol") != "TCP":
            raise Refusal(
                "ValidationError",
                f"Protocol '{params.get('Protocol')}' is not supported with the target type 'alb'; use TCP",
            )
        if params.get("HealthCheckProtocol", "HTTP") not in ("HTTP", "HTTPS"):
            raise Refusal("ValidationError", "Health check protocol must be HTTP or HTTPS with target type 'alb'")


def attributes(group: FakeTargetGroup, given: Mapping[str, str]) -> None:
    """Check ModifyTargetGroupAttributes; those of a group of type alb are frozen."""
    if group.target_type == "alb" and given:
        raise Refusal(
            "InvalidConfigurationRequest",
            f"Attributes {sorted(given)} are not supported for target groups with target type 'alb'",
        )
    delay = given.get("deregistration_delay.timeout_seconds")
    if delay is not None and not 0 <= int(delay) <= 3600:
        raise Refusal(
            "ValidationError",
            f"'deregistration_delay.timeout_seconds' value '{delay}' must be between '0-3600' inclusive",
        )
    start = given.get("slow_start.duration_seconds")
    if start is not None and int(start) != 0 and not 30 <= int(start) <= 900:
        raise Refusal(
            "ValidationError",
            f"'slow_start.duration_seconds' value '{start}' must be 0 or between '30-900' inclusive",
        )


def registration(held: Inventory, group: FakeTargetGroup, targets: Sequence[Mapping[str, Any]]) -> None:
    """Check RegisterTargets."""
    if group.target_type == "alb":
        if len({target["Id"] for target in targets} | set(group.targets)) > 1:
            raise Refusal("TooManyTargets", f"Target group '{group.arn}' can have only one target of type alb")
        _alb(held, group, targets[0])
    elif group.target_type == "ip":
        for target in targets:
            _address(held, group, target["Id"])


def _alb(held: Inventory, group: FakeTargetGroup, target: Mapping[str, Any]) -> None:
    alb = held.elbv2.load_balancers.get(target["Id"])
    if alb is None or alb.type != "application" or alb.vpc_id != group.vpc_id:
        raise Refusal(
            "InvalidTarget",
            f"The target '{target['Id']}' is not an Application Load Balancer in VPC '{group.vpc_id}'",
        )
    port = int(target.get("Port") or group.port)
    if port != int(group.port) or not any(int(each.port) == port for each in alb.listeners.values()):
        raise Refusal(
            "ValidationError",
            "If the target type is ALB, the target must have at least one listener that matches the "
            "target group port or any specified port overrides",
        )
    behind = [each for each in held.elbv2.target_groups.values() if alb.arn in each.targets]
    if group not in behind and len(behind) >= _NLBS_PER_ALB:
        raise Refusal(
            "TooManyRegistrationsForTargetId",
            f"'{alb.arn}' is registered with {len(behind)} target groups; an Application Load Balancer can "
            f"be the target of at most {_NLBS_PER_ALB} Network Load Balancers",
        )


def _address(held: Inventory, group: FakeTargetGroup, address: str) -> None:
    vpc = held.ec2.vpcs[group.vpc_id]
    try:
        inside = ip_address(address) in ip_network(vpc.cidr_block)
    except ValueError as error:
        raise Refusal("ValidationError", f"'{address}' is not a valid IPv4 address") from error
    if not inside:
        raise Refusal("ValidationError", f"The IP address '{address}' is not within a valid range for VPC '{vpc.id}'")
