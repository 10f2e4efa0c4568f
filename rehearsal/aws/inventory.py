"""Reads what moto's backends hold into the oracle's plain data; the one place that knows both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroupRule as MotoSecurityGroupRule
from moto.eks.models import EKSBackend, eks_backends
from moto.elbv2.models import (
    ELBv2Backend,
    FakeAction,
    FakeListener,
    FakeLoadBalancer,
    FakeRule,
    FakeTargetGroup,
    elbv2_backends,
)
from moto.route53.models import RecordSet, Route53Backend, route53_backends
from moto.utilities.utils import get_partition

from rehearsal.oracle.state import (
    Action,
    Condition,
    Forward,
    Listener,
    LoadBalancer,
    Peer,
    Pod,
    Record,
    Reply,
    Rule,
    SecurityGroup,
    SecurityGroupRule,
    Snapshot,
    Target,
    TargetGroup,
)

__all__ = ["COLOUR_TAG", "SERVICE_TAG", "Inventory"]

COLOUR_TAG = "bluegreen:colour"
"""Tag of an EKS cluster that says which colour its pods are."""

SERVICE_TAG = "bluegreen:service"
"""Tag of a target group that says which service its pods serve."""


class Inventory:
    """The backends of one region, and what they hold."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.partition = get_partition(region)
        self.account = DEFAULT_ACCOUNT_ID
        self.ec2: EC2Backend = ec2_backends[DEFAULT_ACCOUNT_ID][region]
        self.elbv2: ELBv2Backend = elbv2_backends[DEFAULT_ACCOUNT_ID][region]
        self.eks: EKSBackend = eks_backends[DEFAULT_ACCOUNT_ID][region]
        self.route53: Route53Backend = route53_backends[DEFAULT_ACCOUNT_ID][self.partition]

    def tags(self, ident: str) -> dict[str, str]:
        """Tags of a resource of EC2, by its id."""
        return {tag["key"]: tag["value"] for tag in self.ec2.describe_tags(filters={"resource-id": [ident]})}

    def zone_of(self, vpc_id: str, address: str) -> str | None:
        """Find the zone of an address, by the subnet of its VPC that holds it."""
        subnets = (subnet for subnets in self.ec2.subnets.values() for subnet in subnets.values())
        here = (subnet for subnet in subnets if subnet.vpc_id == vpc_id)
        return next(
            (each.availability_zone for each in here if ip_address(address) in ip_network(each.cidr_block)), None
        )

    def read(self, pods: Iterable[Pod]) -> Snapshot:
        """Return what is held; targets and load balancers have no state of health yet."""
        balancers = self.elbv2.load_balancers.values()
        return Snapshot(
            records=tuple(self._records()),
            load_balancers={balancer.arn: _balancer(balancer) for balancer in balancers},
            listeners={
                listener.arn: _listener(listener) for balancer in balancers for listener in balancer.listeners.values()
            },
            target_groups={group.arn: self._target_group(group) for group in self.elbv2.target_groups.values()},
            pods={pod.address: pod for pod in self._running(pods)},
            security_groups={
                group.id: SecurityGroup(tuple(_rules(group.ingress_rules)), tuple(_rules(group.egress_rules)))
                for groups in self.ec2.groups.values()
                for group in groups.values()
            },
        )

    def users(self) -> Mapping[str, set[str]]:
        """Return the load balancers of every target group that is in use."""
        return self.read(()).users()

    def listener(self, arn: str) -> FakeListener:
        """Return a listener; refused with ListenerNotFound."""
        return self.elbv2.describe_listeners(None, [arn])[0]

    def rule(self, arn: str) -> FakeRule:
        """Return a rule; refused with RuleNotFound."""
        return self.elbv2.describe_rules(None, [arn])[0]

    def internet_gateways(self, vpc: str) -> list[str]:
        """Return the ids of the gateways attached to a VPC."""
        found = self.ec2.describe_internet_gateways(filters={"attachment.vpc-id": [vpc]})
        return [gateway.id for gateway in found]

    def nat_gateways(self) -> list[NatGateway]:
        """Return the NAT gateways that are not deleted."""
        return [nat for nat in self.ec2.nat_gateways.values() if nat.state == "available"]

    def _target_group(self, group: FakeTargetGroup) -> TargetGroup:
        tags = self.elbv2.tagging_service.get_tag_dict_for_resource(group.arn)
        return TargetGroup(
            arn=group.arn,
            name=group.name,
            kind=group.target_type,  # pyright: ignore[reportArgumentType] - a plain str in moto
            port=int(group.port),
            targets=tuple(Target(target["Id"], int(target["Port"])) for target in group.targets.values()),
            service=tags.get(SERVICE_TAG, ""),
            health_protocol=group.health_check_protocol or "",
            health_path=group.health_check_path or "/",
            health_codes=getattr(group, "matcher", {}).get("HttpCode", "200-399"),
            health_interval=float(group.health_check_interval_seconds),
            health_threshold=int(group.healthy_threshold_count),
            deregistration_delay=float(group.attributes["deregistration_delay.timeout_seconds"]),
        )

    def _records(self) -> Iterator[Record]:
        for zone in self.route53.zones.values():
            for record in zone.rrsets:
                if record.type in ("A", "AAAA", "CNAME"):
                    yield _record(record)

    def _running(self, pods: Iterable[Pod]) -> Iterator[Pod]:
        """Give the pods of clusters that exist their cluster's security group, and its colour if they have none."""
        for pod in pods:
            cluster = self.eks.clusters.get(pod.cluster)
            if cluster is not None:
                group = cluster.resources_vpc_config.get("clusterSecurityGroupId")
                colour = cluster.tags.get(COLOUR_TAG, "none") if pod.colour == "none" else pod.colour
                yield replace(pod, colour=colour, groups=frozenset({group} if group else ()))


