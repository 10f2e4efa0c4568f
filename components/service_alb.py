"""The ALB that ends TLS and sends each service's requests to the target groups of one colour or two."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import lb

from components.bluegreen import BlueGreenArgs, access_logs, forward
from components.gates.alarms import metric_alarm
from components.gates.gate import Gate
from components.gates.plans import plan_alarms
from components.importing import ALL_BUT_ACTIONS, EVERYTHING, check_listener, imported
from components.rules import ALL_OTHER, COLOUR_HEADER, Choice, Conditions, Rule, plan_rules, target_group_name
from components.security import security_group
from components.traffic import Colour

__all__ = ["ServiceALB"]


class ServiceALB(pulumi.ComponentResource):
    """An internal ALB with one listener, one target group for each service and colour, their rules and alarms.

    Pulumi owns it whole; clusters only register pods, so no change to an Ingress can re-create it. A shared one may be
    adopted: then it keeps what it has but for its listener's weights, and the target group that it was found with.
    """

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    balancer: lb.LoadBalancer
    behind: lb.TargetGroup | None = None
    """Where the ALB was found: the target group through which an NLB reaches it already."""
    listener: lb.Listener
    target_groups: Mapping[Colour, Mapping[str, pulumi.Output[str]]]

    def __init__(
        self,
        name: str,
        args: BlueGreenArgs,
        colour: Colour | None,
        gate: Gate,
        choice: Choice | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`colour` has the ALB to itself; None shares it between all colours, by their weights, which `gate` guards."""
        super().__init__("bluegreen:index:ServiceALB", name, None, opts)
        colours = (colour,) if colour else args.colours
        child = pulumi.ResourceOptions(parent=self)
        carries_traffic = pulumi.ResourceOptions(parent=self, protect=args.protects(colour))
        given = args.tagged(colour)
        adopted = args.adopted and args.adopted.alb
        if adopted:
            self.security_group_id = pulumi.Output.from_input(adopted.security_group)
            self.behind = lb.TargetGroup.get(f"{name}-alb", adopted.target_group, opts=child)
        else:
            self.security_group_id = security_group(f"{name}-alb", "NLB to ALB", args.placement.vpc_id, given, child).id
        self.balancer = lb.LoadBalancer(
            f"{name}-alb",
            load_balancer_type="application",
            internal=True,
            subnets=args.placement.alb_subnet_ids,
            security_groups=[self.security_group_id],
            enable_deletion_protection=args.protects(colour),
            drop_invalid_header_fields=True,
            access_logs=access_logs(args),
            tags=given,
            opts=imported(carries_traffic, adopted and adopted.arn, args.adopted),
        )
        groups: Groups = {
            each: {
                service: _target_group(
                    target_group_name(name, service, each, own=bool(colour)), args, service, each, self
                )
                for service in args.services
            }
            for each in colours
        }
        for each, of_colour in groups.items():
            prefix = name if colour else f"{name}-{each}"
            # One colour alone as it was found has nowhere to go, so its alarms and rules come with the other.
            watched = () if args.as_found else args.services
            plans = plan_alarms(prefix, each, watched, args.gates.thresholds, own_alb=bool(colour))
            tags = args.tagged(each)
            alarms = [(plan.service, metric_alarm(plan, self.balancer, of_colour, tags, child)) for plan in plans]
            gate.show(each, of_colour, alarms)
        default, rules = plan_rules(args.entry, args.services, colours, args.weights, choice)
        self.listener = lb.Listener(
            f"{name}-alb",
            load_balancer_arn=self.balancer.arn,
            port=args.entry.port,
            protocol=args.entry.protocol,
            certificate_arn=args.entry.certificate_arn,
            ssl_policy=args.entry.ssl_policy if args.entry.certificate_arn else None,
            default_actions=[lb.ListenerDefaultActionArgs(type="forward", forward=forward(_shares(default, groups)))],
            tags=given,
            opts=imported(
                pulumi.ResourceOptions(
                    parent=self,
                    protect=args.protects(colour),
                    depends_on=None if colour else gate.shown,
                    hooks=None if colour else gate.hooks(f"{name}-alb", default.service),
                ),
                adopted and adopted.listener,
                args.adopted,
                keep=EVERYTHING if args.as_found else ALL_BUT_ACTIONS,
            ),
        )
        made: list[lb.ListenerRule] = []
        switching: list[pulumi.Resource] = [self.listener]
        if args.as_found:
            check_listener(self.listener, *_shares(default, groups))
        for rule in () if args.as_found else rules:
            # The address of a colour does not change its weights.
            switches = not colour and rule.service and not rule.conditions.header
            made.append(
                lb.ListenerRule(
                    f"{name}-{rule.name}",
                    listener_arn=self.listener.arn,
                    priority=rule.priority,
                    conditions=_conditions(rule.conditions),
                    actions=[_action(rule, groups)],
                    tags=given,
                    opts=pulumi.ResourceOptions(
                        parent=self,
                        # On a shared ALB rules come and go with the colours.
                        protect=bool(colour) and args.protects(colour),
                        depends_on=[*made] if rule.name == ALL_OTHER else None,
                        hooks=gate.hooks(f"{name}-{rule.name}", rule.service) if switches else None,
                    ),
                )
            )
            if switches:
                switching.append(made[-1])
        if not colour:
            gate.switches(*switching)
        self.arn, self.dns_name = self.balancer.arn, self.balancer.dns_name
        self.target_groups = {
            each: {service: group.arn for service, group in of_colour.items()} for each, of_colour in groups.items()
        }
        self.register_outputs({"arn": self.arn, "dnsName": self.dns_name, "targetGroups": self.target_groups})


