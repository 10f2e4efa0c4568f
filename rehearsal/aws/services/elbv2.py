# ruff: noqa: D102 - a method is the AWS operation of its name
"""Elastic Load Balancing: moto plus its refusals, China's names, and health by the model."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.models import FakeHealthStatus, FakeListener, FakeLoadBalancer, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from rehearsal.aws.refusals import Refusal, balancers, listeners, targets
from rehearsal.aws.world import World
from rehearsal.oracle.state import Target

__all__ = ["ZONE_IDS", "Elbv2"]

ZONE_IDS = {
    "cn-north-1": {"application": "Z1GDH35T77C1KE", "network": "Z3QFB96KMJ7ED6"},
    "cn-northwest-1": {"application": "ZM7IZAIOVVDZF", "network": "ZQEIKTCZ8352D"},
}
"""Canonical hosted zones of load balancers; https://docs.amazonaws.cn/en_us/aws/latest/userguide/route53.html"""

_DELAY = "deregistration_delay.timeout_seconds"
_TARGET_REASONS = {
    "unused": "Target.NotInUse",
    "initial": "Elb.RegistrationInProgress",
    "unhealthy": "Target.FailedHealthChecks",
    "draining": "Target.DeregistrationInProgress",
}


class _Health(FakeHealthStatus):
    """The health of a target, with the zone that AWS finds for an address."""

    def __init__(self, target: Target, check_port: str | None, zone: str | None) -> None:
        reason = _TARGET_REASONS.get(target.state)
        super().__init__(target.id, str(target.port), check_port, target.state, reason, target.why or None)
        self._zone = zone

    @property
    def target(self) -> dict[str, str]:
        """The target as an answer describes it."""
        return super().target | ({"AvailabilityZone": self._zone} if self._zone else {})


