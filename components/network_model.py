"""What a team says about its network: frozen, validated, free of Pulumi."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Discriminator, Tag

from components.schema import Cidr, Model, Problem, matching, repeated

__all__ = ["AnyNetwork", "ExistingNetwork", "NewNetwork", "SubnetPair"]

ZoneName = Annotated[str, matching(r"[a-z]{2}-[a-z]+-\d[a-z]", "an availability zone, such as cn-north-1a")]
SubnetId = Annotated[str, matching(r"subnet-[0-9a-f]+", "the id of a subnet, such as subnet-0a1b2c3d")]


class NewNetwork(Model):
    """A VPC to create. A change of its CIDR or of a zone's place in the list replaces subnets: plan ahead."""

    cidr: Cidr = IPv4Network("10.0.0.0/16")
    """Block of the VPC, /16 to /20. Default 10.0.0.0/16."""
    zones: tuple[ZoneName, ...]
    """Availability zones, two to four. One more at the end moves no subnet; node groups are replaced, created first."""
    nat: Literal["zone", "one"] = "zone"
    """NAT gateways: one a zone, so that a zone's loss stays in it, or one in all. Default one a zone."""

    def problems(self) -> Iterator[Problem]:
        """What of the network contradicts itself."""
        if not 2 <= len(self.zones) <= 4:
            count = f"{len(self.zones)} zone{'s' if len(self.zones) != 1 else ''}"
            yield "zones", f"{count}; give two to four, as an ALB and EKS need at least two"
        yield from repeated("zones", self.zones)
        if not 16 <= self.cidr.prefixlen <= 20:
            yield "cidr", f"{self.cidr} is too {'small' if self.cidr.prefixlen > 20 else 'large'}; give /16 to /20"

    def subnets(self) -> Mapping[str, tuple[IPv4Network, IPv4Network]]:
        """For each zone, its private subnet (an eighth of the VPC) and its public one (a 128th, in the last eighth)."""
        eighths = list(self.cidr.subnets(prefixlen_diff=3))
        public = list(eighths[7].subnets(prefixlen_diff=4))
        return {zone: (eighths[place], public[place]) for place, zone in enumerate(self.zones)}


class SubnetPair(Model):
    """The subnets of one zone."""

    private: SubnetId
    """Id of the zone's private subnet, with a way out."""
    public: SubnetId | None = None
    """Needed for an internet-facing entry only."""


class ExistingNetwork(Model):
    """A VPC that exists, with its subnets by zone."""

    vpc_id: Annotated[str, matching(r"vpc-[0-9a-f]+", "the id of a VPC, such as vpc-0a1b2c3d")]
    """Id of the VPC."""
    subnets: dict[ZoneName, SubnetPair]
    """The subnets of each zone, at least two zones."""

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that have subnets."""
        return tuple(self.subnets)

    def problems(self) -> Iterator[Problem]:
        """What of the network contradicts itself."""
        if len(self.subnets) < 2:
            count = f"{len(self.subnets)} zone{'s' if len(self.subnets) != 1 else ''}"
            yield "subnets", f"{count}; give two or more, as an ALB and EKS need at least two"
        ids = (subnet for pair in self.subnets.values() for subnet in (pair.private, pair.public) if subnet)
        yield from repeated("subnets", tuple(ids))


def _keys_of(given: object, model: type[Model]) -> list[str]:
    known = [field.alias for field in model.model_fields.values()]
    return [key for key in cast("dict[str, object]", given) if key in known] if isinstance(given, dict) else []


def _new_or_existing(given: object) -> object:
    new, existing = _keys_of(given, NewNetwork), _keys_of(given, ExistingNetwork)
    if new and existing:
        raise ValueError(
            f"{', '.join(new)} beside {', '.join(existing)}; a network is either new, by zones, cidr and nat, "
            "or one that exists, by vpcId and subnets"
        )
    return given


def _kind_of_network(given: object) -> str:
    existing = isinstance(given, ExistingNetwork) or _keys_of(given, ExistingNetwork)
    return ExistingNetwork.__name__ if existing else NewNetwork.__name__


AnyNetwork = Annotated[
    Annotated[NewNetwork, Tag(NewNetwork.__name__)] | Annotated[ExistingNetwork, Tag(ExistingNetwork.__name__)],
    Discriminator(_kind_of_network),
    BeforeValidator(_new_or_existing),
]
"""A VPC, told apart by its keys."""
