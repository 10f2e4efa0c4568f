"""The NLB that clients connect to, and the target group through which it reaches an ALB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
from pulumi_aws import ec2, lb

from components.bluegreen import BlueGreenArgs, access_logs, forward
from components.found_alb import ALB, FoundALB
from components.gates.gate import Gate
from components.importing import ALL_BUT_ACTIONS, EVERYTHING, check_listener, imported
from components.rules import leading_service
from components.security import allow, let_in, security_group
from components.service_alb import ServiceALB
from components.traffic import Colour

__all__ = ["AlbTarget", "EntryNLB"]


class EntryNLB(pulumi.ComponentResource):
    """The NLB of an entry, for one colour or shared by both. TLS passes through it and ends on the ALB.

    Its security group is there from the start: none to some would replace the NLB. An adopted NLB keeps what
    it has, and one without a group lets everybody in; the ALBs of new colours then choose.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
    """

    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    """Canonical hosted zone id, for alias records."""

    def __init__(
        self,
        name: str,
        args: BlueGreenArgs,
        colour: Colour | None,
        behind: Sequence[ALB],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`behind` are the ALBs that it sends to: it crosses no zones, so they are in a new zone before it."""
        super().__init__("bluegreen:index:EntryNLB", name, None, opts)
        self._name, self._args, self._colour = name, args, colour
        self._adopted = args.adopted and args.adopted.nlb
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = args.tagged(colour)
        self._group = self._adopted.security_group if self._adopted else self._own_group().id
        self._nlb = lb.LoadBalancer(
            f"{name}-nlb",
            load_balancer_type="network",
            internal=args.entry.scheme == "internal",
            subnets=args.placement.nlb_subnet_ids,
            security_groups=[self._group] if self._group else None,
            enable_deletion_protection=args.protects(colour),
            access_logs=access_logs(args),
            tags=self._tags,
            opts=imported(
                pulumi.ResourceOptions(
                    parent=self, protect=args.protects(colour), depends_on=[alb.balancer for alb in behind]
                ),
                self._adopted and self._adopted.arn,
                args.adopted,
            ),
        )
        self.dns_name, self.zone_id = self._nlb.dns_name, self._nlb.zone_id
        self.register_outputs({"dnsName": self.dns_name, "zoneId": self.zone_id})

    def _own_group(self) -> ec2.SecurityGroup:
        entry, vpc_id = self._args.entry, self._args.placement.vpc_id
        purpose = "Clients and operators to the NLB"
        group = security_group(f"{self._name}-nlb", purpose, vpc_id, self._tags, self._child)
        let_in(self._name, group.id, entry.port, entry.client_cidrs, self._tags, self._child, public=entry.public)
        return group

    def _let_in(self, name: str, port: int, cidrs: Iterable[IPv4Network]) -> None:
        if self._group:
            let_in(name, self._group, port, cidrs, self._tags, self._child)

    def admit_operators(self) -> None:
        """Let operators in at the entry's port too, where the colours' addresses are on it."""
        entry = self._args.entry
        outside = [
            operators
            for operators in entry.operator_cidrs
            if not any(operators.subnet_of(clients) for clients in entry.client_cidrs)
        ]
        self._let_in(self._name, entry.port, outside)

    def reach(self, name: str, alb: ALB, colour: Colour | None) -> "AlbTarget":
        """Register `alb` in a target group of its own and open the way to it."""
        if isinstance(alb, FoundALB):
            return AlbTarget(alb.behind, alb.behind)
        if alb.behind:
            return AlbTarget(alb.behind, alb.behind)
        entry = self._args.entry
        carries_traffic = pulumi.ResourceOptions(parent=self, protect=self._args.protects(colour))
        way = f"{name}-nlb-to-alb"
        if self._group:
            allow(way, self._group, alb.security_group_id, entry.port, self._tags, carries_traffic)
        else:
            # The ALB sees its clients by their own addresses, and the NLB's health checks by those of its subnets.
            checks = self._adopted.cidrs if self._adopted else ()
            every = dict.fromkeys([*entry.client_cidrs, *entry.operator_cidrs, *checks])
            let_in(way, alb.security_group_id, entry.port, every, self._tags, carries_traffic, public=entry.public)
        return register(name, self._args, alb, colour, self._child)

    def listen(
        self,
        purpose: str,
        port: int,
        shares: Mapping["AlbTarget", int],
        *,
        address_of: Colour | None = None,
        gate: Gate | None = None,
    ) -> lb.Listener:
        """Listen on TCP and forward by weight. A change of weights is one ModifyListener, in place.

        `address_of` makes it the permanent address of a colour, which only operators reach. `gate` guards its weights.
        """
        colour = address_of or self._colour
        name = f"{self._name}-{purpose}"
        if address_of:
            self._let_in(name, port, self._args.entry.operator_cidrs)
        groups = {target.group.arn: weight for target, weight in shares.items()}
        adopted = None if address_of else self._adopted
        stays = self._args.as_found or not gate
        listener = lb.Listener(
            name,
            load_balancer_arn=self._nlb.arn,
            port=port,
            protocol="TCP",
            default_actions=[lb.ListenerDefaultActionArgs(type="forward", forward=forward(groups))],
            tags=self._args.tagged(colour),
            opts=imported(
                pulumi.ResourceOptions(
                    parent=self,
                    protect=self._args.protects(colour),
                    depends_on=[*(target.registered for target in shares), *(gate.shown if gate else ())],
                    hooks=gate.hooks(name) if gate else None,
                ),
                adopted and adopted.listener,
                self._args.adopted,
                keep=EVERYTHING if stays else ALL_BUT_ACTIONS,
            ),
        )
        if gate:
            gate.switches(listener)
        if adopted and stays:
            check_listener(listener, *groups)
        return listener


@dataclass(frozen=True, eq=False)
class AlbTarget:
    """An ALB as the one target of an NLB's target group."""

    group: lb.TargetGroup
    registered: pulumi.Resource
    """What must be there before the group gets traffic."""


def register(
    name: str, args: BlueGreenArgs, alb: ServiceALB, colour: Colour | None, child: pulumi.ResourceOptions
) -> AlbTarget:
    """Register an ALB in a target group of its own.

    AWS freezes the attributes of such a group, so none is set. The ALB must listen on the group's port before
    it is registered, and cannot be deleted while it is.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
    """
    group = lb.TargetGroup(
        f"{name}-alb",
        target_type="alb",
        protocol="TCP",
        port=args.entry.port,
        vpc_id=args.placement.vpc_id,
        health_check=lb.TargetGroupHealthCheckArgs(
            protocol=args.entry.protocol,
            # The ALB hands it to pods of this service: when all of them are down the ALB is unhealthy too.
            path=args.services[leading_service(args.services)].health_path,
            matcher="200-399",
            interval=10,
            healthy_threshold=3,
            unhealthy_threshold=3,
        ),
        tags=args.tagged(colour),
        opts=pulumi.ResourceOptions(parent=child.parent, protect=args.protects(colour)),
    )
    registered = lb.TargetGroupAttachment(
        f"{name}-alb",
        target_group_arn=group.arn,
        target_id=alb.arn,
        port=args.entry.port,
        opts=pulumi.ResourceOptions(parent=child.parent, depends_on=[alb.listener]),
    )
    return AlbTarget(group, registered)
