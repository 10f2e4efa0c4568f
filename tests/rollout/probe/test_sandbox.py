"""The probes that make things: what they find, and that nothing of it is left, whatever happens."""

import io
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import GATES
from rehearsal.aws.wire import Trouble, TroubleKind
from rollout.cli import main
from rollout.probe.account import Account
from rollout.probe.command import Asked, probe
from rollout.probe.model import Finding, Verdict
from rollout.probe.stage import PREFIX, TAG
from tests.rollout.probe.answers import account, answering, error
from tests.rollout.probe.test_reading import PAGE, POLICIES

ELB = "elastic-load-balancing-v2"
MADE = (f"{ELB}.CreateTargetGroup", f"{ELB}.CreateLoadBalancer", f"{ELB}.CreateListener", "route-53.CreateHostedZone")


def play(asked: Account) -> tuple[list[Finding], bool, str]:
    console = Console(file=io.StringIO(), width=400)
    try:
        place = Asked("cn-north-1", "vpc-0a1b", ("subnet-0a", "subnet-0b"), yes=True)
        found, clean = probe(place, asked, console)
    except KeyboardInterrupt:
        found, clean = [], False
    assert isinstance(console.file, io.StringIO)
    return found, clean, console.file.getvalue()


def standing(aws: EmbeddedAws) -> list[str]:
    elb, dns = aws.client("elbv2"), aws.client("route53")
    names = [each["LoadBalancerName"] for each in elb.describe_load_balancers()["LoadBalancers"]]
    names += [each["TargetGroupName"] for each in elb.describe_target_groups()["TargetGroups"]]
    names += [each["Name"] for each in dns.list_hosted_zones()["HostedZones"]]
    return [name for name in names if name.startswith(PREFIX)]


