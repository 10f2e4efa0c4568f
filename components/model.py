"""What a team says about its entry, services and clusters: frozen, validated, free of Pulumi.

Field names are camelCase in configuration (`clientCidrs`) and snake_case in Python. Every validator's text
says what was given, the rule and the way out.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from components.eks_versions import known_versions

__all__ = [
    "AccessLogs",
    "Cluster",
    "Controller",
    "Entry",
    "ExistingNetwork",
    "Model",
    "NewNetwork",
    "NodeGroup",
    "Service",
    "SubnetPair",
    "Zone",
]

DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
HOST_NAME = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]([-a-z0-9]*[a-z0-9])?$"

Port = Annotated[int, Field(ge=1, le=65535)]
HostName = Annotated[str, Field(pattern=HOST_NAME, max_length=253)]


class Model(BaseModel):
    """Base of everything read from configuration: unknown keys are errors, and nothing changes later."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        hide_input_in_errors=True,
    )


class Zone(Model):
    """The hosted zone of the entry: an existing one by its id, else a new one."""

    name: HostName
    id: str | None = Field(default=None, pattern=r"^Z[A-Z0-9]{1,31}$")
    """Id of a zone that exists; without it a zone is created. A change replaces every record."""
    private: bool = True
    """Answers only inside the stack's VPC. Default true."""


class Entry(Model):
    """The name and port that clients use, and who may use them."""

    host: HostName
    port: Port = 443
    """TCP port of the entry, on NLB and ALB. Default 443. In public, 80 and 443 need an ICP filing in China."""
    certificate_arn: str | None = None
    """ACM certificate in the stack's region; TLS ends on the ALB. Without it the ALB speaks HTTP."""
    ssl_policy: str = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """TLS versions and ciphers of the ALB's listener. Default TLS 1.2 and 1.3; changed in place."""
    scheme: Literal["internal", "internet-facing"] = "internal"
    """Where the NLB answers. Default internal. A change replaces the NLB."""
    public: bool = False
    """Says that the whole internet is meant to reach the entry; without it prod refuses 0.0.0.0/0."""
    client_cidrs: tuple[IPv4Network, ...] = Field(min_length=1)
    """Networks from which clients reach the entry."""
    operator_cidrs: tuple[IPv4Network, ...] = Field(min_length=1)
    """Networks from which the address of one colour is reached; a client cannot choose its colour."""
    colour_ports: dict[Literal["blue", "green"], Port] = {"blue": 8443, "green": 9443}
    """Ports of the colours' own listeners on a shared NLB. Changed in place."""
    record: Literal["weighted", "simple"] = "weighted"
    """Routing policy of the entry's record in `route53`. Simple is AS-IS and holds one colour; it becomes
    weighted in place, and cannot go back while the other colour's record exists."""
    zone: Zone

    @property
    def protocol(self) -> Literal["HTTP", "HTTPS"]:
        """What the ALB speaks."""
        return "HTTPS" if self.certificate_arn else "HTTP"

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if self.port == 443 and not self.certificate_arn:
            raise ValueError("port 443 without certificateArn; give the ARN of an ACM certificate, or another port")
        if self.host != self.zone.name and not self.host.endswith(f".{self.zone.name}"):
            raise ValueError(f"host {self.host} is not in zone {self.zone.name}; name the zone that holds it")
        ports = [self.port, *self.colour_ports.values()]
        if len(self.colour_ports) != 2 or len(set(ports)) != 3:
            raise ValueError(f"ports {ports} of the entry, blue and green must be three different ports")
        return self


class Service(Model):
    """One service behind the entry, with a target group of its own in each colour."""

    port: Port = 8080
    """Port of its pods. A change replaces the target groups."""
    hosts: tuple[HostName, ...] = ()
    """Host names that lead to it besides the entry's; each gets a CNAME to the entry."""
    paths: tuple[Annotated[str, Field(pattern=r"^/[!-~]{0,127}$")], ...] = ()
    """Path patterns that lead to it, such as `/keys/*`. A service without hosts and paths gets the rest."""
    health_path: str = Field(default="/healthz", pattern=r"^/[!-~]*$")
    """What the ALB asks a pod, expecting 200. Changed in place."""
    namespace: str = Field(default="default", pattern=DNS_LABEL, max_length=63)
    """Kubernetes namespace; created unless it is `default`."""
    deregistration_delay: int = Field(default=60, ge=0, le=3600)
    """Seconds that a pod leaving the target group keeps its open requests. Default 60, AWS's own 300."""
    slow_start: int = Field(default=0, ge=0, le=900)
    """Seconds over which a new pod's share grows; 0 or 30 to 900. Default 0."""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if 0 < self.slow_start < 30:
            raise ValueError(f"slowStart {self.slow_start}; an ALB takes 0 or 30 to 900 seconds")
        return self


