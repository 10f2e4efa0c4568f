"""Target groups and what is registered in them by hand."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.attributes import Attribute, Attributes, flag
from rehearsal.providers.aws.elb import ElbResourceType
from rehearsal.providers.aws.resource import Created, ResourceType, given, tag_list
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["TargetGroup", "TargetGroupAttachment"]

_ATTRIBUTES = Attributes(
    {
        "connectionTermination": Attribute(
            "deregistration_delay.connection_termination.enabled", default=False, read=flag
        ),
        "deregistrationDelay": Attribute("deregistration_delay.timeout_seconds", 300, int),
        "loadBalancingAlgorithmType": Attribute("load_balancing.algorithm.type", "round_robin"),
        "preserveClientIp": Attribute("preserve_client_ip.enabled", None, flag),
        "slowStart": Attribute("slow_start.duration_seconds", 0, int),
        "stickiness.enabled": Attribute("stickiness.enabled", default=False, read=flag),
        "stickiness.type": Attribute("stickiness.type", None),
        "stickiness.cookieDuration": Attribute("stickiness.lb_cookie.duration_seconds", 86400, int),
    }
)
_HEALTH_CHECK = {
    "enabled": "HealthCheckEnabled",
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}


class TargetGroup(ElbResourceType):
    """A target group of instances, addresses or one ALB."""

    pulumi_type = "aws:lb/targetGroup:TargetGroup"
    replaces = frozenset({"ipAddressType", "name", "port", "protocol", "protocolVersion", "targetType", "vpcId"})
    updates = frozenset({"healthCheck", "tags"}) | _ATTRIBUTES.inputs
    outputs = frozenset({"arn", "arnSuffix", "loadBalancerArns", "tagsAll"})
    chosen = frozenset(
        {"healthCheck", "ipAddressType", "loadBalancingAlgorithmType", "preserveClientIp"}
        | {"protocolVersion", "stickiness", "connectionTermination"}
    )
    auto_name = AutoName("name", 32)

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"deregistrationDelay": 300, "slowStart": 0, "targetType": "instance"}

    @override
    def create(self, inputs: Props) -> Created:
        group = self.aws.client("elbv2").create_target_group(
            Name=inputs["name"],
            TargetType=inputs["targetType"],
            **given(
                IpAddressType=inputs.get("ipAddressType"),
                Port=inputs.get("port"),
                Protocol=inputs.get("protocol"),
                ProtocolVersion=inputs.get("protocolVersion"),
                VpcId=inputs.get("vpcId"),
                Tags=tag_list(inputs.get("tags")) or None,
            ),
            **_health_check(inputs),
        )["TargetGroups"][0]
        self._set_attributes(group["TargetGroupArn"], {}, inputs)
        return Created(group["TargetGroupArn"], _outputs(group) | self.foreseen(inputs))

    def _set_attributes(self, arn: str, old: Props, new: Props) -> None:
        if new["targetType"] == "alb":
            return  # AWS freezes them at their defaults, and the provider leaves them out without a word
        changes = _ATTRIBUTES.changes(old, new)
        if changes:
            self.aws.client("elbv2").modify_target_group_attributes(TargetGroupArn=arn, Attributes=changes)

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        group = self.find("describe_target_groups", "TargetGroups", "TargetGroupNotFound", TargetGroupArns=[id_])
        if group is None:
            return None
        described = self.aws.client("elbv2").describe_target_group_attributes(TargetGroupArn=id_)
        return _ATTRIBUTES.values(described["Attributes"]) | _outputs(group) | self.tags(id_)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if "healthCheck" in changed:
            self.aws.client("elbv2").modify_target_group(TargetGroupArn=id_, **_health_check(new))
        self._set_attributes(id_, old, new)
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("elbv2").delete_target_group(TargetGroupArn=id_)


def _health_check(inputs: Props) -> dict[str, Any]:
    check = inputs.get("healthCheck", {})
    arguments = {argument: check[key] for key, argument in _HEALTH_CHECK.items() if key in check}
    if check.get("matcher"):
        arguments["Matcher"] = {"HttpCode": check["matcher"]}
    return arguments


def _outputs(group: Mapping[str, Any]) -> Props:
    arn = group["TargetGroupArn"]
    check = {key: group.get(argument) for key, argument in _HEALTH_CHECK.items()}
    check["matcher"] = group.get("Matcher", {}).get("HttpCode")
    return given(
        arn=arn,
        arnSuffix="targetgroup/" + arn.partition(":targetgroup/")[2],
        name=group["TargetGroupName"],
        targetType=group["TargetType"],
        port=group.get("Port"),
        protocol=group.get("Protocol"),
        protocolVersion=group.get("ProtocolVersion"),
        vpcId=group.get("VpcId"),
        ipAddressType=group.get("IpAddressType"),
        loadBalancerArns=group.get("LoadBalancerArns", []),
        healthCheck=given(**check),
    )


class TargetGroupAttachment(ResourceType):
    """One target, registered by the program: an ALB behind an NLB."""

    pulumi_type = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    replaces = frozenset({"availabilityZone", "port", "targetGroupArn", "targetId"})

    @override
    def create(self, inputs: Props) -> Created:
        self.aws.client("elbv2").register_targets(**_targets(inputs))
        return Created(f"{inputs['targetGroupArn']}-{inputs['targetId']}:{inputs.get('port', '')}", {})

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        """Tell whether the target is still there; it cannot be imported, as in the real provider."""
        if not state:
            return None
        health = self.aws.client("elbv2").describe_target_health(TargetGroupArn=state["targetGroupArn"])
        for description in health["TargetHealthDescriptions"]:
            target = description["Target"]
            gone = description["TargetHealth"]["State"] == "draining"
            if target["Id"] == state["targetId"] and state.get("port") in (None, target["Port"]) and not gone:
                return {}
        return None

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("elbv2").deregister_targets(**_targets(state))


def _targets(inputs: Props) -> dict[str, Any]:
    target = given(Id=inputs["targetId"], Port=inputs.get("port"), AvailabilityZone=inputs.get("availabilityZone"))
    return {"TargetGroupArn": inputs["targetGroupArn"], "Targets": [target]}
