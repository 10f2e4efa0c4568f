"""What the components make beside what runs: nothing of their own while it is alone, and nothing in its place later."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from pulumi import RunError

from components.adoption import Adopted, AdoptedALB, AdoptedNLB, Chain
from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import BlueGreen
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from infra.program import deploy
from tests.components.sample import BLUE, GREEN, built, forwarded
from tests.infra.settings import ABSENT, config
from tests.recording import Recording, record

ELB = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012"
NLB, ALB = f"{ELB}:loadbalancer/net/dkms-prod/0d", f"{ELB}:loadbalancer/app/k8s-dkms/0a"
LISTENER, BEHIND = f"{ELB}:listener/net/dkms-prod/0d/0e", f"{ELB}:targetgroup/to-alb/0b"
PODS = f"{ELB}:targetgroup/k8s-pods/0c"
ALB_LISTENER = f"{ELB}:listener/app/k8s-dkms/0a/0f"
RECORD = "Z1_dkms.example.cn_A"
CHECKS = IPv4Network("10.5.0.0/20")


def shared(*colours: Any, group: str | None = None, **more: Any) -> Recording:
    nlb = AdoptedNLB(arn=NLB, listener=LISTENER, security_group=group, cidrs=() if group else (CHECKS,))
    return _built(SharedNLB, colours, Adopted(record=RECORD, nlb=nlb), None, **more)


def shared_alb(*colours: Any, **more: Any) -> Recording:
    nlb = AdoptedNLB(arn=NLB, listener=LISTENER, cidrs=(CHECKS,))
    alb = AdoptedALB(arn=ALB, listener=ALB_LISTENER, target_group=BEHIND, security_group="sg-0a")
    adopted = Adopted(record=RECORD, nlb=nlb, alb=alb)
    found = {BLUE: Chain(services={"dkms": PODS})} if BLUE in colours else {}
    return built(SharedALB, colours, adopted=adopted, found=found, **more)


def route53(*colours: Any, **more: Any) -> Recording:
    return _built(BlueGreenRoute53, colours, Adopted(record=RECORD), NLB, **more)


def _built(kind: type[BlueGreen], colours: Any, adopted: Adopted, nlb: str | None, **more: Any) -> Recording:
    chain = Chain(alb=ALB, target_group=BEHIND, services={"dkms": PODS}, nlb=nlb)
    found = {BLUE: chain} if BLUE in colours else {}
    return built(kind, colours, adopted=adopted, found=found, **more)


def imports(recording: Recording) -> dict[tuple[str, str], tuple[str, tuple[str, ...], bool, bool]]:
    return {
        (each.kind, each.name): (each.import_id, each.ignore_changes, each.retain, each.protect)
        for each in recording.resources.values()
        if each.import_id
    }


def components(recording: Recording) -> list[tuple[str, str]]:
    return sorted((each.kind, each.name) for each in recording.resources.values() if each.type.startswith("bluegreen:"))


def test_alone_a_shared_nlb_is_imported_with_listener_and_record_and_the_rest_is_looked_at() -> None:
    recording = shared(BLUE)
    assert imports(recording) == {
        ("LoadBalancer", "dkms-nlb"): (NLB, ("*",), True, True),
        ("Listener", "dkms-entry"): (LISTENER, ("*",), True, True),
        ("Record", "dkms-entry"): (RECORD, ("*",), True, True),
    }
    assert recording.listing() == sorted([*imports(recording), *components(recording)])
    looked_at = {
        "LoadBalancer dkms-blue-alb": ALB,
        "TargetGroup dkms-blue-alb": BEHIND,
        "TargetGroup dkms-blue-dkms": PODS,
    }
    assert recording.read == looked_at


def test_alone_a_shared_alb_is_imported_too_and_its_pods_are_looked_at() -> None:
    recording = shared_alb(BLUE)
    assert imports(recording) == {
        ("LoadBalancer", "dkms-alb"): (ALB, ("*",), True, True),
        ("Listener", "dkms-alb"): (ALB_LISTENER, ("*",), True, True),
        ("LoadBalancer", "dkms-nlb"): (NLB, ("*",), True, True),
        ("Listener", "dkms-entry"): (LISTENER, ("*",), True, True),
        ("Record", "dkms-entry"): (RECORD, ("*",), True, True),
    }
    assert recording.listing() == sorted([*imports(recording), *components(recording)])
    assert recording.read == {"TargetGroup dkms-alb": BEHIND, "TargetGroup dkms-blue-dkms": PODS}


def test_a_new_colour_comes_to_the_alb_as_a_target_group_and_stays_when_the_other_goes() -> None:
    recording = shared_alb(BLUE, GREEN, green=10)
    assert forwarded(recording.one("Listener", "dkms-alb")) == {"0c": 90, "dkms-green-dkms": 10}
    kept = imports(recording)
    assert {name: kept["Listener", name][1] == ("*",) for name in ("dkms-entry", "dkms-alb")} == {
        "dkms-entry": True,
        "dkms-alb": False,
    }
    assert [rule.name for rule in recording.of("ListenerRule")] == ["dkms-dkms-blue", "dkms-dkms-green"]
    assert [each.name for each in recording.of("TargetGroup")] == ["dkms-green-dkms"]
    assert recording.of("SecurityGroup") == []
    alone = shared_alb(GREEN, green=100)
    assert alone.read == {"TargetGroup dkms-alb": BEHIND}
    assert imports(alone).keys() == kept.keys()


def test_alone_a_record_is_imported_and_its_chain_is_looked_at() -> None:
    recording = route53(BLUE)
    assert imports(recording) == {("Record", "dkms-blue"): (RECORD, ("*",), True, True)}
    assert recording.listing() == sorted([*imports(recording), *components(recording)])
    assert recording.read["LoadBalancer dkms-blue-nlb"] == NLB


def test_beside_another_colour_only_what_a_shift_changes_is_given_up() -> None:
    kept = imports(shared(BLUE, GREEN))
    assert kept["LoadBalancer", "dkms-nlb"][1] == ("*",)
    assert kept["Record", "dkms-entry"][1] == ("*",)
    ignored = kept["Listener", "dkms-entry"][1]
    assert {"port", "protocol", "loadBalancerArn", "tags"} <= set(ignored)
    assert not {"*", "defaultActions"} & set(ignored)
    assert imports(route53(BLUE, GREEN)) == {
        ("Record", "dkms-blue"): (RECORD, ("name", "zoneId", "healthCheckId"), True, True)
    }


def test_the_entry_forwards_to_what_was_found_and_to_the_new_colour() -> None:
    recording = shared(BLUE, GREEN, green=10)
    assert forwarded(recording.one("Listener", "dkms-entry")) == {"0b": 90, "dkms-green-alb": 10}
    assert forwarded(recording.one("Listener", "dkms-blue-address")) == {"0b": 100}
    names = [each.name for each in recording.of("MetricAlarm") if each.name.startswith("dkms-blue")]
    assert names == ["dkms-blue-dkms-unhealthy", "dkms-blue-errors", "dkms-blue-latency"]


def test_an_nlb_without_a_group_leaves_it_to_the_new_alb_who_may_come() -> None:
    recording = shared(BLUE, GREEN)
    assert [each.name for each in recording.of("SecurityGroup")] == ["dkms-green-alb"]
    opened = [rule.inputs for rule in recording.of("SecurityGroupIngressRule")]
    assert [rule["cidrIpv4"] for rule in opened] == ["10.0.0.0/8", "10.1.0.0/16", "10.5.0.0/20"]
    assert {(rule["securityGroupId"], rule["fromPort"]) for rule in opened} == {("dkms-green-alb-id", 443)}


def test_the_group_of_an_nlb_gets_the_rules_of_the_new_colour_and_keeps_its_own() -> None:
    recording = shared(BLUE, GREEN, group="sg-0abc")
    theirs = {
        rule.name for rule in recording.of("SecurityGroupIngressRule") if rule.inputs["securityGroupId"] == "sg-0abc"
    }
    assert theirs == {"dkms-blue-address-8443-from-10.1.0.0/16", "dkms-green-address-9443-from-10.1.0.0/16"}
    (out,) = recording.of("SecurityGroupEgressRule")
    assert (out.inputs["securityGroupId"], out.inputs["referencedSecurityGroupId"]) == ("sg-0abc", "dkms-green-alb-id")


def test_a_record_that_is_retired_goes_and_until_then_it_stays() -> None:
    kept = [route53(BLUE, GREEN, green=100), route53(BLUE, GREEN, green=100, retiring=frozenset({BLUE}))]
    assert [recording.one("Record", "dkms-blue").retain for recording in kept] == [True, False]


def test_once_it_has_gone_the_shared_parts_stay_adopted_and_a_new_chain_comes() -> None:
    alone = shared(GREEN, green=100)
    assert alone.read == {}
    assert ("Listener", "dkms-green-address") in alone.listing()
    assert {name for _, name in imports(alone)} == {"dkms-nlb", "dkms-entry"}
    assert imports(route53(GREEN, green=100)) == {}


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "dkms:topology": "shared-nlb",
        "dkms:clusters.green": ABSENT,
        "dkms:clusters.blue": {
            "existing": "dkms-old",
            "chain": {"alb": ALB, "targetGroup": BEHIND, "services": {"dkms": PODS}},
        },
        "dkms:adopted": {"record": RECORD, "nlb": {"arn": NLB, "listener": LISTENER, "cidrs": ["10.5.0.0/20"]}},
        "dkms:entry.zone": {"name": "example.cn", "id": "Z1"},
        "dkms:network": {
            "vpcId": "vpc-0a",
            "subnets": {"cn-north-1a": {"private": "subnet-0a"}, "cn-north-1b": {"private": "subnet-0b"}},
        },
        **changes,
    }


def test_the_program_creates_nothing_while_it_adopts() -> None:
    given = config(settings())
    recording = record(lambda: deploy(given), existing={"dkms-old": "1.30"})
    assert {each.kind for each in recording.resources.values() if not each.type.startswith("bluegreen:")} == {
        "LoadBalancer",
        "Listener",
        "Record",
    }
    assert all(each.import_id for each in recording.resources.values() if not each.type.startswith("bluegreen:"))


def test_and_refuses_what_would_be_new() -> None:
    given = config(settings(**{"dkms:tools": {"argocd": {"version": "1.33"}}}))
    with pytest.raises(RunError, match="dkms-argocd would be new, and to adopt what runs creates nothing"):
        record(lambda: deploy(given), existing={"dkms-old": "1.30"})
