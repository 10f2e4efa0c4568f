import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy

from policies.pack import POLICIES
from tests.policies.build import CLUSTER, LB, LISTENER, RECORD, SECURITY_GROUP, forward, urn

PACK = Path(__file__).parents[2] / "policies"

MANDATORY, ADVISORY = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY
EXPECTED = {
    "shared-alb-in-prod": (ResourceValidationPolicy, MANDATORY, "critical"),
    "shared-alb-in-prod-by-shape": (StackValidationPolicy, MANDATORY, "critical"),
    "nothing-unseen-in-prod": (ResourceValidationPolicy, MANDATORY, "critical"),
    "nothing-unseen-in-prod-by-shape": (StackValidationPolicy, MANDATORY, "critical"),
    "traffic-weights": (ResourceValidationPolicy, MANDATORY, "high"),
    "traffic-weights-of-records": (StackValidationPolicy, MANDATORY, "high"),
    "deletion-protection-in-prod": (ResourceValidationPolicy, MANDATORY, "high"),
    "protect-traffic-in-prod": (ResourceValidationPolicy, MANDATORY, "high"),
    "access-logs-in-prod": (ResourceValidationPolicy, MANDATORY, "medium"),
    "tls-policy-in-prod": (ResourceValidationPolicy, MANDATORY, "high"),
    "two-zones-in-prod": (ResourceValidationPolicy, MANDATORY, "high"),
    "client-networks-in-prod": (StackValidationPolicy, MANDATORY, "high"),
    "eks-standard-support": (ResourceValidationPolicy, ADVISORY, "medium"),
    "eks-extended-support": (ResourceValidationPolicy, ADVISORY, "high"),
}


def test_every_policy_has_its_kind_level_and_severity() -> None:
    found = {
        policy.name: (type(policy), policy.enforcement_level, policy.severity and policy.severity.value)
        for policy in POLICIES
    }
    assert found == EXPECTED


def test_names_are_unique_and_descriptions_are_sentences() -> None:
    assert len({policy.name for policy in POLICIES}) == len(POLICIES)
    assert all(policy.description.endswith(".") for policy in POLICIES)


@pytest.fixture(scope="module")
def served() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack in a process of its own, started as Pulumi's language host starts it."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(PACK)]
    with subprocess.Popen(command, cwd=PACK, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


def struct(props: dict[str, object]) -> Struct:
    message = Struct()
    message.update(props)
    return message


def analyzed(served: analyzer_pb2_grpc.AnalyzerStub, type_: str, stack: str, props: dict[str, object]) -> set[str]:
    request = analyzer_pb2.AnalyzeRequest(type=type_, urn=urn(type_, "it", stack), name="it", properties=struct(props))
    response = served.Analyze(request)
    assert not [d.message for d in response.diagnostics if "can't run policy" in d.message]
    return {diagnostic.policyName for diagnostic in response.diagnostics}


def test_the_pack_serves_what_it_declares(served: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = served.GetAnalyzerInfo(Empty())
    assert info.name == "eks-bluegreen"
    assert {policy.name for policy in info.policies} == set(EXPECTED)


def test_the_pack_says_which_python_runs_it() -> None:
    described = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert described["runtime"] == {"name": "python", "options": {"virtualenv": "../.venv"}}


def test_prod_is_strict_and_dev_is_not(served: analyzer_pb2_grpc.AnalyzerStub) -> None:
    split: dict[str, object] = {"protocol": "HTTPS", "defaultActions": forward(blue=90, green=10)}
    assert analyzed(served, LISTENER, "prod-bj", split) == {
        "shared-alb-in-prod",
        "protect-traffic-in-prod",
        "tls-policy-in-prod",
    }
    assert analyzed(served, LISTENER, "qa-bj", split) == set()
    assert analyzed(served, "bluegreen:index:SharedALB", "staging", {}) == {"shared-alb-in-prod"}


def test_rules_for_every_stack_hold_in_dev(served: analyzer_pb2_grpc.AnalyzerStub) -> None:
    wrong: dict[str, object] = {"protocol": "TCP", "defaultActions": forward(blue=90, green=20)}
    assert analyzed(served, LISTENER, "dev-bj", wrong) == {"traffic-weights"}
    assert analyzed(served, CLUSTER, "dev-bj", {"version": "1.30"}) == {"eks-extended-support"}


def test_unknown_values_are_no_crash_and_no_finding(served: analyzer_pb2_grpc.AnalyzerStub) -> None:
    unknown = rpc.UNKNOWN
    for props in (
        {"enableDeletionProtection": unknown, "accessLogs": unknown, "subnets": unknown},
        {"enableDeletionProtection": True, "accessLogs": {"enabled": True}, "subnets": [unknown, unknown]},
    ):
        assert analyzed(served, LB, "prod-bj", {**props, "tags": unknown}) == set()
    weights = [{"forward": {"targetGroups": [{"arn": unknown, "weight": 100}]}}]
    assert analyzed(served, LISTENER, "dev-bj", {"protocol": "HTTP", "defaultActions": weights}) == set()


def test_the_whole_stack_is_judged_by_references_before_values_are_known(
    served: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    unknown = rpc.UNKNOWN
    group = urn(SECURITY_GROUP, "entry")
    rule_type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

    def member(type_: str, name: str, props: dict[str, object], prop: str = "") -> analyzer_pb2.AnalyzerResource:
        made = analyzer_pb2.AnalyzerResource(type=type_, urn=urn(type_, name), name=name, properties=struct(props))
        if prop:
            made.propertyDependencies[prop].urns.append(group)
        return made

    records = [
        member(RECORD, name, {"zoneId": "Z", "name": "n", "type": "A", "weightedRoutingPolicies": [{"weight": 60}]})
        for name in ("blue", "green")
    ]
    resources = [
        member(SECURITY_GROUP, "entry", {"id": unknown}),
        member(rule_type, "all", {"securityGroupId": unknown, "cidrIpv4": "0.0.0.0/0"}, "securityGroupId"),
        member(LB, "nlb", {"securityGroups": [unknown]}, "securityGroups"),
        *records,
    ]
    response = served.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
    assert {(d.policyName, d.urn) for d in response.diagnostics} == {
        ("client-networks-in-prod", urn(rule_type, "all")),
        ("traffic-weights-of-records", urn(RECORD, "blue")),
    }


PROGRAM = """
import pulumi

class SharedALB(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("bluegreen:index:SharedALB", name)
        self.register_outputs({"weights": {"blue": 100}})

SharedALB("dkms")
"""


@pytest.mark.real_pulumi
@pytest.mark.skipif(not shutil.which("pulumi"), reason="pulumi is not on PATH")
@pytest.mark.parametrize(("stack", "refused"), [("prod-bj", True), ("qa-bj", False)])
def test_the_cli_stops_a_preview_of_a_shared_alb_in_prod(tmp_path: Path, stack: str, refused: bool) -> None:
    project = {"name": "demo", "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(project), encoding="utf-8")
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": tmp_path.as_uri(),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "rehearsal",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }

    def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert pulumi("stack", "init", stack).returncode == 0
    preview = pulumi("preview", "--policy-pack", str(PACK))
    assert (preview.returncode != 0) == refused
    assert ("[mandatory] [severity: critical]  shared-alb-in-prod" in preview.stdout) == refused