def on(asked: Account, event: str, nth: int, act: Callable[[], object]) -> Account:
    """Do something when the answer to the n-th such call is there, and its caller does not have it yet."""
    left = [nth]

    def happened(**_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            act()

    asked.session.events.register(f"after-call.{event}", happened)
    return asked


def interrupt() -> None:
    raise KeyboardInterrupt


def test_the_embedded_aws_is_as_known_and_keeps_nothing(aws: EmbeddedAws) -> None:
    found, clean, told = play(account())
    assert [each for each in found if each.verdict is Verdict.DIFFERS] == []
    assert len([each for each in found if each.expected == "accepted"]) == 5
    assert {12, 17, 18, 33, 35, 37, 41} <= {rule for each in found for rule in each.rules}
    assert clean
    assert standing(aws) == []
    assert "AWS bills the load balancers by the hour begun" in told


def test_everything_is_named_and_tagged_as_a_probe(aws: EmbeddedAws) -> None:
    seen: list[str] = []
    tags: list[Any] = []

    def look() -> None:
        elb = aws.client("elbv2")
        seen.extend(standing(aws))
        arns = [each["LoadBalancerArn"] for each in elb.describe_load_balancers(Names=seen[:2])["LoadBalancers"]]
        arns += [each["TargetGroupArn"] for each in elb.describe_target_groups(Names=seen[2:4])["TargetGroups"]]
        tags.extend(each["Tags"] for each in elb.describe_tags(ResourceArns=arns)["TagDescriptions"])

    play(on(account(), "route-53.CreateHostedZone", 1, look))
    assert len(seen) == 5  # two load balancers, two target groups, one zone; the third group is refused
    assert tags == [[{"Key": TAG, "Value": seen[4].partition(".")[0]}]] * 4


@pytest.mark.parametrize(("event", "nth"), [(event, nth) for event in MADE for nth in (1, 2)][:-1])
def test_ctrl_c_while_something_is_made_leaves_nothing(aws: EmbeddedAws, event: str, nth: int) -> None:
    found, _, told = play(on(account(), event, nth, interrupt))
    assert found == []
    assert standing(aws) == []
    assert "left behind" not in told


def test_an_end_that_others_bring_about_leaves_nothing(aws: EmbeddedAws) -> None:
    before = signal.getsignal(signal.SIGTERM)
    found, _, _ = play(on(account(), MADE[1], 2, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    assert found == []
    assert standing(aws) == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_second_ctrl_c_leaves_one_thing_and_says_how_to_delete_it(aws: EmbeddedAws) -> None:
    asked = on(account(), f"{ELB}.DeleteLoadBalancer", 2, interrupt)  # the first is an attempt that AWS refuses
    on(asked, f"{ELB}.DeleteTargetGroup", 2, interrupt)
    _, clean, told = play(asked)
    assert not clean
    assert standing(aws) == []  # both had been carried out
    assert "left behind: load balancer bg-probe-" in told
    assert "aws elbv2 delete-load-balancer --region cn-north-1 --load-balancer-arn $(aws elbv2 describe-load-" in told
    assert told.count("perhaps left behind") == 2


def test_what_cannot_be_deleted_is_told_and_the_rest_goes(aws: EmbeddedAws) -> None:
    asked = account()
    answering(asked.session, "route-53.DeleteHostedZone", error("AccessDenied"))
    _, clean, told = play(asked)
    assert not clean
    [zone] = standing(aws)
    assert f"left behind: hosted zone {zone[:-1]}; aws route53 delete-hosted-zone --id $(aws route53" in told
    dns = aws.client("route53")
    [found] = [each for each in dns.list_hosted_zones()["HostedZones"] if each["Name"] == zone]
    dns.delete_hosted_zone(Id=found["Id"])


@pytest.mark.parametrize(
    ("call", "code", "rules", "do"),
    [
        ("ModifyListener", "ValidationError", (12,), "leave weightedNlb out of the stacks of this region"),
        ("SetSubnets", "SubnetInUse", (10, 43), "the rule holds; mend the error code in rehearsal/aws: SubnetInUse"),
        ("RegisterTargets", "InvalidTarget", (17,), "the rule holds"),
    ],
)
def test_an_aws_that_does_otherwise_is_told(
    aws: EmbeddedAws, call: str, code: str, rules: tuple[int, ...], do: str
) -> None:
    asked = account()
    answering(asked.session, f"{ELB}.{call}", error(code))
    found, clean, _ = play(asked)
    differs = [each for each in found if each.verdict is Verdict.DIFFERS]
    assert rules in [each.rules for each in differs]
    assert [each for each in differs if each.rules == rules and do in each.do]
    assert clean
    assert standing(aws) == []


@pytest.mark.parametrize("call", ["CreateLoadBalancer", "CreateTargetGroup", "CreateHostedZone"])
def test_without_a_right_half_way_the_rest_is_told_and_nothing_is_left(aws: EmbeddedAws, call: str) -> None:
    statements = list[Any](POLICIES[0]["Statement"])
    for each in POLICIES[1]["Statement"]:
        statements.append({**each, "Action": [one for one in each["Action"] if not one.endswith(f":{call}")]})
    aws.allow(GATES, {"Statement": statements})
    found, clean, _ = play(account())
    assert [each for each in found if each.verdict is Verdict.DIFFERS] == []
    assert any(each.about.startswith("all else of") and "not authorized" in each.found for each in found)
    assert clean
    assert standing(aws) == []


def test_the_policies_of_the_page_are_enough(aws: EmbeddedAws) -> None:
    aws.allow(GATES, {"Statement": [*POLICIES[0]["Statement"], *POLICIES[1]["Statement"]]})
    found, clean, _ = play(account())
    assert [each for each in found if "not authorized" in each.found] == []
    assert clean
    assert standing(aws) == []


def test_an_answer_that_never_came_leaves_nothing(aws: EmbeddedAws) -> None:
    aws.trouble(Trouble(kind=TroubleKind.UNHEARD))  # of every call, at its first attempt
    _, clean, _ = play(account())
    assert clean
    assert standing(aws) == []


@pytest.mark.parametrize("command", re.findall("^bluegreen (probe .+)$", PAGE, re.MULTILINE))
def test_a_command_of_a_page(
    aws: EmbeddedAws, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ours = {"vpc-0a1b2c3d": "vpc-0a1b", "subnet-0a1b2c3d": "subnet-0a", "subnet-0e4f5a6b": "subnet-0b"}
    for shown, here in ours.items():
        command = command.replace(shown, here)
    for options, written in (([], "as known · 0 differs ·"), (["--json"], '"verdict": "as known"')):
        monkeypatch.setattr(sys, "argv", ["bluegreen", *shlex.split(command), "--yes", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert written in capsys.readouterr().out
    assert standing(aws) == []


def test_what_differs_ends_the_command_with_1(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_image(_: str) -> Account:
        return account(IMAGES={"images": []})

    monkeypatch.setattr("rollout.probe.command.account_of", without_image)
    monkeypatch.setattr(sys, "argv", ["bluegreen", "probe", "--region", "cn-north-1", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert [each["rules"] for each in json.loads(capsys.readouterr().out) if each["do"]] == [[54]]
