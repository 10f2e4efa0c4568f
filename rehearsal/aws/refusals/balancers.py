"""Load balancers: names, subnets, security groups, deletion.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from moto.elbv2.models import FakeLoadBalancer

from rehearsal.aws.inventory import Inventory
from rehearsal.aws.refusals import Params, Refusal

__all__ = ["change_of_groups", "change_of_subnets", "creation", "deletion"]


def creation(held: Inventory, params: Params) -> None:
    """Check CreateLoadBalancer."""
    name: str = params["Name"]
    if len(name) > 32:
        raise Refusal("ValidationError", f"Load balancer name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", name) or name.startswith("internal-"):
        raise Refusal(
            "ValidationError",
            f"Load balancer name '{name}' can only contain alphanumeric characters and inner hyphens, "
            "and cannot begin with 'internal-'",
        )
    if any(balancer.name == name for balancer in held.elbv2.load_balancers.values()):
        raise Refusal(
            "DuplicateLoadBalancerName",
            f"A load balancer with the same name '{name}' exists, but with different settings",
        )
    subnets = [*params.get("Subnets", []), *(each["SubnetId"] for each in params.get("SubnetMappings", []))]
    vpc = _zones(held, subnets, minimum=1 if params.get("Type") == "network" else 2)
    _groups(held, params.get("SecurityGroups", []), vpc)
    if params.get("Scheme", "internet-facing") != "internal" and not held.internet_gateways(vpc):
        raise Refusal("InvalidSubnet", f"VPC {vpc} has no internet gateway")


def change_of_subnets(held: Inventory, balancer: FakeLoadBalancer, params: Params) -> None:
    """Check SetSubnets: an NLB's zones can be added to, not removed or swapped."""
    subnets = [*params.get("Subnets", []), *(each["SubnetId"] for each in params.get("SubnetMappings", []))]
    _zones(held, subnets, minimum=1 if balancer.type == "network" else 2)
    if balancer.type == "network" and not {subnet.id for subnet in balancer.subnets} <= set(subnets):
        raise Refusal(
            "InvalidConfigurationRequest",
            "Subnets cannot be removed from a Network Load Balancer; specify its current subnets too",
        )


def change_of_groups(held: Inventory, balancer: FakeLoadBalancer, params: Params) -> None:
    """Check SetSecurityGroups: an NLB created without groups never gets any, nor loses its last one."""
    groups: list[str] = params.get("SecurityGroups", [])
    if balancer.type == "network" and not balancer.security_groups:
        raise Refusal(
            "InvalidConfigurationRequest",
            "Security groups cannot be set on a Network Load Balancer that was created without any",
        )
    if not groups:
        raise Refusal("InvalidConfigurationRequest", "At least one security group must be specified")
    _groups(held, groups, balancer.vpc_id)


def deletion(held: Inventory, arn: str) -> None:
    """Check DeleteLoadBalancer: protected ones, and an ALB behind an NLB, stay."""
    balancer = held.elbv2.load_balancers.get(arn)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise Refusal(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    for group in held.elbv2.target_groups.values():
        if arn in group.targets:
            raise Refusal(
                "ResourceInUse",
                f"Load balancer '{arn}' is registered as a target of target group '{group.arn}'",
            )


def _zones(held: Inventory, subnet_ids: Sequence[str], *, minimum: int) -> str:
    """Check that subnets exist, in one VPC and one zone each; return the VPC."""
    known = {subnet.id: subnet for zone in held.ec2.subnets.values() for subnet in zone.values()}
    for subnet in subnet_ids:
        if subnet not in known:
            raise Refusal("SubnetNotFound", f"The subnet ID '{subnet}' does not exist")
    subnets = [known[subnet] for subnet in subnet_ids]
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise Refusal("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < len(subnets):
        raise Refusal(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if len(zones) < minimum:
        raise Refusal(
            "ValidationError",
            "At least two subnets in two different Availability Zones must be specified",
        )
    return subnets[0].vpc_id


def _groups(held: Inventory, groups: Sequence[str], vpc: str) -> None:
    for group in groups:
        found = held.ec2.get_security_group_from_id(group)
        if found is None or found.vpc_id != vpc:
            raise Refusal("InvalidSecurityGroup", f"Security group '{group}' does not exist in VPC '{vpc}'")
