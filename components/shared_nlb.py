"""Topology `shared-nlb`: clients → Route 53 → one NLB → the ALB of each colour → its cluster."""

import pulumi

from components.bluegreen import Address, BlueGreen, BlueGreenArgs, url
from components.dns import entry_records
from components.found_alb import alb_of, security_groups
from components.gates.gate import Gate
from components.nlb import EntryNLB

__all__ = ["SharedNLB"]


class SharedNLB(BlueGreen):
    """One NLB in front of a blue and a green ALB.

    A shift swaps or weighs the target groups of one listener: one ModifyListener, in place. New flows go to
    the new colour at once; established ones stay until they close, idle out, or reach an hour.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/listener-update-rules.html
    """

    def __init__(self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluegreen:index:SharedNLB", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        gate = Gate(args.weights, args.gates)
        albs = {colour: alb_of(f"{name}-{colour}", args, colour, gate, child) for colour in args.colours}
        nlb = EntryNLB(name, args, None, list(albs.values()), opts=child)
        targets = {colour: nlb.reach(f"{name}-{colour}", alb, colour) for colour, alb in albs.items()}
        for colour, target in targets.items():
            gate.show(colour, {"its ALB": target.group})

        shown = () if args.as_found else args.colours
        ports = {colour: args.entry.colour_ports[colour.value] for colour in shown}
        for colour, port in ports.items():
            nlb.listen(f"{colour}-address", port, {targets[colour]: 100}, address_of=colour)
        shares = {targets[colour]: weight for colour, weight in args.weights.forward.items()}
        listener = nlb.listen("entry", args.entry.port, shares, gate=gate)
        entry_records(name, args, nlb, listener, child)

        self.addresses = {colour: Address(url(args.entry, port=port)) for colour, port in ports.items()}
        self.target_groups = {colour: alb.target_groups[colour] for colour, alb in albs.items()}
        self.alb_security_groups = security_groups(albs)
        self.load_balancers = {"nlb": nlb.dns_name} | {f"alb-{colour}": alb.dns_name for colour, alb in albs.items()}
        self._finish(args, gate)
