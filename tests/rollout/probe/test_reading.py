"""The probes that only read: where AWS is as known, where it is not, and where nobody may ask."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue
from rich.console import Console

from components.errors import BlueGreenError
from components.gates.reading import session
from components.network_model import ExistingNetwork
from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import GATES
from rollout.cli import main
from rollout.probe import clusters, region
from rollout.probe.account import Account
from rollout.probe.command import Asked, as_json, probe, table
from rollout.probe.model import Answer, Finding, UnaskedError, Verdict, tried
from rollout.probe.region import compare_limits, compare_tls
from tests.rollout.adopt.running import place
from tests.rollout.probe.answers import TODAY, account, addons, error, flows, images, limits, versions
from tests.rollout.stage import ROOT

PAGE = (ROOT / "docs/probes.md").read_text(encoding="utf-8")
POLICIES: list[Any] = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def ask(asked: Account) -> list[Finding]:
    return [each.find(asked) for each in (*region.PROBES, *clusters.PROBES)]


def only(findings: list[Finding], verdict: Verdict) -> Finding:
    [found] = [each for each in findings if each.verdict is not Verdict.KNOWN]
    assert found.verdict is verdict
    return found


def test_an_account_in_which_all_is_as_known_and_nothing_is_changed(aws: EmbeddedAws) -> None:
    calls = len(aws.calls())
    findings = ask(account({"dev-bj": place()}))
    assert [each for each in findings if each.verdict is not Verdict.KNOWN] == []
    assert len(aws.calls()) == calls
    assert "a sandbox tells whether weightedNlb: true holds for dev-bj" in findings[3].found
    told = json.loads(as_json(findings))
    assert [each["rules"] for each in told] == [list(each.rules) for each in findings]


@pytest.mark.parametrize(
    ("other", "rules", "found", "do"),
    [
        ({"VERSIONS": versions(v1_33="2026-09-01")}, (59,), "1.33: standard support ends 2026-09-01, not", "table"),
        ({"VERSIONS": versions(v1_36="2027-09-01", v1_29="2025-03-23")}, (59,), "1.36 is new", "eks_versions"),
        ({"VERSIONS": {"clusterVersions": []}}, (59,), "1.35 is not on offer", "eks_versions"),
        ({"ADDONS": addons("coredns")}, (55, 66), "coredns v1.13.2-eksbuild.4 for 1.33", "addons"),
        ({"IMAGES": images()}, (54,), "without v", "controller.tag"),
        ({"ELB_LIMITS": limits(rules_per_application_load_balancer=50)}, (11,), "balancer 50", "ask AWS for more"),
        ({"ELB_LIMITS": limits(**{"target-groups-per-action-on-network-load-balancer": 1})}, (11, 12), "1", "weighted"),
        ({"TLS": {"SslPolicies": []}}, (), "without ELBSecurityPolicy-TLS13-1-2-2021-06", "entry.sslPolicy"),
        ({"ZONES": {"Limit": {"Value": 3}, "Count": 4}}, (40,), "4 of 3", "entry.zone.id"),
        ({"POLICIES": {"TrafficPolicySummaries": []}}, (40,), "answered", "rule 40"),
        ({"FLOWS": flows("LoadBalancer", "TargetGroup")}, (57,), "LoadBalancer, TargetGroup", "rule 57"),
    ],
)
def test_what_differs_says_by_which_rule_and_what_to_do(
    aws: EmbeddedAws, other: Mapping[str, Any], rules: tuple[int, ...], found: str, do: str
) -> None:
    differs = only(ask(account({"dev-bj": place()}, **other)), Verdict.DIFFERS)
    assert differs.rules == rules
    assert found in differs.found
    assert do in differs.do


def test_a_zone_that_the_account_has_not(aws: EmbeddedAws) -> None:
    config = place()
    assert isinstance(config.network, ExistingNetwork)
    [pair, *_] = config.network.subnets.values()
    network = config.network.model_copy(update={"subnets": {"cn-north-1a": pair, "cn-north-1c": pair}})
    differs = only(ask(account({"dev-bj": config.model_copy(update={"network": network})})), Verdict.DIFFERS)
    assert differs.do == "take cn-north-1c out of network; the account has no such zone"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"IMAGES": error("AccessDeniedException")}, "AccessDeniedException"),
        ({"POLICIES": error("AccessDenied")}, "AccessDenied"),
        ({"SHIFT": error("InternalServerException")}, "InternalServerException"),
        ({"FLOWS": {"Metrics": []}}, "no NLB here has had flows"),
        ({"ELB_LIMITS": {"Limits": limits()["Limits"][:-1]}}, "tells nothing of target-groups-per-action"),
    ],
)
def test_what_cannot_be_asked_says_why(aws: EmbeddedAws, other: Mapping[str, Any], why: str) -> None:
    assert why in only(ask(account({"dev-bj": place()}, **other)), Verdict.UNASKED).found


def test_without_rights_it_is_told_and_nothing_differs(aws: EmbeddedAws) -> None:
    nothing: JsonValue = {"Statement": [{"Sid": "One", "Action": ["ec2:DescribeAvailabilityZones"], "Resource": ["*"]}]}
    aws.allow(GATES, nothing)
    unasked = [each for each in ask(account()) if each.verdict is Verdict.UNASKED]
    assert all("not authorized to perform: " in each.found for each in unasked if each.rules in ((39,), (58,)))
    assert {(39,), (58,)} <= {each.rules for each in unasked}


def test_the_policy_of_the_page_is_enough_to_read_and_no_more_than_is_used(aws: EmbeddedAws) -> None:
    aws.allow(GATES, POLICIES[0])
    really = ask(Account("cn-north-1", session("cn-north-1", None), {"dev-bj": place()}, TODAY))
    assert [each for each in really if "not authorized" in each.found] == []
    used = {action for action, _ in aws.seen(GATES)} | {"ecr:BatchGetImage", "arc-zonal-shift:ListManagedResources"}
    assert {action for each in POLICIES[0]["Statement"] for action in each["Action"]} <= used


def test_tls_policies_that_prod_would_take_and_must_not() -> None:
    old, new = "ELBSecurityPolicy-TLS13-1-2-2030-01", "ELBSecurityPolicy-TLS13-1-2-2021-06"
    answer = compare_tls({old: {"TLSv1.2", "TLSv1"}, new: {"TLSv1.2", "TLSv1.3"}}, {new})
    assert (answer.found, answer.do) == (f"{old} speaks TLSv1", "let policies/production.py refuse it")
    assert compare_tls({new: {"TLSv1.3"}, "ELBSecurityPolicy-2016-08": {"TLSv1"}}, {new}).do == ""


def test_a_quota_below_ours_is_told_even_where_others_are_not() -> None:
    assert compare_limits({"a": 1}, {"a": 2, "b": 3}).found == "a 1"
    assert compare_limits({"a": 7}, {"a": 2}).do == ""
    with pytest.raises(UnaskedError, match="nothing of b"):
        compare_limits({"a": 7}, {"a": 2, "b": 3})


@pytest.mark.parametrize(
    ("expected", "found", "do"),
    [
        ("accepted", "accepted", ""),
        ("InvalidInput", "InvalidInput", ""),
        ("accepted", "ValidationError", "set it"),
        ("InvalidInput", "accepted", "set it"),
        ("InvalidInput", "ValidationError", "the rule holds; mend the error code in rehearsal/aws: ValidationError"),
    ],
)
def test_an_attempt(expected: str, found: str, do: str) -> None:
    assert tried(expected, found, "set it") == Answer(expected, found, do)


def run(*words: str) -> int:
    sys.argv[1:] = ["probe", *words]
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bluegreen"])


SANDBOX = ("--region", "cn-north-1", "--sandbox", "vpc-0a1b", "--subnets")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--region", "eu-west-1"), "--region eu-west-1: is not in AWS China; write cn-north-1 or cn-northwest-1"),
        (SANDBOX[:-1], "--sandbox and --subnets go together"),
        ((*SANDBOX, "subnet-0a"), "an ALB needs two zones; give subnets of two, in vpc-0a1b"),
        ((*SANDBOX, "subnet-0a,subnet-0f"), "subnet-0f"),
        ((*SANDBOX[:3], "vpc-0f", "--subnets", "subnet-0a,subnet-0b"), "give subnets of two, in vpc-0f"),
        ((*SANDBOX, "subnet-0a,subnet-0b"), "nobody is here to say yes; give --yes, or leave --sandbox out"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_made(
    aws: EmbeddedAws, elsewhere: None, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    calls = len(aws.calls())
    assert run(*words) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert len(aws.calls()) == calls


def test_no_credentials(
    aws: EmbeddedAws, elsewhere: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert run("--region", "cn-north-1") == 2
    assert "give credentials of the account to ask" in capsys.readouterr().err


def test_the_network_of_a_stack_is_no_sandbox(aws: EmbeddedAws) -> None:
    asked = Asked("cn-north-1", "vpc-0a1b", ("subnet-0a", "subnet-0b"), yes=True)
    with pytest.raises(BlueGreenError, match="is the network of dev-bj; give a VPC that nothing depends on"):
        probe(asked, account({"dev-bj": place()}), Console())


def test_the_table_says_what_to_do() -> None:
    findings = [
        Finding(about="it", rules=(12,), verdict=Verdict.DIFFERS, expected="5", found="[1]", do="leave it"),
        Finding(about="that", rules=(), verdict=Verdict.UNASKED, found="no right"),
    ]
    console = Console(width=120)
    with console.capture() as shown:
        console.print(table(findings))
    assert [line.split() for line in shown.get().splitlines()] == [
        ["asked", "rules", "expected", "found"],
        ["✗", "it", "12", "5", "[1]"],
        ["→", "leave", "it"],
        ["?", "that", "–", "no", "right"],
        ["0", "as", "known", "·", "1", "differs", "·", "1", "could", "not", "be", "asked"],
    ]
