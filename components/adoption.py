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

__all__ = ["Adopted", "AdoptedNLB", "Chain", "contradictions"]


def _elb(what: str, pattern: str) -> AfterValidator:
    example = f"arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:{pattern.format('dkms', '0a1b2c3d4e5f6071')}"
    path = pattern.format(r"[\w-]+", "[0-9a-f]+")
    return matching(
        rf"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{{12}}:{path}", f"the ARN of {what}, as {example}"
    )


NlbArn = Annotated[str, _elb("an NLB", "loadbalancer/net/{}/{}")]
AlbArn = Annotated[str, _elb("an ALB", "loadbalancer/app/{}/{}")]
ListenerArn = Annotated[str, _elb("an NLB's listener", "listener/net/{0}/{1}/{1}")]
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

    alb: AlbArn
    """ARN of the ALB."""
    target_group: TargetGroupArn
    """ARN of the target group through which an NLB reaches the ALB."""
    services: dict[str, TargetGroupArn]
    """For each service, the ARN of the target group of its pods."""
    nlb: NlbArn | None = None
    """ARN of the colour's NLB, in `route53`."""


class AdoptedNLB(Model):
    """The NLB that both colours are to share."""

    arn: NlbArn
    """ARN of the NLB."""
    listener: ListenerArn
    """ARN of the listener that clients use."""
    security_group: GroupId | None = None
    """Id of its security group, which gets the rules that a new colour needs. An NLB without one stays so."""
    cidrs: tuple[Cidr, ...] = ()
    """Networks of its subnets, whose health checks a colour's ALB lets in where there is no `securityGroup`."""

    def problems(self) -> Iterator[Problem]:
        """What of the NLB contradicts itself."""
        if not (self.security_group or self.cidrs):
            yield "cidrs", "is missing; an NLB without securityGroup checks its ALBs from the networks of its subnets"


class Adopted(Model):
    """What both colours share and ran before this stack: imported by its first update, which changes nothing."""

    record: RecordId
    """Import id of the entry's record: zone id, name and type."""
    nlb: AdoptedNLB | None = None
    """The NLB, in `shared-nlb`."""
    retain: bool = True
    """Leaves it in AWS when it leaves the stack. Default true; false gives it up to `pulumi destroy`."""


def contradictions(
    topology: str,
    adopted: Adopted | None,
    chains: Mapping[Colour, Chain],
    services: Collection[str],
    zone_id: str | None,
) -> Iterator[Problem]:
    """Find what of an adoption does not fit the topology."""
    for colour in [*chains][1:]:
        yield f"clusters.{colour}.chain", "is the second; only what ran before this stack has a chain of others"
    for colour, chain in chains.items():
        key = f"clusters.{colour}.chain"
        if topology == "shared-alb":
            yield key, "an ALB of others cannot be shared; choose the topology shared-nlb or route53"
        elif adopted is None:
            yield "adopted", f"is missing; {key} stands behind a record that exists, so give adopted.record"
        elif topology == "shared-nlb" and chain.nlb:
            yield f"{key}.nlb", "is for route53, where each colour has an NLB; write adopted.nlb instead"
        elif topology == "route53" and not chain.nlb:
            yield f"{key}.nlb", "is missing; in route53 each colour has an NLB"
        for service in sorted(chain.services.keys() - services):
            yield f"{key}.services.{service}", "is no service of the stack; name it as in services"
    if adopted and not zone_id:
        yield "entry.zone.id", f"is missing; the record {adopted.record} is in a zone that exists"
    if adopted and (topology == "shared-nlb") != bool(adopted.nlb):
        need = "is missing" if topology == "shared-nlb" else f"is not for {topology}; leave it out"
        yield "adopted.nlb", f"{need}: in shared-nlb, and only there, both colours share it"
