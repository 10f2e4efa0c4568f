"""The ALB of a colour that others own: in front of pods that somebody else registers."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import lb

from components.bluegreen import BlueGreenArgs
from components.gates.alarms import metric_alarm
from components.gates.gate import Gate
from components.gates.plans import plan_alarms
from components.rules import Choice
from components.service_alb import ServiceALB
from components.traffic import Colour

__all__ = ["ALB", "FoundALB", "alb_of", "security_groups"]


class FoundALB(pulumi.ComponentResource):
    """An ALB that exists, such as one that an Ingress made, with its target groups. It is read, and never changed.

    Whoever owns it may delete it at any time; then it cannot be read, and an update stops before it moves traffic.
    """

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    balancer: lb.LoadBalancer
    behind: lb.TargetGroup
    """The target group through which an NLB reaches it."""
    target_groups: Mapping[Colour, Mapping[str, pulumi.Output[str]]]

    def __init__(
        self,
        name: str,
        args: BlueGreenArgs,
        colour: Colour,
        gate: Gate,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("bluegreen:index:FoundALB", name, None, opts)
        chain, child = args.found[colour], pulumi.ResourceOptions(parent=self)
        self.balancer = lb.LoadBalancer.get(f"{name}-alb", chain.alb or "", opts=child)
        self.behind = lb.TargetGroup.get(f"{name}-alb", chain.target_group or "", opts=child)
        groups = {
            service: lb.TargetGroup.get(f"{name}-{service}", arn, opts=child) for service, arn in chain.services.items()
        }
        # One colour alone has nowhere to go, so its alarms come with the other.
        plans = () if args.as_found else plan_alarms(name, colour, groups, args.gates.thresholds, own_alb=True)
        tags = args.tagged(colour)
        alarms = [(plan.service, metric_alarm(plan, self.balancer, groups, tags, child)) for plan in plans]
        gate.show(colour, groups, alarms)
        self.arn, self.dns_name = self.balancer.arn, self.balancer.dns_name
        self.target_groups = {colour: {service: group.arn for service, group in groups.items()}}
        self.register_outputs({"arn": self.arn, "dnsName": self.dns_name, "targetGroups": self.target_groups})


ALB = ServiceALB | FoundALB


def alb_of(
    name: str,
    args: BlueGreenArgs,
    colour: Colour,
    gate: Gate,
    opts: pulumi.ResourceOptions,
    choice: Choice | None = None,
) -> ALB:
    """Make the ALB of a colour, or take note of the one that others made."""
    if colour in args.found:
        return FoundALB(name, args, colour, gate, opts)
    return ServiceALB(name, args, colour, gate, choice, opts)


def security_groups(albs: Mapping[Colour, ALB]) -> Mapping[Colour, pulumi.Output[str]]:
    """For each colour with an ALB of this stack, the ALB's security group."""
    return {colour: alb.security_group_id for colour, alb in albs.items() if isinstance(alb, ServiceALB)}
