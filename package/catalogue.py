"""The components of the package: what each takes and gives, and how the library builds it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi

from components import tags
from components.argocd import ArgoCDRegistration, argocd_home
from components.argocd_model import ArgoCD
from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import BlueGreen, BlueGreenArgs, Placement
from components.cluster import ClusterPlacement, ServiceCluster
from components.environment import is_prod
from components.kubeconfig import kubeconfig_of
from components.schema import Model
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from package.args import (
    Args,
    BlueGreenRoute53Args,
    ServiceClusterArgs,
    ServiceClusterOutputs,
    SharedALBArgs,
    SharedNLBArgs,
    TrafficArgs,
    TrafficOutputs,
)

__all__ = ["COMPONENTS", "PACKAGE", "Component"]

PACKAGE = "bluegreen"

Built = tuple[pulumi.ComponentResource, Mapping[str, object]]
"""A component, and its outputs by the names of its output model."""


Build = Callable[[str, Any, pulumi.ResourceOptions], Built]
"""Makes a component of a name, of arguments that fit it, and of options."""


@dataclass(frozen=True)
class Component:
    """One component of the package."""

    kind: type[pulumi.ComponentResource]
    args: type[Args]
    outputs: type[Model]
    build: Build

    @property
    def description(self) -> str:
        """What it is for, as its docstring says."""
        return inspect.getdoc(self.kind) or ""


def _topology(kind: type[BlueGreen], args: type[TrafficArgs]) -> Component:
    # Each of them takes what BlueGreenArgs says; their base class takes what Pulumi's components do.
    make = cast("type[SharedNLB]", kind)

    def build(name: str, given: TrafficArgs, opts: pulumi.ResourceOptions) -> Built:
        built = make(name, _arguments(given), opts)
        return built, {
            "endpoint": built.endpoint,
            "addresses": {colour: vars(address) for colour, address in built.addresses.items()},
            "target_groups": built.target_groups,
            "alb_security_groups": built.alb_security_groups,
            "load_balancers": built.load_balancers,
            "weights": built.weights.forward,
        }

    return Component(kind, args, TrafficOutputs, build)


def _arguments(given: TrafficArgs) -> BlueGreenArgs:
    return BlueGreenArgs(
        entry=given.entry,
        services=given.services,
        colours=given.colours,
        weights=given.weights,
        retiring=frozenset(given.retiring),
        placement=Placement(
            vpc_id=given.vpc_id, nlb_subnet_ids=given.nlb_subnet_ids, alb_subnet_ids=given.alb_subnet_ids
        ),
        zone_id=given.zone_id,
        access_logs=given.access_logs,
        gates=given.gates.resolve(
            given.region, prod=is_prod(pulumi.get_stack()), profile=pulumi.Config("aws").get("profile")
        ),
        protect=given.protect,
        tags=given.tags,
    )


def _service_cluster(name: str, given: ServiceClusterArgs, opts: pulumi.ResourceOptions) -> Built:
    groups = pulumi.Output.from_input(given.target_groups)
    built = ServiceCluster(
        name,
        given.cluster,
        ClusterPlacement(
            region=given.region,
            vpc_id=given.vpc_id,
            private_subnet_ids=given.private_subnet_ids,
            tags=tags.of(given.tags, colour=given.colour),
        ),
        services=given.services,
        target_groups={service: groups[service] for service in given.services},
        alb_security_group_id=given.alb_security_group_id,
        controller=given.controller,
        protect=given.protect and not given.cluster.retiring,
        opts=opts,
    )
    if given.argocd and not given.cluster.retiring:
        _registered(f"{name}-argocd", given, given.argocd, built)
    return built, {name: getattr(built.cluster, name) for name in ServiceClusterOutputs.model_fields}


def _registered(name: str, given: ServiceClusterArgs, argocd: ArgoCD, built: ServiceCluster) -> None:
    """Register a cluster in the same call that makes it: of another call, Pulumi would not know what goes first."""
    child = pulumi.ResourceOptions(parent=built)
    reached = kubeconfig_of(argocd.cluster or "", argocd.region or given.region, built)
    ArgoCDRegistration(
        name,
        argocd_home(name, argocd, reached, argocd.role_arn or "", child),
        given.colour,
        built.cluster,
        known_as=f"{pulumi.get_project()}-{pulumi.get_stack()}-{name.removesuffix('-argocd')}",
        region=given.region,
        namespaces=sorted({service.namespace for service in given.services.values()}),
        tags=tags.of(given.tags, colour=given.colour),
        after=built.bound,
        opts=child,
    )


COMPONENTS: Mapping[str, Component] = {
    f"{PACKAGE}:index:{component.kind.__name__}": component
    for component in (
        _topology(BlueGreenRoute53, BlueGreenRoute53Args),
        _topology(SharedNLB, SharedNLBArgs),
        _topology(SharedALB, SharedALBArgs),
        Component(ServiceCluster, ServiceClusterArgs, ServiceClusterOutputs, _service_cluster),
    )
}
"""By type token."""
