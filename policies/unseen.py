"""Ways past the pack, in prod forbidden: what would share an ALB where no rule of `policies.shared_alb` sees it.

Several stacks, each innocent by itself; targets that no binding of this stack registers; resources that others
make on its behalf. What only gets, instead of owning, cannot be protected, and that is how it is told apart:
Pulumi says of no resource in a policy whether it is of this stack. Pure.

Out of sight: what runs beside Pulumi, such as kubectl; stacks that are not prod by their name; and what is looked up
while its tags say that it retires.
"""

import json
from collections.abc import Iterator

from components.tags import RETIRING
from policies.forwarding import LISTENER, LISTENER_RULE, on_alb
from policies.shared_alb import balancer_of, filled, groups_in, groups_named_by, target_groups_of_albs
from policies.stack import Finding, Resource, Stack, part

__all__ = ["across_resources", "in_one_resource"]

JUDGED = {"aws", "eks", "kubernetes", "pulumi", "random", "tls"}
"""Packages whose resources the pack reads, or that make nothing in AWS."""
MAKES_OTHERS = {"cloudcontrol", "cloudformation"}
"""Modules of pulumi-aws that make resources of any kind, which no policy sees."""
_FILLERS = (
    "aws:lb:TargetGroupAttachment",
    "aws:autoscaling:Attachment",
    "aws:autoscaling:Group",
    "aws:autoscaling:TrafficSourceAttachment",
    "aws:ecs:Service",
)


def in_one_resource(resource: Resource) -> Iterator[str]:
    """Find what makes load balancers, or fills target groups, without being readable."""
    package, module, kind = resource.kind.split(":", 2)
    if resource.provider and package not in JUDGED:
        yield f"{resource.name} is of {resource.type}, which this pack cannot judge; declare it with pulumi-aws"
    if package == "aws" and module in MAKES_OTHERS:
        yield f"{resource.name} makes resources that this pack does not see; declare them with pulumi-aws"
    if package == "kubernetes":
        makes_alb = kind == "Ingress" and "alb" in json.dumps(dict(resource.props), default=repr)
        if makes_alb or (kind == "Gateway" and module == "gateway.networking.k8s.io"):
            yield f"{resource.name} lets a controller make an ALB of its own; forward to a TargetGroupBinding instead"
        if part(resource.props.get("spec"), "multiClusterTargetGroup") is True:
            yield f"{resource.name} shares its target group with other clusters; give each cluster one of its own"


def across_resources(stack: Stack) -> Iterator[Finding]:
    """Find what belongs to another stack, or is filled by something else than a binding of this one."""
    fillings, behind_albs = filled(stack), target_groups_of_albs(stack)
    for found in filter(on_alb, stack.of_kind(LISTENER, LISTENER_RULE)):
        balancer = balancer_of(found, stack)
        if balancer and not _own(balancer, stack):
            yield Finding(found.urn, f"{found.name} is on an ALB that this stack does not own: {stack.name(balancer)}")
    for group in sorted(fillings):
        if not _own(group, stack):
            message = f"a binding fills a target group that this stack does not own: {stack.name(group)}"
            yield Finding(group, message)
    groups = frozenset(group for found in behind_albs.values() for group in found)
    for group in () if _undecided(stack) else sorted(groups - fillings.keys()):
        yield Finding(group, f"an ALB forwards to {stack.name(group)}, which no TargetGroupBinding of this stack fills")
    for filler in stack.of_kind(*_FILLERS):
        for group in sorted(groups_in(filler, stack)):
            if group in groups or not _own(group, stack):
                message = f"{filler.name} fills {stack.name(group)}, which only a TargetGroupBinding of its stack may"
                yield Finding(filler.urn, message)


def _own(urn: str, stack: Stack) -> bool:
    """Whether the stack owns what it must protect in prod, unless that is being retired."""
    found = stack.by_urn.get(urn)
    return found is not None and (found.protect or found.tagged(RETIRING))


def _undecided(stack: Stack) -> bool:
    """Whether a preview cannot tell what some binding fills; the update can."""
    bindings = (resource for resource in stack.resources if resource.type.endswith(":TargetGroupBinding"))
    return any(not groups_named_by(binding, stack) for binding in bindings)
