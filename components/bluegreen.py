"""What the three topologies have in common: one set of arguments, one set of outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_aws import lb

from components import tags
from components.adoption import Adopted, Chain
from components.gates.gate import Gate
from components.gates.model import Gates
from components.model import AccessLogs, Entry, Service, own_weights
from components.traffic import Colour, Weights

__all__ = ["Address", "BlueGreen", "BlueGreenArgs", "Placement"]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where load balancers stand.

    An NLB has no cross-zone routing by default, so both lists cover the same zones.
    """

    vpc_id: pulumi.Input[str]
    nlb_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """One subnet a zone; public for an internet-facing entry. Removing or swapping one replaces the NLB."""
    alb_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """One private subnet a zone. Changed in place."""


@dataclass(frozen=True, kw_only=True)
class BlueGreenArgs:
    """What a topology needs to know. One colour is AS-IS, two are TO-BE.

    Raises ValueError where a colour with weight has no cluster, or a retiring one has weight.
    """

    entry: Entry
    services: Mapping[str, Service]
    """By name, in the order in which an ALB tries them."""
    colours: tuple[Colour, ...]
    """The colours that have a cluster."""
    weights: Weights
    retiring: frozenset[Colour] = frozenset()
    """Colours whose protection is lifted, so that a later update can remove them."""
    placement: Placement
    zone_id: pulumi.Input[str]
    access_logs: AccessLogs | None = None
    gates: Gates
    """What a shift must pass."""
    adopted: Adopted | None = None
    """What both colours share and ran before this stack."""
    found: Mapping[Colour, Chain] = field(default_factory=dict[Colour, Chain])
    """The colours whose load balancers others own."""
    protect: bool = True
    """Deletion protection by AWS and `protect` by Pulumi on whatever carries traffic. Changed in place."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        for weights in (self.weights, *own_weights(self.services).values()):
            for colour in weights.live:
                if colour not in self.colours:
                    raise ValueError(f"{colour} has weight {weights[colour]} and no cluster; add one or give it 0")
                if colour in self.retiring:
                    raise ValueError(f"{colour} is retiring with weight {weights[colour]}; take its traffic first")

    @property
    def as_found(self) -> bool:
        """Whether there is nothing yet but what was found: all of it stays as it is until the other colour comes."""
        return set(self.colours) <= set(self.found)

    def protects(self, colour: Colour | None = None) -> bool:
        """Whether what serves this colour, or both, is protected from deletion: until the colour retires."""
        return self.protect and colour not in self.retiring

    def tagged(self, colour: Colour | None = None, service: str | None = None) -> dict[str, str]:
        """Tags of what serves this colour, or both."""
        return tags.of(self.tags, colour=colour, service=service, retiring=colour in self.retiring)


@dataclass(frozen=True)
class Address:
    """The permanent way to one colour, open to operators only and touched by no shift."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class BlueGreen(pulumi.ComponentResource):
    """An entry whose traffic goes to one colour or two, by weights that change in place."""

    endpoint: pulumi.Output[str]
    """URL that clients use."""
    addresses: Mapping[Colour, Address]
    """For each colour, its permanent address."""
    target_groups: Mapping[Colour, Mapping[str, pulumi.Output[str]]]
    """For each colour and service, the ARN of the target group that its cluster fills."""
    alb_security_groups: Mapping[Colour, pulumi.Output[str]]
    """For each colour, the security group from which its pods are reached."""
    load_balancers: Mapping[str, pulumi.Output[str]]
    """DNS names of the load balancers in the chain, by their place in it (`nlb`, `alb-blue`, …)."""
    weights: Weights

    def _finish(self, args: BlueGreenArgs, gate: Gate) -> None:
        """Register the outputs; the last of them, and with it the update, waits until a shift has baked."""
        self.weights = args.weights
        self.endpoint = pulumi.Output.from_input(url(args.entry))
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "addresses": {colour: vars(address) for colour, address in self.addresses.items()},
                "targetGroups": self.target_groups,
                "weights": gate.baked(),
            }
        )


def url(entry: Entry, host: str | None = None, port: int | None = None) -> str:
    """Write an address behind the entry as a client would."""
    scheme = entry.protocol.lower()
    port = port or entry.port
    suffix = "" if port == {"http": 80, "https": 443}[scheme] else f":{port}"
    return f"{scheme}://{host or entry.host}{suffix}/"


def access_logs(args: BlueGreenArgs) -> lb.LoadBalancerAccessLogsArgs | None:
    """Access logs of a load balancer; an NLB writes them for TLS listeners only."""
    logs = args.access_logs
    return logs and lb.LoadBalancerAccessLogsArgs(bucket=logs.bucket, prefix=logs.prefix or None, enabled=True)


def forward(groups: Mapping[pulumi.Output[str], int]) -> lb.ListenerDefaultActionForwardArgs:
    """Build a listener's forward block: always this form, at 100/0 too, or state and plan drift apart."""
    targets = [lb.ListenerDefaultActionForwardTargetGroupArgs(arn=arn, weight=weight) for arn, weight in groups.items()]
    return lb.ListenerDefaultActionForwardArgs(target_groups=targets)
