"""The program takes over what runs on the embedded engine as on the Pulumi CLI, and a user sees it do so."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.config import parse
from rehearsal.engine.real import pulumi_on_path
from rehearsal.run import stage
from rehearsal.script import EngineName
from rehearsal.stack_file import StackFile, flatten
from rollout.editing import put
from tests.rollout.adopt.running import HOST, SETTINGS, ZONE
from tests.rollout.shift.test_real_pulumi import in_sandbox, run
from tests.rollout.stage import ROOT

ELB = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012"
NLB = f"{ELB}:loadbalancer/net/dkms-prod/d123456789abcdef"
CHAIN = {
    "alb": f"{ELB}:loadbalancer/app/k8s-dkms/a123456789abcdef",
    "targetGroup": f"{ELB}:targetgroup/to-alb/b123456789abcdef",
    "services": {"dkms": f"{ELB}:targetgroup/k8s-pods/c123456789abcdef"},
}
ENTRY_NLB = {
    "arn": NLB,
    "listener": f"{ELB}:listener/net/dkms-prod/d123456789abcdef/e123456789abcdef",
    "cidrs": ["10.0.0.0/20", "10.0.16.0/20"],
}
SHARED_ALB = {
    "arn": CHAIN["alb"],
    "listener": f"{ELB}:listener/app/k8s-dkms/a123456789abcdef/f123456789abcdef",
    "targetGroup": CHAIN["targetGroup"],
    "securityGroup": "sg-0a1b2c3d",
}
real = pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH")
ENGINES = [EngineName.EMBEDDED, pytest.param(EngineName.PULUMI, marks=[pytest.mark.real_pulumi, real])]


def adopting(topology: str) -> dict[str, Any]:
    """A stack file of what runs, whose ids a rehearsal gives to what it makes."""
    chains = {"route53": CHAIN | {"nlb": NLB}, "shared-nlb": CHAIN, "shared-alb": {"services": CHAIN["services"]}}
    shared = {"route53": {}, "shared-nlb": {"nlb": ENTRY_NLB}, "shared-alb": {"nlb": ENTRY_NLB, "alb": SHARED_ALB}}
    return {
        **SETTINGS,
        "dkms:topology": topology,
        "dkms:clusters": {"blue": {"existing": "dkms-old", "chain": chains[topology]}},
        "dkms:adopted": {"record": f"{ZONE}_{HOST}_A", **shared[topology]},
        "dkms:gates": {"bake": 0},
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("topology", "imported", "switched"),
    [
        ("shared-nlb", {"dkms-nlb", "dkms-entry"}, ["ModifyListener"]),
        ("route53", {"dkms-blue"}, ["ChangeResourceRecordSets"] * 2),
        ("shared-alb", {"dkms-nlb", "dkms-entry", "dkms-alb"}, ["ModifyListener"]),
    ],
)
def test_it_imports_and_then_updates_in_place(
    topology: str, imported: set[str], switched: list[str], engine: EngineName
) -> None:
    settings = adopting(topology)
    with stage("dev-bj", parse(flatten(settings, "adopting")), engine) as (aws, running):
        aws.advance(600)
        since = len(aws.calls())
        previewed, done = running.preview(flatten(settings, "")), running.up(flatten(settings, ""))
        for result in (previewed, done):
            assert result.error is None
            touched = [step for step in result.changes if not step.type.startswith(("bluegreen:", "pulumi:"))]
            assert {step.op for step in touched} == {"import"}
            assert {step.name for step in touched} == imported
        assert list(running.up(flatten(settings, "")).changes) == []
        assert len(aws.calls()) == since
        settings["dkms:clusters"] = settings["dkms:clusters"] | {"green": {"version": "1.34"}}
        added = running.up(flatten(settings, ""))
        assert added.error is None
        aws.advance(600)
        since = len(aws.calls())
        shifted = running.up(flatten(settings | {"dkms:active": "green"}, ""))
        assert shifted.error is None
        assert [call.operation for call in aws.calls(since)] == switched
        gone = {"replace", "delete", "delete-replaced"}
        assert [step.name for result in (added, shifted) for step in result.changes if step.op in gone] == []


def test_what_the_page_shows_finds_what_a_sandbox_has(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adoption.md").read_text(encoding="utf-8")
    up, find = re.findall(r"^\.venv/bin/bluegreen (\w+ dev-nx .*)$", page, re.MULTILINE)
    assert up == "sandbox dev-nx --as-is"
    text = (ROOT / "Pulumi.dev-nx.yaml").read_text(encoding="utf-8")
    with in_sandbox(tmp_path, "dev-nx", text, "--as-is") as (root, environment):
        found = run([str(Path(sys.executable).with_name("bluegreen")), *shlex.split(find)], root, environment)
        assert found.returncode == 0, found.stderr
        assert "of an Ingress of by-hand" in found.stdout
        config = parse(StackFile.load("dev-nx", root).flat())
        assert config.as_found
        assert config.entry.protocol == "HTTP"


@real
@pytest.mark.real_pulumi
def test_a_user_checks_and_applies_it(tmp_path: Path) -> None:
    text = yaml.safe_dump({"config": adopting("shared-nlb")})
    with in_sandbox(tmp_path, "dev-bj", text) as (root, environment):
        bluegreen = str(Path(sys.executable).with_name("bluegreen"))
        made = run(["pulumi", "stack", "init", "dev-bj"], root, environment)
        assert made.returncode == 0, made.stderr
        checked = run([bluegreen, "adopt", "dev-bj", "--check"], root, environment)
        assert (checked.returncode, checked.stdout) == (0, "dev-bj: 3 imported, 0 changed beside that\n"), (
            checked.stderr
        )
        new = put(text, ("config", "dkms:clusters", "green"), {"version": "1.34"})
        (root / "Pulumi.dev-bj.yaml").write_text(new, encoding="utf-8")
        more = run([bluegreen, "adopt", "dev-bj", "--check"], root, environment)
        assert (more.returncode, "✗ create aws:lb/loadBalancer:LoadBalancer dkms-green-alb" in more.stdout) == (3, True)
