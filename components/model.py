"""What a team says about its entry, services and clusters: frozen, validated, free of Pulumi."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, Field

from components.adoption import Chain
from components.eks_versions import eks_version
from components.schema import Cidr, HostName, KubernetesName, Model, Port, Problem, Word, matching, repeated, shown
from components.traffic import Colour, Weights

__all__ = [
    "AccessLogs",
    "Cluster",
    "Controller",
    "Entry",
    "NodeGroup",
    "Service",
    "Split",
    "Zone",
    "beside_name",
    "own_weights",
]

Arn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9A-Za-z-]+",
        "the ARN of an ACM certificate, such as arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d",
    ),
]

SslPolicy = Annotated[
    str, matching(r"ELBSecurityPolicy-[\w-]{1,100}", "a TLS policy, such as ELBSecurityPolicy-TLS13-1-2-2021-06")
]


class Zone(Model):
    """The hosted zone of the entry: an existing one by its id, else a new one."""

    name: HostName
    """The zone's domain name, such as `example.cn`."""
    id: Annotated[str, matching(r"Z[A-Z0-9]{1,31}", "the id of a hosted zone, such as Z0123456789ABC")] | None = None
    """Id of a zone that exists; without it a zone is created. A change replaces every record."""
    private: bool = True
    """Answers only inside the stack's VPC. Default true."""


class Entry(Model):
    """The name and port that clients use, and who may use them."""

    host: HostName
    """The name that clients use, inside `zone`."""
    port: Port = 443
    """TCP port of the entry, on NLB and ALB. Default 443. In public, 80 and 443 need an ICP filing in China.
    A change is refused by AWS: an ALB keeps a port through which an NLB reaches it."""
    certificate_arn: Arn | None = None
    """ACM certificate in the stack's region; TLS ends on the ALB. Another one is changed in place. Without it the ALB
    speaks HTTP; to go from one to the other cuts off every client."""
    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """TLS versions and ciphers of the ALB's listener. Default TLS 1.2 and 1.3; changed in place."""
    scheme: Literal["internal", "internet-facing"] = "internal"
    """Where the NLB answers. Default internal. A change replaces the NLB."""
    public: bool = False
    """Says that the whole internet is meant to reach the entry; without it prod refuses 0.0.0.0/0."""
    client_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    """Networks from which clients reach the entry."""
    operator_cidrs: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    """Networks from which the address of one colour is reached. A client cannot choose its colour."""
    colour_ports: dict[Literal["blue", "green"], Port] = {"blue": 8443, "green": 9443}
    """Ports of the colours' own listeners on a shared NLB. Changed in place, to ports that are free: no swap."""
    record: Literal["weighted", "simple"] = "weighted"
    """Routing policy of the entry's record in `route53`. Simple is AS-IS and holds one colour; it becomes
    weighted in place, and cannot go back while the other colour's record exists."""
    zone: Zone
    """The hosted zone of `host`."""

    @property
    def protocol(self) -> Literal["HTTP", "HTTPS"]:
        """What the ALB speaks."""
        return "HTTPS" if self.certificate_arn else "HTTP"

    def problems(self) -> Iterator[Problem]:
        """What of the entry contradicts itself."""
        if self.port == 443 and not self.certificate_arn:
            yield "port", "443 without certificateArn; give the ARN of an ACM certificate, or another port"
        if self.host != self.zone.name and not self.host.endswith(f".{self.zone.name}"):
            yield "host", f"{self.host} is not in the zone {self.zone.name}; give a name or a zone that fit"
        yield from colour_names("host", (self.host,))
        owner = {self.port: "the entry"}
        for colour in ("blue", "green"):
            port = self.colour_ports.get(colour)
            if port is None:
                yield f"colourPorts.{colour}", "is missing; give each colour a port of its own"
            elif port in owner:
                yield f"colourPorts.{colour}", f"{port} is the port of {owner[port]}; give each its own"
            else:
                owner[port] = colour
        yield from repeated("clientCidrs", self.client_cidrs)
        yield from repeated("operatorCidrs", self.operator_cidrs)


