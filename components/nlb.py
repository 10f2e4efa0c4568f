"""The NLB that clients connect to, and the target group through which it reaches an ALB."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import lb

from components.bluegreen import BlueGreenArgs, access_logs, forward
from components.gates.gate import Gate
from components.rules import leading_service
from components.security import allow, let_in, security_group
from components.service_alb import ServiceALB
from components.traffic import Colour

__all__ = ["AlbTarget", "EntryNLB"]


class EntryNLB(pulumi.ComponentResource):
    """The NLB of an entry, for one colour or shared by both. TLS passes through it and ends on the ALB.

    Its security group is there from the start: none to some would replace the NLB.
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
        behind: Sequence[ServiceALB],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`behind` are the ALBs that it sends to: it crosses no zones, so they are in a new zone before it."""
        super().__init__("bluegreen:index:EntryNLB", name, None, opts)
        self._name, self._args, self._colour = name, args, colour
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = args.tagged(colour)
        self._group = security_group(
            f"{name}-nlb", "Clients and operators to the NLB", args.placement.vpc_id, self._tags, self._child
        )
        let_in(
            name,
            self._group.id,
            args.entry.port,
            args.entry.client_cidrs,
            self._tags,
            self._child,
            public=args.entry.public,
        )
        self._nlb = lb.LoadBalancer(
            f"{name}-nlb",
            load_balancer_type="network",
            internal=args.entry.scheme == "internal",
            subnets=list(args.placement.nlb_subnet_ids),
            security_groups=[self._group.id],
            enable_deletion_protection=args.protects(colour),
            access_logs=access_logs(args),
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protects(colour), depends_on=[alb.balancer for alb in behind]
            ),
        )
        self.dns_name, self.zone_id = self._nlb.dns_name, self._nlb.zone_id
        self.register_outputs({"dnsName": self.dns_name, "zoneId": self.zone_id})

    def admit_operators(self) -> None:
        """Let operators in at the entry's port too, where the colours' addresses are on it."""
        entry = self._args.entry
        outside = [
            operators
            for operators in entry.operator_cidrs
            if not any(operators.subnet_of(clients) for clients in entry.client_cidrs)
        ]
        let_in(self._name, self._group.id, entry.port, outside, self._tags, self._child)

    def reach(self, name: str, alb: ServiceALB, colour: Colour | None) -> "AlbTarget":
        """Register `alb` in a target group of its own and open the way to it."""
        port = self._args.entry.port
        carries_traffic = pulumi.ResourceOptions(parent=self, protect=self._args.protects(colour))
        allow(f"{name}-nlb-to-alb", self._group.id, alb.security_group_id, port, self._tags, carries_traffic)
        return AlbTarget(name, self._args, alb, colour, self._child)

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
        if address_of:
            operators = self._args.entry.operator_cidrs
            let_in(f"{self._name}-{purpose}", self._group.id, port, operators, self._tags, self._child)
        name = f"{self._name}-{purpose}"
        groups = {target.group.arn: weight for target, weight in shares.items()}
        listener = lb.Listener(
            name,
            load_balancer_arn=self._nlb.arn,
            port=port,
            protocol="TCP",
            default_actions=[lb.ListenerDefaultActionArgs(type="forward", forward=forward(groups))],
            tags=self._args.tagged(colour),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=self._args.protects(colour),
                depends_on=[*(target.registered for target in shares), *(gate.shown if gate else ())],
                hooks=gate.hooks(name) if gate else None,
            ),
        )
        if gate:
            gate.switches(listener)
        return listener


class AlbTarget:
    """An ALB as the one target of an NLB's target group.

    AWS freezes the attributes of such a group, so none is set. The ALB must listen on the group's port before
    it is registered, and cannot be deleted while it is.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
    """

    def __init__(
        self,
        name: str,
        args: BlueGreenArgs,
        alb: ServiceALB,
        colour: Colour | None,
        child: pulumi.ResourceOptions,
    ) -> None:
        self.group = lb.TargetGroup(
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
        self.registered = lb.TargetGroupAttachment(
            f"{name}-alb",
            target_group_arn=self.group.arn,
            target_id=alb.arn,
            port=args.entry.port,
            opts=pulumi.ResourceOptions(parent=child.parent, depends_on=[alb.listener]),
        )