class NodeGroup(Model):
    """The managed node group of a cluster, across all zones."""

    instance_types: tuple[str, ...] = Field(default=("m6i.large",), min_length=1)
    """A change replaces the node group: created first, then the old one is drained and deleted."""
    minimum: int = Field(default=3, ge=1)
    maximum: int = Field(default=9, ge=1)
    desired: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if not self.minimum <= self.desired <= self.maximum:
            raise ValueError(
                f"minimum {self.minimum}, desired {self.desired}, maximum {self.maximum} must rise in this order"
            )
        return self


def _known(version: str) -> str:
    if version not in known_versions():
        raise ValueError(f"{version} is not an EKS version that is known here; known: {', '.join(known_versions())}")
    return version


class Cluster(Model):
    """An EKS cluster: one that this stack creates, or an existing one that stands in by name."""

    version: Annotated[str, AfterValidator(_known)] | None = None
    """Kubernetes minor version. A change upgrades the control plane in place, one minor at a time, for good."""
    existing: str | None = Field(default=None, pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$")
    """Name of a cluster that exists in the stack's account and VPC."""
    nodes: NodeGroup = NodeGroup()
    addons: dict[str, str] = {}
    """Add-on versions that replace the pinned defaults of the Kubernetes version, such as `vpc-cni`."""
    api_cidrs: tuple[IPv4Network, ...] = ()
    """Networks that reach the Kubernetes API from outside the VPC. Default none: the API is private."""
    retiring: bool = False
    """Lifts the protection of this colour, so that a later update can remove it. Only without traffic."""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if (self.version is None) == (self.existing is None):
            raise ValueError("give either version, for a new cluster, or existing, the name of one that stands in")
        return self


class Controller(Model):
    """The AWS Load Balancer Controller: its chart, and its image from a registry that China reaches."""

    chart: str = "aws-load-balancer-controller"
    repository: str = "https://aws.github.io/eks-charts"
    """Helm repository, or a mirror of it."""
    version: str = "3.3.0"
    """Chart version."""
    image: str | None = None
    """Image repository; default AWS's own registry of the region."""
    tag: str = "v3.3.0"
    """Image tag. Which tags the China registries carry differs: look before a change."""
    replicas: int = Field(default=2, ge=1)


class AccessLogs(Model):
    """The S3 bucket that takes the load balancers' access logs."""

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    prefix: str = ""


class NewNetwork(Model):
    """A VPC to create. A change of its CIDR or of a zone's place in the list replaces subnets: plan ahead."""

    cidr: Annotated[IPv4Network, Field(description="An RFC 1918 block from /16 to /20")] = IPv4Network("10.0.0.0/16")
    zones: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z]+-\d[a-z]$")], ...]
    """Availability zones, at least two. A zone added at the end moves nothing."""
    nat: Literal["zone", "one"] = "zone"
    """NAT gateways: one a zone, so that a zone's loss stays in it, or one in all. Default one a zone."""

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if len(set(self.zones)) < 2:
            raise ValueError(f"zones {list(self.zones)}; an ALB and EKS need at least two different zones")
        if not 16 <= self.cidr.prefixlen <= 20 or len(self.zones) > 4:
            raise ValueError(f"cidr {self.cidr} over {len(self.zones)} zones; give /16 to /20 over at most four zones")
        return self

    def subnets(self) -> Mapping[str, tuple[IPv4Network, IPv4Network]]:
        """For each zone, its private subnet (an eighth of the VPC) and its public one (a 128th, in the last eighth)."""
        eighths = list(self.cidr.subnets(prefixlen_diff=3))
        public = list(eighths[7].subnets(prefixlen_diff=4))
        return {zone: (eighths[place], public[place]) for place, zone in enumerate(self.zones)}


class SubnetPair(Model):
    """The subnets of one zone."""

    private: str = Field(pattern=r"^subnet-[0-9a-f]+$")
    public: str | None = Field(default=None, pattern=r"^subnet-[0-9a-f]+$")
    """Needed for an internet-facing entry only."""


class ExistingNetwork(Model):
    """A VPC that exists, with its subnets by zone."""

    vpc_id: str = Field(pattern=r"^vpc-[0-9a-f]+$")
    subnets: dict[Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z]+-\d[a-z]$")], SubnetPair]

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that have subnets."""
        return tuple(self.subnets)

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if len(self.subnets) < 2:
            raise ValueError(f"subnets in {list(self.subnets)}; an ALB and EKS need at least two zones")
        return self
