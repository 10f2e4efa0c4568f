"""The rules as policies of a pack, and the way from what Pulumi hands to a policy to what a rule judges.

A rule on one resource runs before that resource is touched, in the preview and in the update. A rule on the
whole stack runs at the end of both: its refusal in the preview stops the update, its refusal after an update
(one without a preview, or of values that no preview could know) fails the update before anything is deleted.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyProviderResource,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from policies import internet, production, shared_alb, support, unseen, weights
from policies.stack import UNKNOWN, Finding, Resource, Stack, is_prod

__all__ = ["POLICIES"]

ResourceRule = Callable[[Resource], Iterable[str]]
StackRule = Callable[[Stack], Iterable[Finding]]


def _resource_policy(
    name: str,
    description: str,
    severity: Severity,
    rule: ResourceRule,
    *,
    prod_only: bool = False,
    level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        with _closed(args.name, report, args.urn):
            resource = _resource(args)
            if is_prod(resource.stack) or not prod_only:
                for message in rule(resource):
                    report(message, resource.urn)

    return ResourceValidationPolicy(name, description, validate, level, severity=severity)


@contextmanager
def _closed(name: str, report: ReportViolation, urn: str | None) -> Generator[None]:
    """Refuse what a rule cannot judge: properties of kinds that no provider has, or nested beyond reason."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it was, letting it through would be worse
        report(f"{name} cannot be judged: {type(error).__name__}: {str(error)[:200]}", urn)


def _stack_policy(
    name: str, description: str, severity: Severity, rule: StackRule, *, prod_only: bool = False
) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        with _closed("the stack", report, None):
            stack = _stack(args)
            if any(is_prod(resource.stack) for resource in stack.resources) or not prod_only:
                for finding in rule(stack):
                    report(finding.message, finding.urn if finding.urn in stack.by_urn else None)

    return StackValidationPolicy(name, description, validate, EnforcementLevel.MANDATORY, severity=severity)


@lru_cache(maxsize=1)  # every stack policy of a run is handed the same arguments
def _stack(args: StackValidationArgs) -> Stack:
    return Stack(map(_resource, args.resources))


@lru_cache(maxsize=64)  # every policy is handed the same arguments, of as many resources as are under way
def _resource(args: ResourceValidationArgs | PolicyResource) -> Resource:
    references: dict[str, tuple[str, ...]] = {}
    if isinstance(args, PolicyResource):
        references = {prop: tuple(r.urn for r in found) for prop, found in args.property_dependencies.items()}
    return Resource(
        type=args.resource_type,
        urn=args.urn,
        props=_plain_mapping(args.props),
        protect=args.opts.protect,
        provider=_provider(args.provider) if args.provider else None,
        references=references,
    )


def _provider(provider: PolicyProviderResource) -> Resource:
    return Resource(type=provider.resource_type, urn=provider.urn, props=_plain_mapping(provider.props))


def _plain_mapping(value: Mapping[str, object]) -> dict[str, object]:
    return {key: _plain_at(value, key) for key in value}


def _plain_at(holder: Mapping[str, object] | Sequence[object], key: str | int) -> object:
    """Read one value out of Pulumi's guarded properties, which raise where a value is unknown."""
    try:
        value = cast("Mapping[str | int, object]", holder)[key]
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return _plain_mapping(cast("Mapping[str, object]", value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        array = cast("Sequence[object]", value)
        return [_plain_at(array, place) for place in range(len(array))]
    return value


POLICIES: list[Policy] = [
    _resource_policy(
        "shared-alb-in-prod",
        "In prod no ALB is shared by two clusters: no SharedALB, no forward to several target groups.",
        Severity.CRITICAL,
        shared_alb.in_one_resource,
        prod_only=True,
    ),
    _stack_policy(
        "shared-alb-in-prod-by-shape",
        "In prod no ALB is shared by two clusters, however its rules and target groups are arranged.",
        Severity.CRITICAL,
        shared_alb.across_resources,
        prod_only=True,
    ),
    _resource_policy(
        "nothing-unseen-in-prod",
        "In prod load balancers and targets are declared where this pack can judge them.",
        Severity.CRITICAL,
        unseen.in_one_resource,
        prod_only=True,
    ),
    _stack_policy(
        "nothing-unseen-in-prod-by-shape",
        "In prod an ALB, its rules, its target groups and what fills them are of one stack.",
        Severity.CRITICAL,
        unseen.across_resources,
        prod_only=True,
    ),
    _resource_policy(
        "traffic-weights",
        "Weights are in AWS's range and never all zero; the shares of a forward action sum to 100.",
        Severity.HIGH,
        weights.of_one_resource,
    ),
    _stack_policy(
        "traffic-weights-of-records",
        "The weights of the records of one name are never all zero, and their shares sum to 100.",
        Severity.HIGH,
        weights.of_record_sets,
    ),
    _resource_policy(
        "deletion-protection-in-prod",
        "In prod AWS refuses to delete a load balancer.",
        Severity.HIGH,
        production.deletion_protection,
        prod_only=True,
    ),
    _resource_policy(
        "protect-traffic-in-prod",
        "In prod Pulumi refuses to delete what carries traffic.",
        Severity.HIGH,
        production.protected,
        prod_only=True,
    ),
    _resource_policy(
        "access-logs-in-prod",
        "In prod load balancers write access logs.",
        Severity.MEDIUM,
        production.access_logs,
        prod_only=True,
    ),
    _resource_policy(
        "tls-policy-in-prod",
        "In prod listeners speak TLS 1.2 or newer.",
        Severity.HIGH,
        production.tls_policy,
        prod_only=True,
    ),
    _resource_policy(
        "two-zones-in-prod",
        "In prod load balancers and clusters span at least two zones.",
        Severity.HIGH,
        production.two_zones,
        prod_only=True,
    ),
    _stack_policy(
        "client-networks-in-prod",
        "In prod the whole internet reaches a load balancer only where the entry is declared public.",
        Severity.HIGH,
        internet.open_to_the_internet,
        prod_only=True,
    ),
    _resource_policy(
        "eks-standard-support",
        "EKS versions are in standard support.",
        Severity.MEDIUM,
        lambda resource: support.past_standard(resource, date.today()),
        level=EnforcementLevel.ADVISORY,
    ),
    _resource_policy(
        "eks-extended-support",
        "EKS versions are in standard or extended support.",
        Severity.HIGH,
        lambda resource: support.past_extended(resource, date.today()),
        level=EnforcementLevel.ADVISORY,
    ),
]
