"""IAM policies of just what is needed, from the calls that rehearsals make: `python -m rehearsal.iam docs/iam`."""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

from components.errors import BlueGreenError
from infra.config import NAMESPACE
from rehearsal.aws import EmbeddedAws
from rehearsal.aws.actions import EVERYTHING
from rehearsal.aws.client import DEPLOY, GATES
from rehearsal.aws.permissions import Policy, Statement
from rehearsal.engine import Engine
from rehearsal.play import Staging, play
from rehearsal.run import stage
from rehearsal.script import EngineName, Script, default_stacks, story_of
from rehearsal.upkeep import with_upkeep

__all__ = ["documents", "exercise", "rights", "written"]

Right = tuple[str, str]
"""An action and a resource."""

BEYOND = {
    # What Pulumi's provider of AWS asks, and the one that stands in for it does not.
    "ec2": """DescribeAccountAttributes DescribeAddresses DescribeAddressesAttribute DescribeAvailabilityZones
        DescribeInternetGateways DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces
        DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeTags
        DescribeVpcAttribute DescribeVpcs""",
    "elasticloadbalancing": """DescribeCapacityReservation DescribeListenerCertificates DescribeListenerAttributes
        DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeTags
        DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth""",
    "eks": """DescribeAccessEntry DescribeAddon DescribeAddonVersions DescribeCluster DescribeNodegroup
        DescribePodIdentityAssociation DescribeUpdate ListAssociatedAccessPolicies ListTagsForResource""",
    "iam": """GetPolicy GetPolicyVersion GetRole ListAttachedRolePolicies ListInstanceProfilesForRole
        ListPolicyVersions ListRolePolicies""",
    "route53": """GetChange GetDNSSEC GetHostedZone ListHostedZones ListHostedZonesByName ListResourceRecordSets
        ListTagsForResource""",
    # `bluegreen shift` shows what the colours serve; the provider reads the alarms' tags.
    "cloudwatch": "DescribeAlarms GetMetricData ListTagsForResource",
}
"""Reads by service that no rehearsal makes, or not every story: they change nothing, and are of no one resource."""
REPAIRS = {
    "ec2": "ModifySecurityGroupRules ModifySubnetAttribute ReplaceRoute",
    "eks": "UpdateAccessEntry UpdatePodIdentityAssociation",
    "elasticloadbalancing": "ModifyListenerAttributes SetSecurityGroups",
    "iam": "UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
    "route53": "AssociateVPCWithHostedZone DisassociateVPCFromHostedZone UpdateHostedZoneComment",
}
"""Changes by service that no edit of a stack file makes: `pulumi up --refresh` puts right by them what somebody has
changed by hand. They are of the same resources."""
LINKED = ("elasticloadbalancing", "eks", "eks-nodegroup")
"""Services that make a role of their own in an account when they are first used there."""
_ALONE = ("eks:CreateCluster", "iam:CreateServiceLinkedRole", "iam:PassRole", "route53:CreateHostedZone")
"""Actions of other resources than the rest of their service."""
_READS = re.compile(r"\w+:(Describe|Get|List)")
_NAMED = re.compile(rf"\b{NAMESPACE}\b[^/:]*.*")
_IDENT = re.compile(r"(?<=[a-z]/)[^/]+$")
_ENDS = re.compile(r"ec2:(Delete(?!Tags)|Release)")


def exercise(aws: EmbeddedAws, engine: Engine, script: Script) -> None:
    """Play a story and destroy the stack. Raises BlueGreenError where something fails."""
    errors = [scene.result.error for scene in play(Staging(aws), engine, script)]
    errors.append(engine.destroy().error)
    if failed := [error for error in errors if error]:
        raise BlueGreenError(failed[0])


def documents(seen: Mapping[str, Iterable[Right]]) -> dict[str, Policy]:
    """Policies by the name of their file: what deploys change, what they and previews read, what gates read."""
    reads = {(f"{service}:{name}", "*") for service, names in BEYOND.items() for name in names.split()}
    home = "arn:aws-cn:iam::*:role/aws-service-role"
    linked = {("iam:CreateServiceLinkedRole", f"{home}/{service}.amazonaws.com/*") for service in LINKED}
    gates = {right for right in seen[GATES] if _READS.match(right[0])} | {("cloudwatch:GetMetricData", "*")}
    changes = {right for right in seen[DEPLOY] if not _READS.match(right[0])}
    places = {(resource.split(":")[2], resource) for _, resource in changes if resource != EVERYTHING}
    repairs = {
        (f"{service}:{name}", resource)
        for service, names in REPAIRS.items()
        for name in names.split()
        for place, resource in places
        if place == service
    }
    return {
        "deploy": _policy({*changes, *repairs, *linked}),
        "preview": _policy({*reads, *gates, *(right for right in seen[DEPLOY] if _READS.match(right[0]))}),
        "gates": _policy(gates),
    }


def _policy(rights: Iterable[Right]) -> Policy:
    """One statement a service for what it reads, changes and ends: an action only ever asks for its own resources."""
    statements: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for action, resource in rights:
        service = action.partition(":")[0].capitalize()
        verb = "Read" if _READS.match(action) else "End" if _ENDS.match(action) else "Change"
        if action in _ALONE:
            verb = action.partition(":")[2]
        actions, resources = statements[verb + service]
        actions.add(action)
        resources.add(EVERYTHING if verb == "Read" else _general(resource))
    return Policy(Statement=list(_statements(statements)))


def _statements(found: Mapping[str, tuple[set[str], set[str]]]) -> Iterator[Statement]:
    for sid, (actions, resources) in sorted(found.items()):
        # EC2 gives no names to what it makes: only what carries the stack's tag may be deleted.
        owned = {"StringEquals": {"aws:ResourceTag/Project": NAMESPACE}} if sid.startswith("End") else {}
        yield Statement.model_validate(
            {"Sid": sid, "Action": sorted(actions), "Resource": sorted(resources), "Condition": owned}
        )


def _general(resource: str) -> str:
    """The same resource in any region and account, whatever its generated name and id."""
    if resource == EVERYTHING:
        return resource
    *_, partition, service, region, account, rest = resource.split(":", 5)
    rest = _NAMED.sub(f"{NAMESPACE}-*", rest) if NAMESPACE in rest else _IDENT.sub("*", rest)
    place = "*" if region else ""
    return f"arn:{partition}:{service}:{place}:{'*' if account else ''}:{rest}"


def rights(allowed: Callable[[EmbeddedAws], None] = lambda _aws: None) -> dict[str, set[Right]]:
    """What each caller needs for the story and the upkeep of a stack of each topology, with only what it is `allowed`.

    Raises BlueGreenError where something fails, as by a right that is missing.
    """
    seen: dict[str, set[Right]] = {DEPLOY: set(), GATES: set()}
    for name in default_stacks():
        script = with_upkeep(story_of(name, []))
        # By a name that is not prod: there nobody may unprotect what carries traffic, and so not end it.
        with stage("dev", script.config, EngineName.EMBEDDED) as (aws, engine):
            allowed(aws)
            exercise(aws, engine, script)
            for caller, found in seen.items():
                found.update(aws.seen(caller))
    return seen


def written(policy: Policy) -> JsonValue:
    """A policy as IAM takes it."""
    plain = policy.model_dump(exclude_defaults=False)
    for statement in plain["Statement"]:
        if not statement["Condition"]:
            del statement["Condition"]
    return plain


def _write(directory: Path) -> None:
    for name, policy in documents(rights()).items():
        text = json.dumps(written(policy), indent=2)
        (directory / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
