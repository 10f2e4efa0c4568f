"""What ran before this stack did: taken over as it is, or left to whoever runs it.

Adopted are the parts that both colours share: they are imported, stay as they were found but for the weights that a
shift changes, and outlive the stack. A colour's own load balancers may be left to others, such as an ALB that an
Ingress made: those are read, never changed. Free of Pulumi.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

from components.schema import Cidr, Model, Problem, matching
from components.traffic import Colour

__all__ = ["Adopted", "AdoptedALB", "AdoptedNLB", "Chain", "contradictions"]


def _elb(what: str, pattern: str) -> AfterValidator:
    example = f"arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:{pattern.format('dkms', '0a1b2c3d4e5f6071')}"
    path = pattern.format(r"[\w-]+", "[0-9a-f]+")
    return matching(
        rf"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{{12}}:{path}", f"the ARN of {what}, as {example}"
    )


NlbArn = Annotated[str, _elb("an NLB", "loadbalancer/net/{}/{}")]
AlbArn = Annotated[str, _elb("an ALB", "loadbalancer/app/{}/{}")]
NlbListenerArn = Annotated[str, _elb("an NLB's listener", "listener/net/{0}/{1}/{1}")]
AlbListenerArn = Annotated[str, _elb("an ALB's listener", "listener/app/{0}/{1}/{1}")]
TargetGroupArn = Annotated[str, _elb("a target group", "targetgroup/{}/{}")]
RecordId = Annotated[
    str,
    matching(
        r"Z[A-Z0-9]+_[a-z0-9_.-]+_(A|CNAME)", "zone id, name and type of a simple record, as Z0A1_dkms.example.cn_A"
    ),
]
GroupId = Annotated[str, matching(r"sg-[0-9a-f]+", "the id of a security group, such as sg-0a1b2c3d")]


class Chain(Model):
    """The load balancers of one colour, where others own them: they are read, and never changed."""

    alb: AlbArn | None = None
    """ARN of the colour's ALB, in `shared-nlb` and `route53`."""
    target_group: TargetGroupArn | None = None
    """ARN of the target group through which an NLB reaches that ALB."""
    services: dict[str, TargetGroupArn]
    """For each service, the ARN of the target group of its pods."""
    nlb: NlbArn | None = None
    """ARN of the colour's NLB, in `route53`."""


class AdoptedNLB(Model):
    """The NLB that both colours are to share."""

    arn: NlbArn
    """ARN of the NLB."""
    listener: NlbListenerArn
    """ARN of the listener that clients use."""
    security_group: GroupId | None = None
    """Id of its security group, which gets the rules that a new colour needs. An NLB without one stays so."""
    cidrs: tuple[Cidr, ...] = ()
    """Networks of its subnets, whose health checks a colour's ALB lets in where there is no `securityGroup`."""

    def problems(self) -> Iterator[Problem]:
        """What of the NLB contradicts itself."""
        if not (self.security_group or self.cidrs):
            yield "cidrs", "is missing; an NLB without securityGroup checks its ALBs from the networks of its subnets"


class AdoptedALB(Model):
    """The ALB that both colours are to share, behind the NLB that they share."""

    arn: AlbArn
    """ARN of the ALB."""
    listener: AlbListenerArn
    """ARN of the listener that the NLB sends to."""
    target_group: TargetGroupArn
    """ARN of the target group through which the NLB reaches it."""
    security_group: GroupId
    """Id of its security group, which a new colour's pods let in, and which gets the rules that lead to them."""


class Adopted(Model):
    """What both colours share and ran before this stack: imported by its first update, which changes nothing."""

    record: RecordId
    """Import id of the entry's record: zone id, name and type."""
    nlb: AdoptedNLB | None = None
    """The NLB, in `shared-nlb` and `shared-alb`."""
    alb: AdoptedALB | None = None
    """The ALB, in `shared-alb`."""
    retain: bool = True
    """Leaves it in AWS when it leaves the stack. Default true; false gives it up to `pulumi destroy`."""


_OF_A_COLOUR = {
    "route53": {"nlb", "alb", "targetGroup"},
    "shared-nlb": {"alb", "targetGroup"},
    "shared-alb": set[str](),
}
_SHARED = {"route53": set[str](), "shared-nlb": {"nlb"}, "shared-alb": {"nlb", "alb"}}


def contradictions(
    topology: str,
    adopted: Adopted | None,
    chains: Mapping[Colour, Chain],
    services: Collection[str],
    zone_id: str | None,
) -> Iterator[Problem]:
    """Find what of an adoption does not fit the topology."""
    own, shared = f"in {topology} each colour has its own", f"in {topology} both colours share it"
    for colour in [*chains][1:]:
        yield f"clusters.{colour}.chain", "is the second; only what ran before this stack has a chain of others"
    for colour, chain in chains.items():
        key = f"clusters.{colour}.chain"
        if adopted is None:
            yield "adopted", f"is missing; {key} stands behind a record that exists, so give adopted.record"
        given = {"nlb": chain.nlb, "alb": chain.alb, "targetGroup": chain.target_group}
        yield from _misplaced(key, given, _OF_A_COLOUR[topology], own, shared, "adopted")
        for service in sorted(chain.services.keys() - services):
            yield f"{key}.services.{service}", "is no service of the stack; name it as in services"
        if topology == "shared-alb" and {*services} - chain.services.keys():
            yield f"{key}.services", "is not all of services; name its one target group, and let others come later"
        if topology == "shared-alb" and len(services) > 1:
            yield "services", f"are {len(services)}; an ALB that was found has one until {colour} is retired"
    if adopted and not zone_id:
        yield "entry.zone.id", f"is missing; the record {adopted.record} is in a zone that exists"
    if adopted:
        given = {"nlb": adopted.nlb, "alb": adopted.alb}
        yield from _misplaced("adopted", given, _SHARED[topology], shared, own, "a colour's chain")


def _misplaced(
    key: str, given: Mapping[str, object], wanted: Collection[str], here: str, elsewhere: str, other: str
) -> Iterator[Problem]:
    for field, value in given.items():
        if value and field not in wanted:
            yield f"{key}.{field}", f"{elsewhere}; give it below {other}"
        elif not value and field in wanted:
            yield f"{key}.{field}", f"is missing; {here}"
