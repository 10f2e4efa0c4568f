"""Topology `route53`: clients → Route 53, weighted → the NLB of each colour → its ALB → its cluster."""

import pulumi

from components.bluegreen import Address, BlueGreen, BlueGreenArgs, url
from components.dns import colour_records, weighted_records
from components.gates.gate import Gate
from components.nlb import EntryNLB
from components.rules import Choice, colour_host
from components.service_alb import ServiceALB

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
        albs = {
            colour: ServiceALB(f"{name}-{colour}", args, colour, gate, Choice.HOST, opts=child)
            for colour in args.colours
        }
        nlbs = {colour: EntryNLB(f"{name}-{colour}", args, colour, [alb], opts=child) for colour, alb in albs.items()}
        for nlb in nlbs.values():
            nlb.admit_operators()
        targets = {colour: nlb.reach(f"{name}-{colour}", albs[colour], colour) for colour, nlb in nlbs.items()}
        for colour, target in targets.items():
            gate.show(colour, {"its ALB": target.group})
        listeners = {
            colour: nlb.listen("entry", args.entry.port, {targets[colour]: 100}) for colour, nlb in nlbs.items()
        }
        weighted_records(name, args, nlbs, listeners, gate, child)
        colour_records(name, args, nlbs, child)

        self.addresses = {
            colour: Address(url(args.entry, host=colour_host(colour, args.entry.host))) for colour in args.colours
        }
        self.target_groups = {colour: alb.target_groups[colour] for colour, alb in albs.items()}
        self.alb_security_groups = {colour: alb.security_group_id for colour, alb in albs.items()}
        self.load_balancers = {f"nlb-{colour}": nlb.dns_name for colour, nlb in nlbs.items()} | {
            f"alb-{colour}": alb.dns_name for colour, alb in albs.items()
        }
        self._finish(args, gate)