Groups = Mapping[Colour, Mapping[str, lb.TargetGroup]]


def _target_group(
    name: str, args: BlueGreenArgs, service_name: str, colour: Colour, parent: pulumi.Resource
) -> lb.TargetGroup:
    service = args.services[service_name]
    if colour in args.found:
        return lb.TargetGroup.get(
            name, args.found[colour].services[service_name], pulumi.ResourceOptions(parent=parent)
        )
    return lb.TargetGroup(
        name,
        target_type="ip",
        protocol="HTTP",
        port=service.port,
        vpc_id=args.placement.vpc_id,
        deregistration_delay=service.deregistration_delay,
        slow_start=service.slow_start,
        health_check=lb.TargetGroupHealthCheckArgs(
            protocol="HTTP",
            path=service.health_path,
            matcher="200",
            interval=10,
            healthy_threshold=2,
            unhealthy_threshold=2,
        ),
        # A cookie would beat the weights: clients would stay where they first came.
        stickiness=lb.TargetGroupStickinessArgs(enabled=False, type="lb_cookie"),
        tags=args.tagged(colour, service_name),
        opts=pulumi.ResourceOptions(parent=parent, protect=args.protects(colour)),
    )


def _shares(rule: Rule, groups: Groups) -> dict[pulumi.Output[str], int]:
    return {groups[colour][rule.service].arn: weight for colour, weight in rule.weights.items()} if rule.service else {}


def _action(rule: Rule, groups: Groups) -> lb.ListenerRuleActionArgs:
    if not rule.service:
        return lb.ListenerRuleActionArgs(
            type="fixed-response",
            fixed_response=lb.ListenerRuleActionFixedResponseArgs(
                content_type="text/plain", status_code=str(rule.status)
            ),
        )
    shares = _shares(rule, groups).items()
    return lb.ListenerRuleActionArgs(
        type="forward",
        forward=lb.ListenerRuleActionForwardArgs(
            target_groups=[
                lb.ListenerRuleActionForwardTargetGroupArgs(arn=arn, weight=weight) for arn, weight in shares
            ]
        ),
    )


def _conditions(asked: Conditions) -> list[lb.ListenerRuleConditionArgs]:
    found: list[lb.ListenerRuleConditionArgs] = []
    if asked.hosts:
        hosts = lb.ListenerRuleConditionHostHeaderArgs(values=list(asked.hosts))
        found.append(lb.ListenerRuleConditionArgs(host_header=hosts))
    if asked.paths:
        paths = lb.ListenerRuleConditionPathPatternArgs(values=list(asked.paths))
        found.append(lb.ListenerRuleConditionArgs(path_pattern=paths))
    if asked.header:
        header = lb.ListenerRuleConditionHttpHeaderArgs(http_header_name=COLOUR_HEADER, values=[asked.header])
        found.append(lb.ListenerRuleConditionArgs(http_header=header))
    if asked.sources:
        sources = lb.ListenerRuleConditionSourceIpArgs(values=list(asked.sources))
        found.append(lb.ListenerRuleConditionArgs(source_ip=sources))
    return found
