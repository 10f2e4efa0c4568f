"""A shared ALB, in prod forbidden: one ALB whose target groups two clusters fill.

Recognised by the component and by shape. The shape is read from what AWS and the clusters do with a resource,
never from names or tags: whatever things are called, an ALB that splits traffic between clusters forwards to
target groups that the providers of two clusters fill. Pure.

What would hide from these rules is refused by `policies.unseen`.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator

from policies.forwarding import LISTENER, LISTENER_RULE, actions_property, forwards, on_alb
from policies.stack import UNKNOWN, Finding, Resource, Stack, part

__all__ = [
    "across_resources",
    "balancer_of",
    "filled",
    "groups_in",
    "groups_named_by",
    "in_one_resource",
    "target_groups_of_albs",
]

COMPONENT = "bluegreen:index:SharedALB"
TARGET_GROUP = "aws:lb:TargetGroup"
WAY_OUT = "give each colour an ALB of its own: dkms:topology shared-nlb or route53"
_TARGET_GROUP_ARN = re.compile(r"arn:aws[\w-]*:elasticloadbalancing:[\w-]*:\d*:targetgroup/[\w-]+/\w+")


def in_one_resource(resource: Resource) -> Iterator[str]:
    """Find what one resource shows: the component, or an action of an ALB with several target groups."""
    if resource.type == COMPONENT:
        yield f"{resource.name} is a SharedALB, which is not for prod; {WAY_OUT}"
    if on_alb(resource):
        groups = [arn for forward in forwards(resource) for arn in forward.arns]
        count = len({arn for arn in groups if arn is not UNKNOWN}) + groups.count(UNKNOWN)
        if count > 1:
            yield f"{resource.name} of an ALB forwards to {count} target groups; {WAY_OUT}"


def across_resources(stack: Stack) -> Iterator[Finding]:
    """Find what several resources show: two clusters that fill one ALB's target groups, or one group."""
    fillings = filled(stack)
    shared = {group for group, clusters in fillings.items() if len(clusters) > 1}
    for group in sorted(shared):
        yield Finding(group, f"{_names(fillings[group])} fill target group {stack.name(group)}; {WAY_OUT}")
    for balancer, groups in sorted(target_groups_of_albs(stack).items()):
        clusters = {cluster: name for group in groups - shared for cluster, name in fillings.get(group, {}).items()}
        if len(clusters) > 1:
            message = f"{_names(clusters)} fill target groups of ALB {stack.name(balancer)}; {WAY_OUT}"
            yield Finding(balancer, message)


def _names(clusters: dict[object, str]) -> str:
    return f"{len(clusters)} clusters (Kubernetes providers {', '.join(sorted(clusters.values()))})"


def filled(stack: Stack) -> dict[str, dict[object, str]]:
    """Target groups that Kubernetes objects name, bindings or others, and by which clusters."""
    found: dict[str, dict[object, str]] = defaultdict(dict)
    for resource in stack.resources:
        if resource.type.startswith("kubernetes:") and resource.provider:
            for group in groups_named_by(resource, stack):
                found[group][_cluster(resource.provider, stack)] = resource.provider.name
    return found


def groups_named_by(resource: Resource, stack: Stack) -> frozenset[str]:
    """Target groups that a Kubernetes object fills; a binding may give a name instead of an ARN."""
    name = part(resource.props.get("spec"), "targetGroupName")
    if not isinstance(name, str):
        return groups_in(resource, stack)
    named = (group.urn for group in stack.of_kind(TARGET_GROUP) if group.props.get("name") == name)
    return groups_in(resource, stack) | {next(named, name)}


def groups_in(resource: Resource, stack: Stack) -> frozenset[str]:
    """Target groups whose ARNs occur anywhere in a resource; while they are unknown, those that went into it."""
    arns = _TARGET_GROUP_ARN.findall(json.dumps(dict(resource.props), default=repr))
    if arns:
        return frozenset(map(stack.find, arns))
    unknown = (stack.targets(resource, prop, [UNKNOWN], TARGET_GROUP) for prop in resource.references)
    return frozenset(group for groups in unknown for group in groups)


def _cluster(provider: Resource, stack: Stack) -> object:
    """Tell clusters apart by what a provider connects to; while that is unknown, by where it comes from."""
    connection = tuple(provider.props.get(key) for key in ("kubeconfig", "context", "cluster"))
    if isinstance(connection[0], str) and UNKNOWN not in connection:
        return connection
    registered = stack.by_urn.get(provider.urn, provider)
    return registered.references.get("kubeconfig") or provider.urn


def target_groups_of_albs(stack: Stack) -> dict[str, frozenset[str]]:
    """Target groups to which the listeners and rules of each ALB forward."""
    groups: dict[str, frozenset[str]] = defaultdict(frozenset)
    for resource in filter(on_alb, stack.of_kind(LISTENER, LISTENER_RULE)):
        arns = [arn for forward in forwards(resource) for arn in forward.arns]
        found = stack.targets(resource, actions_property(resource), arns, TARGET_GROUP)
        balancer = balancer_of(resource, stack)
        if balancer:
            groups[balancer] |= found
    return groups


def balancer_of(resource: Resource, stack: Stack) -> str | None:
    """Load balancer of a listener or rule: its URN, its ARN if it is not among the resources, None while unknown."""
    if resource.kind == LISTENER:
        return stack.target(resource, "loadBalancerArn", "aws:lb:LoadBalancer")
    listener = stack.target(resource, "listenerArn", LISTENER)
    if listener is None or listener in stack.by_urn:
        return listener and balancer_of(stack.by_urn[listener], stack)
    # …:listener/app/NAME/ID/LISTENER belongs to …:loadbalancer/app/NAME/ID.
    return stack.find(listener.replace(":listener/", ":loadbalancer/").rpartition("/")[0])
