"""What the package's components take and give: the library's own models, and what other resources make."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, TypeVar, cast

import pulumi
from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

from components.argocd_model import ArgoCD
from components.bluegreen import Address
from components.gates.model import GateSettings
from components.model import AccessLogs, Cluster, Controller, Entry, Service
from components.schema import Model, Problem, shown
from components.traffic import Colour, Weights
from infra.checks import Topology, argocd_problems, entry_problems, own_weights_problems, service_problems, tag_problems
from infra.config import Region, ServiceName

__all__ = [
    "Args",
    "BlueGreenRoute53Args",
    "ServiceClusterArgs",
    "ServiceClusterOutputs",
    "SharedALBArgs",
    "SharedNLBArgs",
    "TrafficArgs",
    "TrafficOutputs",
    "later",
]

T = TypeVar("T")

_LATER = "may be an output that is not known yet"
MAX_NAME = 14
"""Characters of a component's name: Pulumi makes a load balancer's of it, of at most 32."""


def _when_known(given: object, check: ValidatorFunctionWrapHandler) -> object:
    return cast("object", given) if isinstance(given, pulumi.Output) else check(given)


Later = Annotated[T, WrapValidator(_when_known), _LATER]
"""A value that other resources may make: at run time it may be an Output. All else is known in a preview."""


def later(args: type[Model]) -> set[str]:
    """Keys of the arguments that may be outputs which are not known yet."""
    return {field.alias or name for name, field in args.model_fields.items() if _LATER in field.metadata}


def _weights(given: object) -> object:
    return Weights.parse(cast("dict[str, object]", given)) if isinstance(given, dict) else given


class Args(Model):
    """What every component takes."""

    region: Region
    """The region of the AWS provider in use, cn-north-1 or cn-northwest-1."""
    vpc_id: Later[str]
    """Id of the VPC."""
    services: Annotated[dict[ServiceName, Service], Field(min_length=1)]
    """The services behind the entry, by name. An ALB asks for them by their `order`."""
    protect: bool = True
    """Protects what carries traffic from deletion, in AWS and in Pulumi. Default true; changed in place."""
    tags: dict[str, str] = {}
    """Tags of every resource."""

    def misfits(self, name: str) -> Iterator[Problem]:
        """What contradicts itself in a component of this name."""
        del name
        return tag_problems(self.tags)


class TrafficArgs(Args):
    """What each topology takes. One colour is AS-IS, two are TO-BE."""

    topology: ClassVar[Topology]

    entry: Entry
    """The name and port that clients use, and who may use them. The zone's id is `zoneId`, not `entry.zone.id`."""
    colours: Annotated[tuple[Colour, ...], Field(min_length=1)]
    """The colours that have a cluster. One that is added gets no traffic yet; one is removed after it was retiring."""
    weights: Annotated[Weights, BeforeValidator(_weights)]
    """Whole per cents of the traffic that sum to 100. A change of them is a shift, in place, and passes the gates."""
    retiring: tuple[Colour, ...] = ()
    """Colours without traffic whose protection is lifted, so that a later update can remove them."""
    nlb_subnet_ids: Later[tuple[str, ...]]
    """One subnet a zone; public for an internet-facing entry. Removing or swapping one replaces the NLB."""
    alb_subnet_ids: Later[tuple[str, ...]]
    """One private subnet in each of the same zones. Changed in place."""
    zone_id: Later[str]
    """Id of the entry's hosted zone. A change replaces every record."""
    access_logs: AccessLogs | None = None
    """Where load balancers write access logs. Default nowhere; prod must have one."""
    gates: GateSettings = GateSettings()
    """What `pulumi up` asks before it moves traffic, and how long it watches after it."""

    def misfits(self, name: str) -> Iterator[Problem]:
        """What contradicts itself in a component of this name."""
        if len(name) > MAX_NAME or not re.fullmatch(r"[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?", name):
            yield (
                "name",
                f"{shown(name)} becomes part of load balancers' names; give it at most {MAX_NAME} letters, digits "
                "and inner hyphens",
            )
        yield from self._traffic()
        yield from entry_problems(self.entry, self.region)
        if self.entry.zone.id:
            yield "entry.zone.id", "belongs to a stack file; give it as zoneId"
        yield from service_problems(name, self.topology, self.entry, self.services)
        yield from super().misfits(name)

    def _traffic(self) -> Iterator[Problem]:
        for colour in self.weights.live:
            if colour not in self.colours:
                yield "weights", f"{colour} has {self.weights[colour]} and no cluster; add it to colours, or give it 0"
            elif colour in self.retiring:
                yield "retiring", f"{colour} has weight {self.weights[colour]}; take its traffic first"
        yield from own_weights_problems(self.topology, self.services, self.colours, self.retiring)


