from pulumi.runtime import rpc
from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.pack import POLICIES
from rehearsal.engine.analyzer import Analyzer, Violation
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Urn
from rehearsal.engine.values import UNKNOWN, Properties, secret


def state(
    type_: str, name: str, properties: Properties | None = None, *, stack: str = "prod-bj", **more: object
) -> ResourceState:
    urn = Urn.make(stack, "eks-bluegreen", "", type_, name)
    given = dict(properties or {})
    return ResourceState(urn=urn, custom=True, inputs=given, outputs=given, **more)  # type: ignore[arg-type]


LISTENER = "aws:lb/listener:Listener"
GROUP = "aws:lb/targetGroup:TargetGroup"
KUBERNETES = "pulumi:providers:kubernetes"


def test_the_pack_judges_a_resource_before_it_is_touched() -> None:
    split = state(
        LISTENER,
        "https",
        {
            "protocol": "HTTPS",
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "defaultActions": [{"forward": {"targetGroups": [{"arn": UNKNOWN}, {"arn": UNKNOWN}]}}],
        },
        protect=True,
    )
    [shared, weights] = Analyzer(POLICIES).analyze(split)
    assert shared == Violation(
        policy="shared-alb-in-prod",
        level="mandatory",
        severity="critical",
        urn=split.urn,
        message="https of an ALB forwards to 2 target groups; give each colour an ALB of its own: "
        "dkms:topology shared-nlb or route53",
    )
    assert weights.policy == "traffic-weights"


def test_an_advisory_policy_is_advice() -> None:
    old = state("aws:eks/cluster:Cluster", "blue", {"version": "1.30"}, stack="dev-bj")
    assert [(v.policy, v.level) for v in Analyzer(POLICIES).analyze(old)] == [("eks-extended-support", "advisory")]


def test_the_pack_judges_the_whole_stack_by_references_and_providers() -> None:
    group = state(GROUP, "one", {"arn": UNKNOWN}, protect=True)
    providers = [state(KUBERNETES, name, {"kubeconfig": secret(f"{{{name}}}")}) for name in ("blue", "green")]
    bindings = [
        state(
            "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding",
            f"binding-{provider.urn.name}",
            {"spec": {"targetGroupARN": UNKNOWN}},
            provider=f"{provider.urn}::id",
            property_dependencies={"spec": [group.urn]},
        )
        for provider in providers
    ]
    [violation] = Analyzer(POLICIES).analyze_stack([group, *providers, *bindings])
    assert (violation.policy, violation.urn) == ("shared-alb-in-prod-by-shape", group.urn)
    assert Analyzer(POLICIES).analyze_stack([group, *providers, bindings[0]]) == []


def test_a_policy_sees_what_the_cli_would_show_it() -> None:
    seen: list[ResourceValidationArgs] = []

    def watch(args: ResourceValidationArgs, report: ReportViolation) -> None:
        seen.append(args)
        report("seen")

    reference = {rpc._special_sig_key: rpc._special_resource_sig, "urn": "urn:x", "id": "i-1"}
    parent = Urn.make("dev-bj", "p", "", "c:index:C", "parent")
    thing = state(
        "t:m:T",
        "thing",
        {"password": secret("hunter2"), "refs": [reference], "list": [1, {"deep": True}]},
        stack="dev-bj",
        protect=True,
        parent=parent,
        ignore_changes=["list"],
    )
    provider = state("pulumi:providers:t", "p1", {"region": "cn-north-1"}, stack="dev-bj")
    policy = ResourceValidationPolicy("watch", "Watch.", watch, severity=Severity.LOW)
    [violation] = Analyzer([policy]).analyze(thing, provider)
    assert (violation.level, violation.severity, violation.message) == ("advisory", "low", "seen")
    [args] = seen
    assert (args.resource_type, args.name, args.urn) == ("t:m:T", "thing", thing.urn)
    assert (args.props["password"], args.props["refs"][0], args.props["list"][1]["deep"]) == ("hunter2", "i-1", True)
    assert (args.opts.protect, args.opts.parent, args.opts.ignore_changes) == (True, parent, ["list"])
    assert args.provider
    assert (args.provider.name, args.provider.props["region"]) == ("p1", "cn-north-1")


def test_a_stack_policy_sees_parents_and_dependencies() -> None:
    seen: list[PolicyResource] = []

    def watch(args: StackValidationArgs, report: ReportViolation) -> None:
        seen.extend(args.resources)
        report("the stack")

    first = state("t:m:T", "first")
    second = state(
        "t:m:T",
        "second",
        parent=first.urn,
        dependencies=[first.urn, Urn("urn:gone")],
        property_dependencies={"of": [first.urn]},
    )
    policy = StackValidationPolicy("watch", "Watch.", watch, EnforcementLevel.MANDATORY)
    [violation] = Analyzer([policy]).analyze_stack([first, second])
    assert (violation.urn, violation.level, violation.severity) == ("", "mandatory", None)
    [one, two] = seen
    assert (one.parent, one.dependencies) == (None, [])
    assert (two.parent, two.dependencies, two.property_dependencies) == (one, [one], {"of": [one]})
