"""What was wrong when these tests were written, found by them or by reading, each as one plain example."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.errors import BlueGreenError, ConfigError
from infra.config import MAX_LINES, parse
from policies.pack import POLICIES
from rehearsal.engine.analyzer import Analyzer
from rehearsal.stack_file import StackFile
from rollout.changed import main as changed
from rollout.impact.model import Level, Risk
from tests.fuzz.test_policies import state
from tests.infra.settings import config, settings
from tests.policies.build import LISTENER, group_arn
from tests.rollout.recorded import impact, step, titles


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("clusters.green.nodes.maximum", 10**400, "is too large; at most 450"),
        ("clusters.green.nodes.instanceTypes", ["m6i large"], "is not the type of an EC2 instance"),
        ("clusters.green.addons", {"coredns": ""}, "is not the version of an EKS add-on"),
        ("clusters.green.addons", {"core dns": "v1.2.3"}, "is not the name of an EKS add-on"),
        ("clusters.green", {"existing": "dkms-é"}, "is not the name of an EKS cluster"),
        ("controller.replicas", 10**400, "is too large; at most 100"),
        ("controller.tag", "a b", "is not a word"),
        ("controller.repository", "eks-charts", "is not the address of a Helm repository"),
        ("entry.sslPolicy", "", "is not a TLS policy"),
        ("accessLogs", {"bucket": "a..b"}, "is not the name of an S3 bucket"),
        ("accessLogs", {"bucket": "logs", "prefix": "AWSLogs"}, "is not a prefix of keys"),
        ("gates.alarms.unhealthy", 10**400, "is too large; at most 1000"),
        ("gates.healthy.perZone", 10**400, "is too large; at most 1000"),
        ("gates.bake", "٣m", "is not a time"),
        ("services.dkms.namespace", "kube-system", "is Kubernetes's own"),
        ("network.zones", ["cn-north-١a", "cn-north-1b"], "is not an availability zone"),
        ("tags", {"who": "a\nb"}, "AWS takes letters, digits, spaces"),
        ("tags", {"\x00": ""}, "AWS takes letters, digits, spaces"),
    ],
)
def test_what_aws_or_pulumi_would_refuse_half_way_is_refused_before(key: str, value: object, told: str) -> None:
    with pytest.raises(ConfigError, match=rf"^configuration: dkms:{key.split('.')[0]}.*{told}"):
        config({f"dkms:{key}": value})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": "\\ud800"}', "half a character"),
        ("[" * 700 + "]" * 700, "too large"),
    ],
)
def test_text_that_json_takes_and_nothing_else_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=f"^configuration: dkms:tags: .*{told}"):
        parse(settings() | {"dkms:tags": text})


def test_an_error_has_an_end() -> None:
    with pytest.raises(ConfigError) as error:
        config({"dkms:entry.clientCidrs": [f"office {place}" for place in range(1000)], "dkms:active": "x" * 9000})
    lines = str(error.value).split("\n")
    assert len(lines) == MAX_LINES + 1
    assert lines[-1].endswith("951 more")
    with pytest.raises(ConfigError, match=r"…$"):
        parse(settings({"dkms:weights": {"x" * 9000: 1}}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config: {dkms:tags: {when: 2026-02-30}}", "a value is not what it looks like: day is out of range"),
        ("config: {dkms:tags: {when: 2026-02-28}}", r"dkms:tags\.when: .* is no configuration value"),
        ("config: {dkms:protect: !!bool x}", "a value is not what it looks like"),
        ("config: {dkms:tags: {1: a}}", "dkms:tags: 1 is no key; put it in quotes"),
        ("config: {dkms:tags: !!set {a}}", "dkms:tags: .* is no configuration value"),
        ("config: {dkms:entry: {port: .nan}}", r"dkms:entry\.port: nan is no configuration value"),
        (f"config: {{a: {'9' * 30}}}", "a: 9+ is no configuration value"),
        (f"config: {'[' * 3000}", "is nested too deeply"),
        ("config: {dkms:tags: &a {b: *a}}", "holds itself by an anchor"),
        ("config: {}\nx: &a [*a]", "holds itself by an anchor"),
        (f"x: &a [{'x,' * 99}]\ny: &b [{'*a,' * 99}]\nz: [{'*b,' * 99}]\nconfig: {{}}", "do anchors repeat each other"),
        (f"# {'x' * 300_000}\nconfig: {{}}", "has 300013 bytes"),
    ],
)  # fmt: skip
def test_a_stack_file_is_refused_in_words(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.one.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"^Pulumi\.one\.yaml: .*{told}"):
        StackFile.load("one", tmp_path)


def test_a_revision_may_hold_bytes_that_are_no_text(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    (tmp_path / "Pulumi.one.yaml").write_bytes(b"config: {a: \xff}")
    (tmp_path / "caf\udce9").write_bytes(b"")
    me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
    for command in (["init", "-q"], ["add", "Pulumi.one.yaml"], ["commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *me, *command], check=True, capture_output=True)
    with pytest.raises(ConfigError, match=r"^HEAD:Pulumi\.one\.yaml: cannot be read"):
        StackFile.at("HEAD", "one", tmp_path)
    monkeypatch.chdir(tmp_path)
    changed(["HEAD"])
    assert capsys.readouterr().out == ""


def test_without_git_a_revision_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BlueGreenError, match="there is no git on PATH"):
        StackFile.at("HEAD", "dev-bj")


@pytest.mark.parametrize("weight", [-10, 1000, 10**400, float("nan"), float("inf"), True, "90"])
def test_weights_that_are_none_block(weight: object) -> None:
    def edit(raw: dict[str, Any]) -> None:
        record = step(raw, "Record::dkms-green")
        record["newState"]["inputs"]["weightedRoutingPolicies"] = [{"weight": weight}]

    blocked = titles(impact("route53-canary", edit), Level.BLOCKED)
    assert any("AWS takes whole numbers from 0 to 255" in title for title in blocked)


def test_outputs_of_another_program_are_nobodys_weights() -> None:
    def edit(raw: dict[str, Any]) -> None:
        raw["steps"][0]["oldState"]["outputs"]["weights"] = {"red": 5, "blue": float("nan")}

    assert impact("shared-nlb-canary", edit).moves


def test_an_error_without_words_blocks() -> None:
    def edit(raw: dict[str, Any]) -> None:
        raw["diagnostics"] = [{"severity": "error", "message": ""}]

    assert "Pulumi refuses it" in titles(impact("shared-nlb-canary", edit), Level.BLOCKED)


def test_what_a_preview_holds_cannot_drive_a_terminal() -> None:
    risk = Risk(level=Level.NOTE, title="\x1b]0;owned\x07 \u202eneerg", consequence="a\tb\nc", resources=("\x9b2J",))
    assert risk.title == "\ufffd]0;owned\ufffd \ufffdneerg"
    assert (risk.consequence, risk.resources) == ("a b\nc", ("\ufffd2J",))


def test_what_no_policy_can_judge_is_refused() -> None:
    targets = [{"arn": [group_arn("blue")], "weight": 50}, {"arn": {"is": group_arn("green")}, "weight": 50}]
    inputs = {"protocol": "HTTPS", "defaultActions": [{"type": "forward", "forward": {"targetGroups": targets}}]}
    found = Analyzer(POLICIES).analyze(state(LISTENER, "it", inputs))
    refused = [each for each in found if each.policy == "shared-alb-in-prod"]
    assert [(each.level, "cannot be judged" in each.message) for each in refused] == [("mandatory", True)]
