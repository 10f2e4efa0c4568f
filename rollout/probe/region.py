"""What a region has: its partition and zones, its load balancers' limits and names, DNS, metrics."""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from components.model import Entry
from components.partition import partition
from components.rules import MAX_CONDITION_VALUES, MAX_RULES, MAX_TARGET_GROUPS
from infra.config import Topology
from policies.production import tls_policy
from policies.stack import Resource
from rehearsal.aws.services.elbv2 import ZONE_IDS
from rollout.probe.account import Account, Probe
from rollout.probe.model import Answer, UnaskedError, code_of, says_nothing

__all__ = ["PROBES", "compare_limits", "compare_tls"]

_GROUPS_PER_ACTION = 5
_PER_ACTION = "target-groups-per-action-on-{}-load-balancer"
_ALB_LIMITS = {
    "rules-per-application-load-balancer": MAX_RULES,
    "target-groups-per-application-load-balancer": MAX_TARGET_GROUPS,
    "condition-values-per-alb-rule": MAX_CONDITION_VALUES,
    _PER_ACTION.format("application"): _GROUPS_PER_ACTION,
}
_SAFE = {"TLSv1.2", "TLSv1.3"}


def _partition(account: Account) -> Answer:
    expected = partition(account.region)
    found = account.client("sts").get_caller_identity()["Arn"].split(":")[1]
    return Answer(expected, found, "" if found == expected else f"use credentials of an account in {expected}")


def _zones(account: Account) -> Answer:
    described = account.client("ec2").describe_availability_zones()["AvailabilityZones"]
    there = {each["ZoneName"] for each in described if each["State"] == "available"}
    wanted = {zone for stack in account.stacks.values() for zone in stack.network.zones}
    if not wanted:
        raise UnaskedError(f"no stack file here is of {account.region}")
    missing = sorted(wanted - there)
    do = f"take {', '.join(missing)} out of network; the account has no such zone" if missing else ""
    return Answer(", ".join(sorted(wanted)), ", ".join(sorted(there)), do)


def _tls(account: Account) -> Answer:
    described = account.client("elbv2").describe_ssl_policies()["SslPolicies"]
    used = {stack.entry.ssl_policy for stack in account.stacks.values()}
    used = used or {str(Entry.model_fields["ssl_policy"].default)}
    return compare_tls({each["Name"]: set(each["SslProtocols"]) for each in described}, used)


def compare_tls(offered: Mapping[str, set[str]], used: set[str]) -> Answer:
    """Compare the TLS policies on offer with those in use, and with what prod's policy takes for TLS 1.2 and newer."""
    missing = sorted(used - set(offered))
    weak = sorted(name for name, speaks in offered.items() if _accepted_in_prod(name) and not speaks <= _SAFE)
    found = [f"without {name}" for name in missing]
    found += [f"{name} speaks {', '.join(sorted(offered[name] - _SAFE))}" for name in weak]
    do = ["set entry.sslPolicy to one on offer"] if missing else []
    do += ["let policies/production.py refuse it"] if weak else []
    return Answer(", ".join(sorted(used)), "; ".join(found) or "on offer", "; ".join(do))


def _accepted_in_prod(policy: str) -> bool:
    listener = Resource("aws:lb/listener:Listener", "", {"protocol": "HTTPS", "sslPolicy": policy})
    return not [*tls_policy(listener)]


def _limits(account: Account) -> dict[str, int]:
    told = account.client("elbv2").describe_account_limits()["Limits"]
    return {each["Name"]: int(each["Max"]) for each in told}


def _alb_limits(account: Account) -> Answer:
    return compare_limits(_limits(account), _ALB_LIMITS)


def compare_limits(told: Mapping[str, int], ours: Mapping[str, int]) -> Answer:
    """Compare an account's quotas with those that configurations are held to; more than those is as good."""
    less = [f"{name} {told[name]}" for name, least in ours.items() if told.get(name, least) < least]
    if not less and (unknown := [name for name in ours if name not in told]):
        raise UnaskedError(f"AWS tells nothing of {', '.join(unknown)}")
    return Answer(
        ", ".join(f"{name} {least}" for name, least in ours.items()),
        ", ".join(less) or "as many, or more",
        "ask AWS for more, or have fewer services in a stack: plan_rules does not know of this" if less else "",
    )


