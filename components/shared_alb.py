"""Topology `shared-alb`: clients → Route 53 → one NLB → one ALB → the clusters of both colours."""

import pulumi

from components.bluegreen import Address, BlueGreen, BlueGreenArgs, url
from components.dns import entry_records
from components.gates.gate import Gate
from components.model import own_weights
from components.nlb import EntryNLB
from components.rules import COLOUR_HEADER, Choice
from components.service_alb import ServiceALB

__all__ = ["SharedALB"]


class SharedALB(BlueGreen):
    """One ALB whose actions weigh the target groups that the two clusters fill. Not for prod.

    A shift is one ModifyListener, or ModifyRule, for each service, in place, and splits request by request.
    An action has no failover: the share of a colour that cannot answer turns into errors.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
    """

    def __init__(self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluegreen:index:SharedALB", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        gate = Gate(args.weights, args.gates, own_weights(args.services))
        alb = ServiceALB(name, args, None, gate, Choice.HEADER, opts=child)
        nlb = EntryNLB(name, args, None, [alb], opts=child)
        nlb.admit_operators()
        listener = nlb.listen("entry", args.entry.port, {nlb.reach(name, alb, None): 100})
        entry_records(name, args, nlb, listener, child)

        self.addresses = {colour: Address(url(args.entry), {COLOUR_HEADER: colour.value}) for colour in args.colours}
        self.target_groups = alb.target_groups
        self.alb_security_groups = dict.fromkeys(args.colours, alb.security_group_id)
        self.load_balancers = {"nlb": nlb.dns_name, "alb": alb.dns_name}
        self._finish(args, gate)