class Elbv2(ELBV2Response):
    """The ELBv2 API of a region in China."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._held = world.inventory

    # -- load balancers --------------------------------------------------------------------------

    def create_load_balancer(self) -> ActionResult:
        balancers.creation(self._held, self._get_params())
        result = super().create_load_balancer()
        name = self._get_params()["Name"]
        self._rename(next(each for each in self._held.elbv2.load_balancers.values() if each.name == name))
        return result

    def describe_load_balancers(self) -> ActionResult:
        active = {arn for arn, each in self._world.snapshot().load_balancers.items() if each.active}
        for arn, balancer in self._held.elbv2.load_balancers.items():
            balancer.state = "active" if arn in active else "provisioning"
        return super().describe_load_balancers()

    def delete_load_balancer(self) -> ActionResult:
        balancers.deletion(self._held, self._get_params()["LoadBalancerArn"])
        return self._noting_users(super().delete_load_balancer())

    def set_subnets(self) -> ActionResult:
        balancers.change_of_subnets(self._held, self._balancer(), self._get_params())
        return super().set_subnets()

    def set_security_groups(self) -> ActionResult:
        balancers.change_of_groups(self._held, self._balancer(), self._get_params())
        return super().set_security_groups()

    # -- listeners and rules ---------------------------------------------------------------------

    def create_listener(self) -> ActionResult:
        params = self._get_params()
        balancer = self._balancer()
        listeners.port_and_protocol(self._held, balancer, params)
        listeners.actions(self._held, balancer, params["Protocol"], params["DefaultActions"])
        return self._noting_users(super().create_listener())

    def modify_listener(self) -> ActionResult:
        params = self._get_params()
        listener = self._listener()
        balancer = self._held.elbv2.load_balancers[listener.load_balancer_arn]
        listeners.port_and_protocol(self._held, balancer, params, listener)
        if int(params.get("Port", listener.port)) != int(listener.port):
            listeners.end_of_port(self._held, listener)
        protocol = params.get("Protocol", listener.protocol)
        default = params.get("DefaultActions") or [action.data for action in listener.default_actions]
        listeners.actions(self._held, balancer, protocol, default)
        # moto knows no protocol of an NLB but TCP here, and keeps the certificates of HTTPS only.
        self.params = {key: value for key, value in params.items() if key not in ("Protocol", "Certificates")}
        result = super().modify_listener()
        listener.protocol = protocol
        if "Certificates" in params:
            listener.certificates = [each["CertificateArn"] for each in params["Certificates"]]
            listener.certificate = listener.certificates[0]
        return self._noting_users(result)

    def modify_listener_attributes(self) -> ActionResult:
        listeners.attributes(self._get_params())
        return super().modify_listener_attributes()

    def delete_listener(self) -> ActionResult:
        listeners.end_of_port(self._held, self._listener())
        return self._noting_users(super().delete_listener())

    def create_rule(self) -> ActionResult:
        params = self._get_params()
        listener = self._listener()
        balancer = self._held.elbv2.load_balancers[listener.load_balancer_arn]
        listeners.rule(balancer, listener, params)
        listeners.conditions(params["Conditions"])
        listeners.actions(self._held, balancer, listener.protocol, params["Actions"])
        return self._noting_users(super().create_rule())

    def modify_rule(self) -> ActionResult:
        params = self._get_params()
        rule = self._held.rule(params["RuleArn"])
        listener = self._held.listener(rule.listener_arn)
        balancer = self._held.elbv2.load_balancers[listener.load_balancer_arn]
        listeners.conditions(params.get("Conditions", []))
        listeners.actions(self._held, balancer, listener.protocol, params.get("Actions", []))
        return self._noting_users(super().modify_rule())

    def delete_rule(self) -> ActionResult:
        rule = self._held.rule(self._get_params()["RuleArn"])
        if rule.is_default:
            raise Refusal("OperationNotPermitted", f"Default rule '{rule.arn}' cannot be deleted")
        return self._noting_users(super().delete_rule())

    # -- target groups ---------------------------------------------------------------------------

    def create_target_group(self) -> ActionResult:
        targets.creation(self._get_params())
        return super().create_target_group()

    def modify_target_group(self) -> ActionResult:
        targets.creation(self._get_params())
        return super().modify_target_group()

    def modify_target_group_attributes(self) -> ActionResult:
        params = self._get_params()
        group = self._group()
        given = {each["Key"]: each["Value"] for each in params["Attributes"]}
        targets.attributes(group, given)
        # moto refuses a delay of 3600 s, which AWS allows; the rest of its checks are right.
        self.params = {**params, "Attributes": [each for each in params["Attributes"] if each["Key"] != _DELAY]}
        super().modify_target_group_attributes()
        if _DELAY in given:
            group.attributes[_DELAY] = given[_DELAY]
        return ActionResult({"Attributes": {key: str(value) for key, value in group.attributes.items()}})

    def register_targets(self) -> ActionResult:
        targets.registration(self._held, self._group(), self._get_params()["Targets"])
        return super().register_targets()

    def deregister_targets(self) -> ActionResult:
        group = self._group()
        known = [each for each in self._get_params()["Targets"] if each["Id"] in group.targets]
        group.deregister(known)  # AWS ignores targets that are not registered
        return EmptyResult()

    def describe_target_health(self) -> ActionResult:
        group = self._group()
        wanted = {each["Id"] for each in self._get_params().get("Targets", [])}
        settled = self._world.snapshot().target_groups[group.arn]
        health = [
            _Health(
                target,
                group.health_check_port,
                self._held.zone_of(group.vpc_id, target.id) if settled.kind == "ip" else None,
            )
            for target in settled.targets
            if not wanted or target.id in wanted
        ]
        return ActionResult({"TargetHealthDescriptions": health})

    # -- inside ----------------------------------------------------------------------------------

    def _balancer(self) -> FakeLoadBalancer:
        arn = self._get_params()["LoadBalancerArn"]
        return self._held.elbv2.describe_load_balancers([arn], None)[0]

    def _listener(self) -> FakeListener:
        return self._held.listener(self._get_params()["ListenerArn"])

    def _group(self) -> FakeTargetGroup:
        arn = self._get_params()["TargetGroupArn"]
        return next(iter(self._held.elbv2.describe_target_groups(None, [arn], None)))

    def _rename(self, balancer: FakeLoadBalancer) -> None:
        """Give a new load balancer the ARN, DNS name and hosted zone that AWS China gives it."""
        region, kind, backend = self._held.region, balancer.type, self._held.elbv2
        tags = backend.tagging_service.get_tag_dict_for_resource(balancer.arn)
        del backend.load_balancers[balancer.arn]
        backend.tagging_service.delete_all_tags_for_resource(balancer.arn)
        ident = balancer.arn.rsplit("/", 1)[1]
        if kind == "network":
            balancer.arn = balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
            host = f"{balancer.name}-{ident}.elb.{region}"
        else:
            prefix = "internal-" if balancer.scheme == "internal" else ""
            host = f"{prefix}{balancer.name}-{int(ident, 16) % 10**10:010}.{region}.elb"
        balancer.dns_name = f"{host}.amazonaws.com.cn"
        balancer.canonical_hosted_zone_id = ZONE_IDS[region][kind]
        backend.load_balancers[balancer.arn] = balancer
        backend.tagging_service.tag_resource(
            balancer.arn, [{"Key": key, "Value": value} for key, value in tags.items()]
        )

    def _noting_users(self, result: ActionResult) -> ActionResult:
        """Tell each target group which load balancers use it; moto only ever adds some."""
        users = self._held.users()
        for group in self._held.elbv2.target_groups.values():
            group.load_balancer_arns = sorted(users.get(group.arn, ()))
        return result