def _record(record: RecordSet) -> Record:
    alias: Mapping[str, str] = record.alias_target or {}
    return Record(
        name=str(record.name).rstrip(".").lower(),
        type=str(record.type),
        targets=(alias["DNSName"],) if alias else tuple(record.records),
        weight=None if record.weight is None else int(record.weight),
        set_identifier=record.set_identifier,
        ttl=60 if alias else int(record.ttl or 0),
        evaluate_health=str(alias.get("EvaluateTargetHealth")).lower() == "true",
    )


def _balancer(balancer: FakeLoadBalancer) -> LoadBalancer:
    network = balancer.type == "network"
    cross_zone = balancer.attrs.get("load_balancing.cross_zone.enabled") == "true"
    return LoadBalancer(
        arn=balancer.arn,
        name=balancer.name,
        kind="network" if network else "application",
        dns_name=balancer.dns_name,
        active=False,
        zones=frozenset(subnet.availability_zone for subnet in balancer.subnets),
        cross_zone=cross_zone or not network,
        peer=Peer(frozenset(balancer.security_groups), tuple(subnet.cidr_block for subnet in balancer.subnets)),
    )


def _listener(listener: FakeListener) -> Listener:
    rules = [rule for rule in listener.rules.values() if not rule.is_default]
    return Listener(
        arn=listener.arn,
        load_balancer=listener.load_balancer_arn,
        port=int(listener.port),
        protocol=str(listener.protocol),
        action=_action(listener.default_actions),
        rules=tuple(
            Rule(
                int(rule.priority),
                tuple(_condition(condition) for condition in rule.conditions),
                _action(rule.actions),
            )
            for rule in rules
        ),
    )


def _action(actions: list[FakeAction]) -> Action:
    """Read the last action, the one that answers; those before it only authenticate."""
    data: dict[str, Any] = actions[-1].data
    if data["Type"] == "forward":
        config = data.get("ForwardConfig", {})
        if groups := config.get("TargetGroups"):
            sticky = str(config.get("TargetGroupStickinessConfig", {}).get("Enabled", False)).lower() == "true"
            return Forward({group["TargetGroupArn"]: int(group["Weight"]) for group in groups}, sticky)
        return Forward({data["TargetGroupArn"]: 1})
    if data["Type"] == "fixed-response":
        return Reply(int(data["FixedResponseConfig"]["StatusCode"]))
    return Reply(302)


def _condition(condition: dict[str, Any]) -> Condition:
    configs: list[dict[str, Any]] = [value for key, value in condition.items() if key.endswith("Config")]
    config = configs[0] if configs else {}
    values: list[Any] = config.get("Values") or condition.get("Values", [])
    return Condition(condition["Field"], tuple(str(value) for value in values), config.get("HttpHeaderName", ""))


def _rules(rules: list[MotoSecurityGroupRule]) -> Iterator[SecurityGroupRule]:
    for rule in rules:
        if rule.ip_protocol in ("tcp", "-1"):
            every = rule.ip_protocol == "-1"
            yield SecurityGroupRule(
                first_port=0 if every else int(rule.from_port or 0),
                last_port=65535 if every else int(rule.to_port or 0),
                cidr=rule.cidr_ipv4,
                group=rule.source_group.get("GroupId"),
            )
