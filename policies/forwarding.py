"""How listeners and rules forward: to which target groups, by which weights. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from policies.stack import UNKNOWN, Resource, part, sequence

__all__ = ["LISTENER", "LISTENER_RULE", "Forward", "actions_property", "forwards", "on_alb"]

LISTENER = "aws:lb:Listener"
LISTENER_RULE = "aws:lb:ListenerRule"
DEFAULT_WEIGHT = 1
"""Weight that the provider gives a target group whose weight is left out."""
_NLB_PROTOCOLS = {"TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"}


@dataclass(frozen=True, slots=True)
class Forward:
    """One forward action. Each part is UNKNOWN where a preview cannot know it."""

    arns: tuple[object, ...]
    weights: tuple[object, ...]


def actions_property(resource: Resource) -> str:
    """Name of the property that holds the actions of a listener or a rule."""
    return "actions" if resource.kind == LISTENER_RULE else "defaultActions"


def on_alb(resource: Resource) -> bool:
    """Whether a listener or rule belongs to an ALB; only ALBs have rules."""
    if resource.kind == LISTENER_RULE:
        return True
    protocol = resource.props.get("protocol")
    return resource.kind == LISTENER and protocol is not UNKNOWN and str(protocol).upper() not in _NLB_PROTOCOLS


def forwards(resource: Resource) -> Iterator[Forward]:
    """Forward actions of a listener or a rule, written in either of the ways that the provider takes."""
    actions = resource.props.get(actions_property(resource))
    for action in (UNKNOWN,) if actions is UNKNOWN else sequence(actions):
        groups = part(part(action, "forward"), "targetGroups")
        targets = (UNKNOWN,) if groups is UNKNOWN else sequence(groups)
        arns = [part(target, "arn") for target in targets]
        weights = [part(target, "weight", DEFAULT_WEIGHT) for target in targets]
        classic = part(action, "targetGroupArn")
        # An unknown ARN beside a forward is the forward's own: the provider fills in both.
        if classic and classic not in arns and not (classic is UNKNOWN and arns):
            arns.append(classic)
            weights.append(DEFAULT_WEIGHT)
        if arns:
            yield Forward(tuple(arns), tuple(weights))
