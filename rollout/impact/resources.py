"""What a resource is to traffic: whose colour it serves, and whether clients pass through it. Pure.

Tags say it where there are any; records, attachments and rules of security groups take none, and there the name
that the program gives says it: `dkms-green-…` serves green.
"""

import re
from collections.abc import Iterable

from components.rules import COLOUR_HEADER
from components.tags import COLOUR, SERVICE
from components.traffic import Colour
from infra.config import NAMESPACE
from policies.forwarding import LISTENER, LISTENER_RULE
from policies.stack import Resource, part, sequence
from policies.weights import RECORD
from rollout.preview import Preview, Step

__all__ = [
    "ATTACHMENT",
    "BALANCER",
    "BINDING",
    "CLUSTER",
    "FIREWALL",
    "NODES",
    "SECRET",
    "TARGET_GROUP",
    "Groups",
    "carries_clients",
    "colour_of",
    "is_for_operators",
    "is_registration",
    "named",
]

BALANCER = "aws:lb:LoadBalancer"
TARGET_GROUP = "aws:lb:TargetGroup"
ATTACHMENT = "aws:lb:TargetGroupAttachment"
CLUSTER = "aws:eks:Cluster"
NODES = "aws:eks:NodeGroup"
SECRET = "kubernetes:core:Secret"  # noqa: S105 - a kind
BINDING = "kubernetes:elbv2.k8s.aws:TargetGroupBinding"
FIREWALL = {"aws:vpc:SecurityGroupIngressRule", "aws:vpc:SecurityGroupEgressRule", "aws:ec2:SecurityGroup"}
_ACCESS = {"aws:eks:AccessEntry", "aws:eks:AccessPolicyAssociation"}
_ON_THE_WAY = {
    BALANCER,
    LISTENER,
    LISTENER_RULE,
    TARGET_GROUP,
    ATTACHMENT,
    RECORD,
    CLUSTER,
    BINDING,
    "aws:route53:Zone",
}
_ADDRESS = re.compile(rf"{NAMESPACE}-({'|'.join(Colour)})-address(-.*)?")
_REGISTRATION = re.compile(rf"{NAMESPACE}-({'|'.join(Colour)})-argocd(-.*)?")
_AUTO_NAME = re.compile(r":targetgroup/(.+?)(-[0-9a-f]{7})?/")


def colour_of(resource: Resource) -> Colour | None:
    """Tell which colour a resource serves; None for one that serves both, or a tool."""
    tag = part(resource.props.get("tags"), COLOUR)
    if isinstance(tag, str) and tag in set(Colour):
        return Colour(tag)
    return _colour_in(resource.name)


def is_for_operators(resource: Resource) -> bool:
    """Whether only operators pass: a colour's own address, or a rule that asks for a source or the header."""
    if resource.kind == LISTENER_RULE:
        conditions = sequence(resource.props.get("conditions"))
        headers = (part(part(each, "httpHeader"), "httpHeaderName") for each in conditions)
        return any(part(each, "sourceIp") for each in conditions) or COLOUR_HEADER in headers
    return resource.kind in {LISTENER, RECORD, *FIREWALL} and bool(_ADDRESS.fullmatch(resource.name))


def is_registration(resource: Resource) -> bool:
    """Whether it is a colour's cluster in ArgoCD, or what lets ArgoCD in: no request passes it."""
    return resource.kind in {SECRET, *_ACCESS, *FIREWALL} and bool(_REGISTRATION.fullmatch(resource.name))


def carries_clients(resource: Resource) -> bool:
    """Whether clients' requests need it: without it, some of them are lost."""
    is_a_tools = resource.kind == CLUSTER and colour_of(resource) is None
    return resource.kind in _ON_THE_WAY and not is_for_operators(resource) and not is_a_tools


def named(steps: Iterable[Step]) -> tuple[str, ...]:
    """Names of what steps are about, each with what it is: `ListenerRule dkms-keys`."""
    return tuple(dict.fromkeys(f"{step.type.rpartition(':')[2]} {step.name}" for step in steps))


def _colour_in(name: str) -> Colour | None:
    first = name.removeprefix(f"{NAMESPACE}-").split("-")[0]
    return Colour(first) if first in set(Colour) else None


class Groups:
    """The target groups that a preview tells of, found by what a forward action names."""

    def __init__(self, preview: Preview) -> None:
        self._known: dict[str, Resource] = {}
        for step in preview.steps:
            for resource in filter(None, (step.before, step.after)):
                if resource.kind == TARGET_GROUP:
                    self._known[resource.urn] = resource
                    if isinstance(arn := resource.props.get("arn"), str):
                        self._known[arn] = resource

    def colours(self, resource: Resource, prop: str, arns: Iterable[object]) -> list[Colour | None]:
        """The colour of each target group in a property of a listener or rule.

        An ARN that is not known yet is one of the new groups that went into the property; forward actions list
        colours in their order, so they are taken in it.
        """
        names = [urn.split("::", 3)[-1] for urn in resource.references.get(prop, ())]
        given = list(arns)
        known = [self._of_arn(arn) if isinstance(arn, str) else None for arn in given]
        left = [colour for colour in Colour if colour in map(_colour_in, names) and colour not in known]
        unknown = sum(not isinstance(arn, str) for arn in given)
        fill = iter(left if len(left) == unknown else [None] * unknown)
        return [colour if isinstance(arn, str) else next(fill) for arn, colour in zip(given, known, strict=True)]

    def arns_of(self, colour: Colour) -> tuple[str, ...]:
        """ARNs of a colour's target groups that exist."""
        return tuple(arn for arn, group in self._known.items() if colour_of(group) is colour and arn.startswith("arn:"))

    def service(self, resource: Resource, prop: str) -> str:
        """The service of the target groups in a property, as their tags or names say it."""
        for urn in resource.references.get(prop, ()):
            tag = part(self._known[urn].props.get("tags"), SERVICE) if urn in self._known else None
            words = urn.split("::", 3)[-1].removeprefix(f"{NAMESPACE}-").split("-", 1)
            if isinstance(tag, str) or (len(words) == 2 and words[0] in set(Colour)):
                return tag if isinstance(tag, str) else words[1]
        return ""

    def _of_arn(self, arn: str) -> Colour | None:
        if arn in self._known:
            return colour_of(self._known[arn])
        found = _AUTO_NAME.search(arn)
        return _colour_in(found[1]) if found else None