def colour_names(key: str, hosts: tuple[str, ...]) -> Iterator[Problem]:
    """Find the names that belong to the colours' own addresses: to clients an ALB refuses those."""
    for host in hosts:
        if host.partition(".")[0] in set(Colour):
            yield key, f"{host} begins like the address of a colour, which only operators reach; give another name"


def _split(given: object) -> object:
    if isinstance(given, Weights):
        return given
    if not isinstance(given, dict):
        raise ValueError(f"{shown(given)} is not a mapping; write, for example, {{blue: 90, green: 10}}")
    return Weights.parse(cast("dict[str, object]", given))


Split = Annotated[Weights, BeforeValidator(_split)]
"""Weights as a team writes them."""


class Service(Model):
    """One service behind the entry, with a target group of its own in each colour."""

    port: Port = 8080
    """Port of its pods. A change replaces the target groups and loses the service's traffic; `protect` refuses it."""
    order: Annotated[int, Field(ge=1, le=900)] = 1
    """Place of its rules among the services': an ALB asks lower ones first. Each service needs its own, since
    Pulumi hands mappings over sorted by name. Default 1. Changed in place, to one that is free: no swap, and a new
    service never takes the order of one that goes in the same update. The pods of the lowest one answer the NLB's
    health check for their colour, so leave that with a service that has been there for long."""
    hosts: tuple[HostName, ...] = ()
    """Host names that lead to it besides the entry's; each gets a CNAME to the entry."""
    paths: tuple[Annotated[str, matching(r"/[!-~]{0,127}", "a path pattern, such as /keys/*")], ...] = ()
    """Path patterns that lead to it, such as `/keys/*`, at its hosts if it has some, else at every host. A service
    without hosts and paths gets the rest, which is answered 404 where there is none. A new service has no healthy pods
    yet: add it with a host of its own, and give it the hosts that another one answers in a later update."""
    health_path: Annotated[str, matching(r"/[!-~]{0,1023}", "a path, such as /healthz")] = "/healthz"
    """What the ALB asks a pod, expecting 200. Changed in place."""
    namespace: KubernetesName = "default"
    """Kubernetes namespace; created unless it is `default`. A change loses its traffic, as one of `port` does."""
    deregistration_delay: Annotated[int, Field(ge=0, le=3600)] = 60
    """Seconds that a pod leaving the target group keeps its open requests. Default 60, AWS's own 300."""
    slow_start: Annotated[int, Field(ge=0, le=900)] = 0
    """Seconds over which a new pod's share grows; 0 or 30 to 900. Default 0."""
    weights: Split | None = None
    """Its own split, in `shared-alb`, such as `{blue: 90, green: 10}` for a canary of this service alone. Default: the
    stack's weights, and every change of them. Changed in place."""

    def problems(self) -> Iterator[Problem]:
        """What of the service contradicts itself."""
        if self.namespace.startswith("kube-"):
            yield "namespace", f"{self.namespace} is Kubernetes's own; give the services one of theirs"
        if 0 < self.slow_start < 30:
            yield "slowStart", f"{self.slow_start} is too short; an ALB takes 0 or 30 to 900 seconds"
        yield from colour_names("hosts", self.hosts)
        yield from repeated("hosts", self.hosts)
        yield from repeated("paths", self.paths)


def beside_name(service: str, colour: Colour) -> str:
    """Name the pods of a colour that stands in the other's cluster: `dkms-green`."""
    return f"{service}-{colour}"


def own_weights(services: Mapping[str, Service]) -> dict[str, Weights]:
    """Find the services that do not follow the stack's weights."""
    return {name: service.weights for name, service in services.items() if service.weights}


InstanceType = Annotated[
    str, matching(r"[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}", "the type of an EC2 instance, such as m6i.large")
]
# https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
NodeCount = Annotated[int, Field(ge=1, le=450)]


class NodeGroup(Model):
    """The managed node group of a cluster, across all zones."""

    instance_types: Annotated[tuple[InstanceType, ...], Field(min_length=1)] = ("m6i.large",)
    """A change replaces the node group: created first, then the old one is drained and deleted."""
    minimum: NodeCount = 3
    maximum: NodeCount = 9
    desired: NodeCount = 3

    def problems(self) -> Iterator[Problem]:
        """What of the group contradicts itself."""
        if not self.minimum <= self.desired <= self.maximum:
            yield (
                "desired",
                f"{self.desired} is not between minimum {self.minimum} and maximum {self.maximum}; let them rise",
            )


