"""Answers of AWS that no embedded one gives: those of an account in which all is as known."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from components.eks_versions import EKS_VERSIONS
from components.gates.reading import session
from components.model import Controller
from infra.config import StackConfig
from rollout.probe.account import Account

TODAY = date(2026, 11, 1)
LIMITS = {
    "rules-per-application-load-balancer": 100,
    "target-groups-per-application-load-balancer": 100,
    "condition-values-per-alb-rule": 5,
    "target-groups-per-action-on-application-load-balancer": 5,
    "target-groups-per-action-on-network-load-balancer": 5,
}


def limits(**other: int) -> Mapping[str, Any]:
    told = {**LIMITS, **{name.replace("_", "-"): most for name, most in other.items()}}
    return {"Limits": [{"Name": name, "Max": str(most)} for name, most in told.items()]}


def versions(**standard: str) -> Mapping[str, Any]:
    """The table, with other ends of standard support: `v1_33="2026-09-01"`."""
    told = {name: str(row.standard_support_ends) for name, row in EKS_VERSIONS.items()}
    told |= {name.removeprefix("v").replace("_", "."): day for name, day in standard.items()}
    days = {name: datetime.fromisoformat(day).replace(tzinfo=UTC) for name, day in told.items()}
    return {"clusterVersions": [{"clusterVersion": each, "endOfStandardSupportDate": days[each]} for each in days]}


def addons(without: str = "") -> Mapping[str, Any]:
    return {
        "addons": [
            {
                "addonName": name,
                "addonVersions": [{"addonVersion": version, "compatibilities": [{"clusterVersion": row.version}]}],
            }
            for row in EKS_VERSIONS.values()
            for name, version in row.addons.items()
            if name != without
        ]
    }


def images(*tags: str) -> Mapping[str, Any]:
    return {"images": [{"imageId": {"imageTag": tag}} for tag in tags]}


def flows(*dimensions: str) -> Mapping[str, Any]:
    return {"Metrics": [{"Dimensions": [{"Name": name, "Value": "x"} for name in dimensions]}]}


def error(code: str) -> Mapping[str, Any]:
    return {"Error": {"Code": code, "Message": "it is not to be"}}


VERSIONS, ADDONS, IMAGES = "eks.DescribeClusterVersions", "eks.DescribeAddonVersions", "ecr.BatchGetImage"
ELB_LIMITS, TLS = "elastic-load-balancing-v2.DescribeAccountLimits", "elastic-load-balancing-v2.DescribeSSLPolicies"
ZONES, POLICIES = "route-53.GetAccountLimit", "route-53.ListTrafficPolicies"
FLOWS, SHIFT = "cloudwatch.ListMetrics", "arc-zonal-shift.ListManagedResources"
AS_KNOWN: Mapping[str, Mapping[str, Any]] = {
    VERSIONS: versions(),
    ADDONS: addons(),
    IMAGES: images(Controller().tag),
    ELB_LIMITS: limits(),
    ZONES: {"Limit": {"Value": 500}, "Count": 3},
    POLICIES: error("UnsupportedOperation"),
    FLOWS: flows("LoadBalancer", "AvailabilityZone"),
    SHIFT: {"items": []},
}


def answering(session: Any, event: str, answer: Mapping[str, Any]) -> None:
    """Let a session's clients be given this answer, without a call."""
    http = SimpleNamespace(status_code=400 if "Error" in answer else 200)

    def answered(**_: object) -> tuple[SimpleNamespace, Mapping[str, Any]]:
        return http, answer

    session.events.register(f"before-call.{event}", answered)


def account(stacks: Mapping[str, StackConfig] | None = None, **other: Mapping[str, Any]) -> Account:
    """The embedded account, with these answers beside its own; `other` by the names above."""
    ours = session("cn-north-1", None)
    told = {**AS_KNOWN, **{globals()[name]: answer for name, answer in other.items()}}
    for name, answer in told.items():
        answering(ours, name, answer)
    return Account("cn-north-1", ours, stacks or {}, TODAY)
