"""Listeners, rules and their actions.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.elbv2.models import FakeListener, FakeLoadBalancer, FakeTargetGroup

from rehearsal.aws.inventory import Inventory
from rehearsal.aws.refusals import Params, Refusal

__all__ = ["actions", "attributes", "conditions", "end_of_port", "named_groups", "port_and_protocol", "rule"]

_PROTOCOLS = {"application": ("HTTP", "HTTPS"), "network": ("TCP", "TLS", "UDP", "TCP_UDP")}
_FORWARDS_TO = {
    "HTTP": ("HTTP", "HTTPS"),
    "HTTPS": ("HTTP", "HTTPS"),
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
}
_GROUPS_PER_ACTION = 5
_VALUES_PER_RULE = 5
_RULES_PER_ALB = 100
_MAX_WEIGHT = 999


def port_and_protocol(
    held: Inventory, balancer: FakeLoadBalancer, params: Params, current: FakeListener | None = None
) -> None:
    """Check the port, protocol and certificate of a listener that is created or modified."""
    protocol: str = params.get("Protocol") or (current.protocol if current else "")
    allowed = _PROTOCOLS[balancer.type]
    if protocol not in allowed:
        raise Refusal("ValidationError", f"Listener protocol '{protocol}' must be one of '{', '.join(allowed)}'")
    port = params.get("Port")
    for other in balancer.listeners.values():
        if other is not current and port is not None and int(other.port) == int(port):
            raise Refusal("DuplicateListener", "A listener already exists on this port for this load balancer")
    certificates = [each["CertificateArn"] for each in params.get("Certificates", [])]
    if protocol in ("HTTPS", "TLS") and not certificates and not (current and current.certificates):
        raise Refusal("CertificateNotFound", f"A certificate must be specified for {protocol} listeners")
    for certificate in certificates:
        parts = certificate.split(":")
        if parts[1:3] not in ([held.partition, "acm"], [held.partition, "iam"]) or (parts[3] not in ("", held.region)):
            raise Refusal("CertificateNotFound", f"Certificate '{certificate}' not found")


def end_of_port(held: Inventory, listener: FakeListener) -> None:
    """Refuse to take away a port through which an NLB reaches this ALB."""
    for group in held.elbv2.target_groups.values():
        target = group.targets.get(listener.load_balancer_arn)
        if target and int(target["Port"]) == int(listener.port):
            raise Refusal(
                "ResourceInUse",
                f"Listener port '{listener.port}' is in use by registered target "
                f"'{listener.load_balancer_arn}' and cannot be removed",
            )


def actions(held: Inventory, balancer: FakeLoadBalancer, protocol: str, given: Sequence[Mapping[str, Any]]) -> None:
    """Check the actions of a listener or rule of a load balancer."""
    for action in given:
        if balancer.type == "network" and action["Type"] != "forward":
            raise Refusal(
                "InvalidLoadBalancerAction",
                f"Action type '{action['Type']}' is not supported by Network Load Balancers",
            )
        _weights(action)
        for arn in named_groups([action]):
            group = held.elbv2.target_groups.get(arn)
            if group is None:
                raise Refusal("TargetGroupNotFound", f"Target groups '{arn}' not found")
            _group(held, balancer, protocol, group)


def attributes(params: Params) -> None:
    """Check ModifyListenerAttributes."""
    for each in params["Attributes"]:
        if each["Key"] == "tcp.idle_timeout.seconds" and not 60 <= int(each["Value"]) <= 6000:
            raise Refusal(
                "ValidationError",
                f"'tcp.idle_timeout.seconds' value '{each['Value']}' must be between '60-6000' inclusive",
            )


def rule(balancer: FakeLoadBalancer, listener: FakeListener, params: Params) -> None:
    """Check CreateRule, but for its actions."""
    if balancer.type != "application":
        raise Refusal("ValidationError", "Rules are unsupported for Network Load Balancer listeners")
    priority = int(params["Priority"])
    if not 1 <= priority <= 50000:
        raise Refusal("ValidationError", f"Priority '{priority}' must be between 1 and 50000")
    others = [rule for rule in listener.rules.values() if not rule.is_default]
    if any(int(other.priority) == priority for other in others):
        raise Refusal("PriorityInUse", f"Priority '{priority}' is currently in use")
    count = sum(not rule.is_default for each in balancer.listeners.values() for rule in each.rules.values())
    if count >= _RULES_PER_ALB:
        raise Refusal("TooManyRules", f"A load balancer can have at most '{_RULES_PER_ALB}' rules")


def conditions(given: Iterable[Mapping[str, Any]]) -> None:
    """Check that a rule has at most five condition values."""
    count = 0
    for condition in given:
        configs = [value for key, value in condition.items() if key.endswith("Config")]
        count += len(configs[0]["Values"] if configs else condition.get("Values", []))
    if count > _VALUES_PER_RULE:
        raise Refusal("ValidationError", f"A rule can only have '{_VALUES_PER_RULE}' condition values")


def named_groups(given: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ARNs of the target groups that actions name, each once."""
    arns: dict[str, None] = {}
    for action in given:
        weighted = action.get("ForwardConfig", {}).get("TargetGroups", [])
        single = action.get("TargetGroupArn")
        arns |= dict.fromkeys([each["TargetGroupArn"] for each in weighted] or ([single] if single else []))
    return list(arns)


def _weights(action: Mapping[str, Any]) -> None:
    weighted: list[Mapping[str, Any]] = action.get("ForwardConfig", {}).get("TargetGroups", [])
    if action["Type"] == "forward" and not named_groups([action]):
        raise Refusal("ValidationError", "A forward action must name a target group")
    if len({each["TargetGroupArn"] for each in weighted}) < len(weighted):
        raise Refusal("ValidationError", "A target group can be specified only once in a forward action")
    if len(weighted) > _GROUPS_PER_ACTION:
        raise Refusal("ValidationError", f"A forward action can have at most '{_GROUPS_PER_ACTION}' target groups")
    if any(not 0 <= int(each.get("Weight", 1)) <= _MAX_WEIGHT for each in weighted):
        raise Refusal("ValidationError", "The weight for each target group must be between 0 and 999, inclusive")


def _group(held: Inventory, balancer: FakeLoadBalancer, protocol: str, group: FakeTargetGroup) -> None:
    if group.protocol not in _FORWARDS_TO[protocol] or (group.target_type == "alb" and protocol != "TCP"):
        raise Refusal(
            "IncompatibleProtocols",
            f"Listener protocol '{protocol}' cannot forward to target group '{group.arn}' "
            f"with protocol '{group.protocol}' and target type '{group.target_type}'",
        )
    if group.vpc_id != balancer.vpc_id:
        raise Refusal(
            "InvalidConfigurationRequest",
            f"Target group '{group.arn}' and load balancer '{balancer.arn}' are in different VPCs",
        )
    if held.users().get(group.arn, set()) - {balancer.arn}:
        raise Refusal(
            "TargetGroupAssociationLimit",
            f"The following target groups cannot be associated with more than one load balancer: {group.arn}",
        )