def _version(given: object) -> object:
    if isinstance(given, float):
        # YAML reads 1.30 as the number 1.3; minor versions have had two digits for years.
        raise ValueError(f'{given} is a number; put the version in quotes, such as "{given:.2f}"')
    return eks_version(given).version if isinstance(given, str) else given


AddonName = Annotated[str, matching(r"[0-9A-Za-z][\w-]{0,99}", "the name of an EKS add-on, such as coredns")]
AddonVersion = Annotated[
    str, matching(r"v\d[\w.+-]{0,99}", "the version of an EKS add-on, such as v1.11.4-eksbuild.33")
]
ClusterName = Annotated[str, matching(r"[0-9A-Za-z][\w-]{0,99}", "the name of an EKS cluster, such as dkms-old")]


class Cluster(Model):
    """An EKS cluster: one that this stack creates, an existing one by name, or that of the other colour."""

    version: Annotated[str, BeforeValidator(_version)] | None = None
    """Kubernetes minor version. A change upgrades the control plane in place, one minor at a time, only upwards."""
    existing: ClusterName | None = None
    """Name of a cluster that exists in the stack's account and VPC."""
    cluster_of: Colour | None = None
    """The other colour, in whose cluster this one stands: a release beside a release, with target groups, Services and
    pods of its own, labelled `app.kubernetes.io/name: <service>-<colour>`. It leaves before the cluster does."""
    chain: Chain | None = None
    """Its colour's load balancers, where others own them; then nothing in the cluster is changed either."""
    nodes: NodeGroup = NodeGroup()
    """Its node group."""
    addons: dict[AddonName, AddonVersion] = {}
    """Add-on versions that replace the pinned defaults of the Kubernetes version, such as `vpc-cni`."""
    api_cidrs: tuple[Cidr, ...] = ()
    """Networks that reach the Kubernetes API from outside the VPC. Default none: the API is private."""
    retiring: bool = False
    """Lifts the protection of this colour, so that a later update can remove it. Only without traffic."""

    def problems(self) -> Iterator[Problem]:
        """What of the cluster contradicts itself."""
        if self.cluster_of:
            yield from self._beside("clusterOf", f"stands in the cluster of {self.cluster_of}", "existing", "chain")
            return
        if self.existing is None:
            if self.version is None:
                yield "version", "is missing; give it for a new cluster, or the name of an existing one"
            if self.chain:
                yield "chain", "belongs to a cluster that exists; remove it with `existing`, a new cluster gets its own"
            return
        yield from self._beside("existing", f"{self.existing} comes as it is")

    def _beside(self, key: str, why: str, *more: str) -> Iterator[Problem]:
        for field in ("version", "nodes", "addons", "api_cidrs", *more):
            if field in self.model_fields_set and getattr(self, field) is not None:
                alias = type(self).model_fields[field].alias
                yield key, f"{why}; remove {alias}, which is for a {'new cluster' if field not in more else 'cluster'}"


HelmRepository = Annotated[str, matching(r"(https?|oci)://[!-~]{1,255}", "the address of a Helm repository")]


class Controller(Model):
    """The AWS Load Balancer Controller: its chart, and its image from a registry that China reaches."""

    chart: Word = "aws-load-balancer-controller"
    repository: HelmRepository = "https://aws.github.io/eks-charts"
    """Helm repository, or a mirror of it."""
    version: Word = "3.3.0"
    """Chart version."""
    image: Word | None = None
    """Image repository; default AWS's own registry of the region."""
    tag: Word = "v3.3.0"
    """Image tag. Which tags the China registries carry differs: look before a change."""
    replicas: Annotated[int, Field(ge=1, le=100)] = 2


BucketName = Annotated[
    str, matching(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket, such as dkms-elb-logs")
]


class AccessLogs(Model):
    """The S3 bucket that takes the load balancers' access logs."""

    bucket: BucketName
    """Name of the bucket."""
    prefix: Annotated[str, matching(r"(?!.*AWSLogs)[!-~]{0,255}", "a prefix of keys, without AWSLogs")] = ""
