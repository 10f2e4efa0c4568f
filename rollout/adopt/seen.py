"""What was found of a running chain: plain data, as far as a stack file or a decision needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Balancer", "Forwarding", "Found", "Group", "Record", "Route", "Subnet", "Zone"]


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A hosted zone."""

    id: str
    name: str
    private: bool


@dataclass(frozen=True, kw_only=True)
class Record:
    """The simple record of the entry's name."""

    type: str
    target: str
    """The name that it leads to."""
    ttl: int
    """Seconds; 60 for an alias."""
    has_ipv6: bool
    """Whether the name has an AAAA record as well."""


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """A subnet of a load balancer."""

    id: str
    zone: str
    cidr: str


@dataclass(frozen=True, kw_only=True)
class Balancer:
    """An NLB or an ALB."""

    arn: str
    name: str
    dns_name: str
    vpc: str
    internal: bool
    groups: Sequence[str]
    """Its security groups."""
    subnets: Sequence[Subnet]
    protected: bool
    """Whether AWS refuses to delete it."""
    logs: bool
    """Whether it writes access logs."""
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Group:
    """A target group and how its targets are."""

    arn: str
    name: str
    type: str
    port: int
    health_path: str
    targets: Sequence[str]
    """Ids: addresses, instances, or the ARN of an ALB."""
    healthy: int
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Forwarding:
    """A listener that sends to target groups."""

    arn: str
    port: int
    protocol: str
    groups: Sequence[str]
    """ARNs of the target groups of its default action."""
    certificate: str | None = None
    ssl_policy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Route:
    """What an ALB sends to one target group."""

    group: Group
    hosts: Sequence[str]
    paths: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The whole chain, from the entry's name to the cluster."""

    region: str
    account: str
    host: str
    zone: Zone
    record: Record
    nlb: Balancer
    listener: Forwarding
    others: Sequence[Forwarding]
    """Further listeners of the NLB."""
    behind: Group
    """The NLB's target group of the ALB."""
    alb: Balancer
    alb_listener: Forwarding
    rules: int
    """How many rules that listener has beside its default action."""
    routes: Sequence[Route]
    cluster: str
    version: str

    @property
    def by_ingress(self) -> bool:
        """Whether the AWS Load Balancer Controller of a cluster made the ALB, and owns it."""
        return any(key in self.alb.tags for key in ("ingress.k8s.aws/stack", "elbv2.k8s.aws/cluster"))
