# ruff: noqa: D102 - a method is the AWS operation of its name
"""EC2: moto plus the dependencies that keep a network from being deleted under its users."""

from __future__ import annotations

from collections.abc import Iterator

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from rehearsal.aws.refusals import Refusal
from rehearsal.aws.world import World

__all__ = ["Ec2"]


class Ec2(EC2Response):
    """The EC2 API, as far as VPCs and security groups go."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._held = world.inventory

    def delete_security_group(self) -> ActionResult:
        group: str = self._get_param("GroupId")
        _refuse_if_used(f"resource {group} has a dependent object", self._users_of_group(group))
        return super().delete_security_group()

    def delete_subnet(self) -> ActionResult:
        subnet: str = self._get_param("SubnetId")
        users = self._users_of_subnet(subnet)
        _refuse_if_used(f"The subnet '{subnet}' has dependencies and cannot be deleted", users)
        return super().delete_subnet()

    def delete_vpc(self) -> ActionResult:
        vpc: str = self._get_param("VpcId")
        groups = [each.id for each in self._held.ec2.groups[vpc].values() if each.name != "default"]
        users = iter([*self._held.internet_gateways(vpc), *groups])
        _refuse_if_used(f"The vpc '{vpc}' has dependencies and cannot be deleted", users)
        return super().delete_vpc()

    def detach_internet_gateway(self) -> ActionResult:
        vpc: str = self._get_param("VpcId")
        balancers = self._held.elbv2.load_balancers.values()
        public = [each.name for each in balancers if each.vpc_id == vpc and each.scheme != "internal"]
        nats = [each.id for each in self._held.nat_gateways() if each.vpc_id == vpc]
        _refuse_if_used(f"Network {vpc} has some mapped public address(es)", iter([*public, *nats]))
        return super().detach_internet_gateway()

    def release_address(self) -> ActionResult:
        allocation: str = self._get_param("AllocationId")
        for nat in self._held.nat_gateways():
            if any(address.get("allocationId") == allocation for address in nat.address_set):
                raise Refusal("InvalidIPAddress.InUse", f"Address {allocation} is in use by NAT gateway {nat.id}")
        return super().release_address()

    def _users_of_group(self, group: str) -> Iterator[str]:
        for balancer in self._held.elbv2.load_balancers.values():
            if group in balancer.security_groups:
                yield balancer.arn
        for cluster in self._held.eks.clusters.values():
            config = cluster.resources_vpc_config
            if group in [config.get("clusterSecurityGroupId"), *config.get("securityGroupIds", [])]:
                yield cluster.arn
        for groups in self._held.ec2.groups.values():
            for other in groups.values():
                rules = [*other.ingress_rules, *other.egress_rules]
                if other.id != group and any(rule.source_group.get("GroupId") == group for rule in rules):
                    yield other.id

    def _users_of_subnet(self, subnet: str) -> Iterator[str]:
        for balancer in self._held.elbv2.load_balancers.values():
            if any(each.id == subnet for each in balancer.subnets):
                yield balancer.arn
        for cluster in self._held.eks.clusters.values():
            if subnet in cluster.resources_vpc_config.get("subnetIds", []):
                yield cluster.arn
        for nat in self._held.nat_gateways():
            if nat.subnet_id == subnet:
                yield nat.id


def _refuse_if_used(what: str, users: Iterator[str]) -> None:
    for user in users:
        raise Refusal("DependencyViolation", f"{what}: {user}")