def _nlb_weights(account: Account) -> Answer:
    name = _PER_ACTION.format("network")
    told = _limits(account).get(name)
    if told is None:
        raise UnaskedError(f"AWS tells nothing of {name}")
    if told < _GROUPS_PER_ACTION:
        return Answer(str(_GROUPS_PER_ACTION), str(told), "leave weightedNlb out: an NLB here switches 100/0")
    shared = {name: stack for name, stack in account.stacks.items() if stack.topology is Topology.SHARED_NLB}
    without = [name for name, stack in shared.items() if not stack.weighted_nlb]
    hint = f"; a sandbox tells whether weightedNlb: true holds for {', '.join(without)}" if without else ""
    return Answer(str(_GROUPS_PER_ACTION), f"{told}{hint}")


def _hosted_zones(account: Account) -> Answer:
    pages = account.client("elbv2").get_paginator("describe_load_balancers").paginate()
    found = {
        (each["Type"], each["CanonicalHostedZoneId"])
        for page in pages
        for each in page["LoadBalancers"]
        if each["Type"] in ZONE_IDS[account.region]
    }
    if not found:
        raise UnaskedError("there is no load balancer here yet")
    wrong = found - set(ZONE_IDS[account.region].items())
    return Answer(
        ", ".join(f"{kind} {ident}" for kind, ident in sorted(ZONE_IDS[account.region].items())),
        ", ".join(f"{kind} {ident}" for kind, ident in sorted(found)),
        "mend ZONE_IDS in rehearsal/aws/services/elbv2.py; the program asks the load balancer itself" if wrong else "",
    )


def _zone_quota(account: Account) -> Answer:
    told = account.client("route53").get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")
    free = told["Limit"]["Value"] - told["Count"]
    needed = sum(stack.entry.zone.id is None for stack in account.stacks.values())
    return Answer(
        f"room for {needed}",
        f"{told['Count']} of {told['Limit']['Value']} zones",
        "" if free >= needed else "ask AWS for more hosted zones, or give entry.zone.id",
    )


def _traffic_flow(account: Account) -> Answer:
    expected = "refused"
    try:
        account.client("route53").list_traffic_policies(MaxItems="1")
    except ClientError as error:
        if says_nothing(code_of(error)):
            raise
        return Answer(expected, code_of(error))
    return Answer(expected, "answered", "mend rule 40 in docs/aws.md; nothing here needs Traffic Flow")


def _zonal_shift(account: Account) -> Answer:
    account.client("arc-zonal-shift").list_managed_resources(maxResults=1)
    return Answer("on offer", "on offer")


def _alarms(account: Account) -> Answer:
    account.client("cloudwatch").describe_alarms(MaxRecords=1)
    return Answer("answers", "answers")


def _flow_metrics(account: Account) -> Answer:
    told = account.client("cloudwatch").list_metrics(Namespace="AWS/NetworkELB", MetricName="NewFlowCount")["Metrics"]
    if not told:
        raise UnaskedError("no NLB here has had flows in the last two weeks")
    found = {each["Name"] for metric in told for each in metric["Dimensions"]}
    return Answer(
        "AvailabilityZone, LoadBalancer",
        ", ".join(sorted(found)),
        "mend rule 57 in docs/aws.md: a colour can be measured at the NLB" if "TargetGroup" in found else "",
    )


PROBES = (
    Probe("the credentials' partition", (49,), _partition),
    Probe("zones of the stacks", (), _zones),
    Probe("quotas of an ALB", (11,), _alb_limits),
    Probe("target groups in an action of an NLB", (11, 12), _nlb_weights),
    Probe("TLS policies", (), _tls),
    Probe("hosted zones that aliases name", (39,), _hosted_zones),
    Probe("room for hosted zones", (40,), _zone_quota),
    Probe("Route 53 without Traffic Flow", (40,), _traffic_flow),
    Probe("zonal shift", (30,), _zonal_shift),
    Probe("CloudWatch's alarms", (58,), _alarms),
    Probe("what tells an NLB's flows apart", (57,), _flow_metrics),
)