class BlueGreenRoute53Args(TrafficArgs):
    """Arguments of BlueGreenRoute53."""

    topology = Topology.ROUTE53

    def _traffic(self) -> Iterator[Problem]:
        yield from super()._traffic()
        if self.entry.record == "simple" and len(self.colours) > 1:
            yield "entry.record", "a simple record holds one colour; remove the key before adding the other"


class SharedNLBArgs(TrafficArgs):
    """Arguments of SharedNLB."""

    topology = Topology.SHARED_NLB

    weighted_nlb: bool = False
    """Declares that the region's NLBs take weighted target groups; a split needs it. Default false: only 100/0."""

    def _traffic(self) -> Iterator[Problem]:
        yield from super()._traffic()
        if len(self.weights.live) > 1 and not self.weighted_nlb:
            yield (
                "weights",
                f"{self.weights} needs an NLB that weighs target groups; where the region has it "
                "set weightedNlb to true, else switch 100/0",
            )


class SharedALBArgs(TrafficArgs):
    """Arguments of SharedALB."""

    topology = Topology.SHARED_ALB


class ServiceClusterArgs(Args):
    """Arguments of ServiceCluster."""

    colour: Colour
    """The colour that it serves, and the tag of everything in it."""
    cluster: Cluster
    """The cluster: a new one, or one that exists."""
    private_subnet_ids: Later[tuple[str, ...]]
    """One a zone, with a way out, for the control plane's interfaces and the nodes."""
    target_groups: Later[dict[str, str]]
    """For each service, the ARN of the target group that the cluster fills: its colour's `targetGroups`."""
    alb_security_group_id: Later[str]
    """The security group from which its pods are reached: its colour's in `albSecurityGroups`."""
    controller: Controller = Controller()
    """The AWS Load Balancer Controller."""
    argocd: ArgoCD | None = None
    """The ArgoCD that deploys to the cluster: it learns of the cluster once its bindings stand, and forgets it before
    the first of them goes."""

    def misfits(self, name: str) -> Iterator[Problem]:
        """What contradicts itself in a component of this name."""
        if self.cluster.chain:
            yield "cluster.chain", "is for load balancers that a stack file of the program adopts; remove it"
        if self.cluster.cluster_of:
            yield "cluster.clusterOf", "is for the two colours of a stack file of the program; give a version"
        if self.argocd and self.argocd.stack:
            yield "argocd.stack", "belongs to a stack file; give what that stack says, as cluster, region and roleArn"
        elif self.argocd and not self.argocd.cluster:
            yield "argocd.cluster", "is missing; name the EKS cluster that ArgoCD runs in"
        elif self.argocd and self.cluster.existing:
            yield "argocd", f"{self.cluster.existing} is known to it, or not, as whoever made it has seen to; remove it"
        else:
            yield from argocd_problems(self.argocd, self.region, {self.colour: self.cluster}, None)
        yield from super().misfits(name)


class TrafficOutputs(Model):
    """What each topology gives."""

    endpoint: str
    """URL that clients use."""
    addresses: Mapping[str, Address]
    """For each colour, its permanent address."""
    target_groups: Mapping[str, Mapping[str, str]]
    """For each colour and service, the ARN of the target group that its cluster fills."""
    alb_security_groups: Mapping[str, str]
    """For each colour, the security group from which its pods are reached."""
    load_balancers: Mapping[str, str]
    """DNS names of the load balancers in the chain, by their place in it (`nlb`, `alb-blue`, …)."""
    weights: Mapping[str, int]
    """For each colour with traffic, its weight."""


class ServiceClusterOutputs(Model):
    """What a service cluster gives."""

    cluster_name: str
    """Name of the EKS cluster."""
    version: str
    """Its Kubernetes version."""
    security_group_id: str
    """The cluster security group, which nodes and pods share."""
    kubeconfig: str
    """JSON that fetches its token with `aws eks get-token`; no secret in it."""
