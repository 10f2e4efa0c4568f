"""Topology `route53`: clients → Route 53, weighted → the NLB of each colour → its ALB → its cluster."""

import pulumi
from pulumi_aws import lb

from components.bluegreen import Address, BlueGreen, BlueGreenArgs, url
from components.dns import colour_records, weighted_records
from components.found_alb import FoundALB, alb_of, security_groups
from components.gates.gate import Gate
from components.nlb import EntryNLB
from components.rules import Choice, colour_host
from components.traffic import Colour

__all__ = ["BlueGreenRoute53"]


class BlueGreenRoute53(BlueGreen):
    """Two chains, each with its own NLB, behind two weighted records of one name.

    A shift changes the weights of two alias records, in place, the heavier one first. Clients follow when
    they ask again: an alias to a load balancer answers with a TTL of 60 seconds, and some cache longer.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
    """

    def __init__(self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluegreen:index:BlueGreenRoute53", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        gate = Gate(args.weights, args.gates)
        albs = {colour: alb_of(f"{name}-{colour}", args, colour, gate, child, Choice.HOST) for colour in args.colours}
        own: dict[Colour, EntryNLB] = {}
        nlbs: dict[Colour, EntryNLB | lb.LoadBalancer] = {}
        listeners: dict[Colour, lb.Listener] = {}
        for colour, alb in albs.items():
            if isinstance(alb, FoundALB):
                # Its own NLB sends to it already, and stays with it.
                nlbs[colour] = lb.LoadBalancer.get(f"{name}-{colour}-nlb", args.found[colour].nlb or "", opts=child)
                gate.show(colour, {"its ALB": alb.behind})
                continue
            nlb = own[colour] = nlbs[colour] = EntryNLB(f"{name}-{colour}", args, colour, [alb], opts=child)
            nlb.admit_operators()
            target = nlb.reach(f"{name}-{colour}", alb, colour)
            gate.show(colour, {"its ALB": target.group})
            listeners[colour] = nlb.listen("entry", args.entry.port, {target: 100})
        weighted_records(name, args, nlbs, listeners, gate, child)
        colour_records(name, args, own, child)

        self.addresses = {colour: Address(url(args.entry, host=colour_host(colour, args.entry.host))) for colour in own}
        self.target_groups = {colour: alb.target_groups[colour] for colour, alb in albs.items()}
        self.alb_security_groups = security_groups(albs)
        self.load_balancers = {f"nlb-{colour}": nlb.dns_name for colour, nlb in nlbs.items()} | {
            f"alb-{colour}": alb.dns_name for colour, alb in albs.items()
        }
        self._finish(args, gate)
