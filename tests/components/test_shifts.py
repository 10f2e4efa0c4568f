"""What the three topologies promise alike: what a shift changes, what it leaves, and in which order."""

from itertools import pairwise

import pytest

from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import BlueGreen
from components.model import Service
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from components.traffic import Colour
from tests.components.sample import BLUE, GREEN, arguments, built, entry, forwarded

TOPOLOGIES = [BlueGreenRoute53, SharedNLB, SharedALB]
KEYS, AUDIT = Service(paths=("/keys/*",), order=2), Service(hosts=("a.example.cn",), order=3)
SERVICES = {"dkms": Service(), "keys": KEYS, "audit": AUDIT}
SHIFTED = {
    BlueGreenRoute53: {
        ("Record", "dkms-blue"): {"weightedRoutingPolicies"},
        ("Record", "dkms-green"): {"weightedRoutingPolicies"},
    },
    SharedNLB: {("Listener", "dkms-entry"): {"defaultActions"}},
    SharedALB: {
        ("Listener", "dkms-alb"): {"defaultActions"},
        ("ListenerRule", "dkms-keys"): {"actions"},
        ("ListenerRule", "dkms-audit"): {"actions"},
    },
}
every_topology = pytest.mark.parametrize("topology", TOPOLOGIES)


@every_topology
def test_a_shift_changes_the_weights_and_nothing_else(topology: type[BlueGreen]) -> None:
    story = [built(topology, green=green, services=SERVICES) for green in (0, 10, 50, 100, 0)]
    for before, after in pairwise(story):
        assert after.changed_from(before) == SHIFTED[topology]
        assert after.resources.keys() == before.resources.keys()


@every_topology
@pytest.mark.parametrize(("old", "new"), [(BLUE, GREEN), (GREEN, BLUE)])
def test_a_colour_comes_and_goes_without_a_change_of_the_other(
    topology: type[BlueGreen], old: Colour, new: Colour
) -> None:
    green = 100 if old is GREEN else 0
    as_is = built(topology, (old,), green, SERVICES)
    to_be = built(topology, (BLUE, GREEN), green, SERVICES)
    assert to_be.changed_from(as_is) == {}
    assert as_is.resources.keys() < to_be.resources.keys()
    assert all(new.value in name for _, name in to_be.added_to(as_is))


@every_topology
def test_a_service_comes_and_goes_without_a_change_of_the_others(topology: type[BlueGreen]) -> None:
    more = built(topology, services={"aaa": Service(paths=("/aaa/*",), order=4), **SERVICES})
    fewer = built(topology, services=SERVICES)
    assert more.changed_from(fewer) == {}
    assert fewer.resources.keys() < more.resources.keys()
    assert all("aaa" in name for _, name in more.added_to(fewer))


@every_topology
def test_every_alb_listens_before_it_is_registered_and_is_registered_before_clients_come(
    topology: type[BlueGreen],
) -> None:
    recording = built(topology, green=50)
    attachments = recording.of("TargetGroupAttachment")
    assert len(attachments) == (1 if topology is SharedALB else 2)
    for attachment in attachments:
        assert recording.comes_before(recording.one("Listener", attachment.name), attachment)
        in_front = [
            listener
            for listener in recording.of("Listener")
            if any(f"/{attachment.name}" in str(action) for action in listener.inputs["defaultActions"])
        ]
        assert in_front
        assert all(recording.comes_before(attachment, listener) for listener in in_front)


@every_topology
def test_a_record_leads_to_listeners_that_exist(topology: type[BlueGreen]) -> None:
    recording = built(topology)
    names = ["dkms-blue", "dkms-green"] if topology is BlueGreenRoute53 else ["dkms-entry"]
    for name in names:
        listener = f"{name}-entry" if topology is BlueGreenRoute53 else name
        assert recording.comes_before(recording.one("Listener", listener), recording.one("Record", name))


@pytest.mark.parametrize("green", [0, 10, 50, 51, 90, 100])
def test_the_heavier_record_changes_first(green: int) -> None:
    recording = built(BlueGreenRoute53, green=green)
    blue, green_record = recording.one("Record", "dkms-blue"), recording.one("Record", "dkms-green")
    first, then = (green_record, blue) if green > 50 else (blue, green_record)
    assert recording.comes_before(first, then)
    assert not recording.comes_before(then, first)


@every_topology
def test_what_carries_traffic_is_protected(topology: type[BlueGreen]) -> None:
    recording = built(topology)
    for kind in ("LoadBalancer", "Listener", "TargetGroup"):
        assert all(each.protect for each in recording.of(kind)), kind
    entries = [record for record in recording.of("Record") if not record.name.endswith("-address")]
    assert entries
    assert all(record.protect for record in entries)
    assert all(each.inputs["enableDeletionProtection"] for each in recording.of("LoadBalancer"))


@every_topology
def test_retiring_lifts_the_protection_of_that_colour_alone_and_replaces_nothing(topology: type[BlueGreen]) -> None:
    before = built(topology, green=100)
    retiring = built(topology, green=100, retiring=frozenset({BLUE}))
    changes = retiring.changed_from(before)
    assert changes
    assert all("blue" in name for _, name in changes)
    assert set.union(*changes.values()) <= {"protect", "enableDeletionProtection", "tags"}
    unprotected = {
        each.name for each in retiring.resources.values() if "protect" in changes.get((each.kind, each.name), ())
    }
    assert unprotected
    for each in retiring.resources.values():
        if each.inputs.get("tags", {}).get("bluegreen:colour") == "blue":
            assert not each.protect, each.name
            assert each.inputs["tags"]["bluegreen:retiring"] == "true"
            assert not each.inputs.get("enableDeletionProtection")


@every_topology
def test_without_protection_nothing_is_protected(topology: type[BlueGreen]) -> None:
    recording = built(topology, protect=False)
    assert not any(each.protect for each in recording.resources.values())
    assert not any(each.inputs["enableDeletionProtection"] for each in recording.of("LoadBalancer"))


@every_topology
def test_a_preview_that_knows_no_output_registers_the_same(topology: type[BlueGreen]) -> None:
    assert built(topology, green=10, preview=True).resources.keys() == built(topology, green=10).resources.keys()


@every_topology
def test_albs_are_internal_drop_bad_headers_and_end_tls(topology: type[BlueGreen]) -> None:
    recording = built(topology, entry=entry(scheme="internet-facing", port=8443, colour_ports={"blue": 1, "green": 2}))
    for balancer in recording.of("LoadBalancer"):
        is_alb = balancer.inputs["loadBalancerType"] == "application"
        assert balancer.inputs["internal"] is is_alb
        assert bool(balancer.inputs.get("dropInvalidHeaderFields")) is is_alb
        assert balancer.inputs["accessLogs"] == {"bucket": "logs", "enabled": True}
        assert len(balancer.inputs["securityGroups"]) == 1
    for listener in recording.of("Listener"):
        if listener.inputs["protocol"] == "HTTPS":
            assert (listener.inputs["port"], listener.inputs["sslPolicy"]) == (
                8443,
                "ELBSecurityPolicy-TLS13-1-2-2021-06",
            )
            assert listener.inputs["certificateArn"].startswith("arn:aws-cn:acm:")
        else:
            assert listener.inputs["protocol"] == "TCP"
            assert not listener.inputs.keys() & {"certificateArn", "sslPolicy"}


@every_topology
def test_without_a_certificate_the_alb_speaks_http(topology: type[BlueGreen]) -> None:
    recording = built(topology, entry=entry(certificate_arn=None, port=80))
    behind = [each.inputs for each in recording.of("Listener") if each.inputs["protocol"] != "TCP"]
    assert behind
    for listener in behind:
        assert (listener["protocol"], listener["port"]) == ("HTTP", 80)
        assert not listener.keys() & {"certificateArn", "sslPolicy"}
    checks = [each.inputs for each in recording.of("TargetGroup") if each.inputs["targetType"] == "alb"]
    assert {group["healthCheck"]["protocol"] for group in checks} == {"HTTP"}


@every_topology
@pytest.mark.fact(25)
def test_pods_are_ip_targets_without_stickiness(topology: type[BlueGreen]) -> None:
    services = {"dkms": Service(port=9000, health_path="/ready", deregistration_delay=30, slow_start=60)}
    group = built(topology, services=services).one("TargetGroup", "dkms-green-dkms").inputs
    assert (group["targetType"], group["protocol"], group["port"]) == ("ip", "HTTP", 9000)
    assert (group["deregistrationDelay"], group["slowStart"]) == (30, 60)
    assert group["stickiness"] == {"enabled": False, "type": "lb_cookie"}
    assert (group["healthCheck"]["path"], group["healthCheck"]["matcher"]) == ("/ready", "200")
    assert group["tags"] == {"Team": "dkms", "bluegreen:colour": "green", "bluegreen:service": "dkms"}


@every_topology
def test_security_groups_let_clients_to_the_nlb_and_the_nlb_to_the_alb(topology: type[BlueGreen]) -> None:
    recording = built(topology, (BLUE,))
    own = "dkms-blue" if topology is BlueGreenRoute53 else "dkms"
    alb = "dkms" if topology is SharedALB else "dkms-blue"
    assert all(not each.inputs.keys() & {"ingress", "egress"} for each in recording.of("SecurityGroup"))
    hop = {"fromPort": 443, "toPort": 443, "ipProtocol": "tcp", "tags": {"Team": "dkms"}}
    if topology is BlueGreenRoute53:
        hop["tags"] = {"Team": "dkms", "bluegreen:colour": "blue"}
    nlb, behind = f"{own}-nlb-id", f"{alb}-alb-id"
    (leaving,) = [each.inputs for each in recording.of("SecurityGroupEgressRule")]
    assert leaving == hop | {"securityGroupId": nlb, "referencedSecurityGroupId": behind}
    arriving = recording.one("SecurityGroupIngressRule", f"{alb}-nlb-to-alb-443-in").inputs
    assert arriving == hop | {"securityGroupId": behind, "referencedSecurityGroupId": nlb}
    clients = recording.one("SecurityGroupIngressRule", f"{own}-443-from-10.0.0.0/8").inputs
    assert clients == hop | {"securityGroupId": nlb, "cidrIpv4": "10.0.0.0/8"}


@every_topology
def test_operators_outside_the_clients_networks_reach_the_colours_addresses(topology: type[BlueGreen]) -> None:
    recording = built(topology, (BLUE,), entry=entry(operator_cidrs=("10.1.0.0/16", "172.16.9.0/24")))
    opened = {
        (each.inputs["fromPort"], each.inputs["cidrIpv4"])
        for each in recording.of("SecurityGroupIngressRule")
        if "cidrIpv4" in each.inputs
    }
    addresses = {(8443, "10.1.0.0/16"), (8443, "172.16.9.0/24")} if topology is SharedNLB else {(443, "172.16.9.0/24")}
    assert opened == {(443, "10.0.0.0/8")} | addresses


@every_topology
def test_no_edit_of_the_entry_changes_an_opening_in_place_or_doubles_one(topology: type[BlueGreen]) -> None:
    """AWS knows an opening by its group, port and network, and so do we: what is new comes before the old one goes."""
    before = built(topology, entry=entry(client_cidrs=("10.0.0.0/16",)))
    for edit in ({"port": 9090}, {"colour_ports": {"blue": 9443, "green": 8443}}, {"client_cidrs": ("10.0.0.0/8",)}):
        after = built(topology, entry=entry(**{"client_cidrs": ("10.0.0.0/16",)} | edit))
        assert not [name for kind, name in after.changed_from(before) if "SecurityGroup" in kind]
    if topology is not SharedNLB:
        both = built(topology, entry=entry(client_cidrs=("10.0.0.0/16", "10.1.0.0/16")))
        assert both.listing() == before.listing()


@every_topology
def test_an_alb_is_in_a_zone_before_an_nlb_sends_to_it(topology: type[BlueGreen]) -> None:
    recording = built(topology)
    albs = [each for each in recording.of("LoadBalancer") if each.inputs["loadBalancerType"] == "application"]
    nlbs = [each for each in recording.of("LoadBalancer") if each.inputs["loadBalancerType"] == "network"]
    pairs = [
        (alb, nlb) for nlb in nlbs for alb in albs if topology is not BlueGreenRoute53 or alb.name[:9] == nlb.name[:9]
    ]
    assert len(pairs) == (1 if topology is SharedALB else 2)
    assert all(recording.comes_before(alb, nlb) for alb, nlb in pairs)


@every_topology
def test_only_an_entry_declared_public_marks_its_opening_to_the_internet(topology: type[BlueGreen]) -> None:
    for public, marks in ((False, 0), (True, 1)):
        recording = built(topology, (BLUE,), entry=entry(client_cidrs=("0.0.0.0/0", "10.0.0.0/8"), public=public))
        marked = [
            each for each in recording.of("SecurityGroupIngressRule") if "bluegreen:public" in each.inputs["tags"]
        ]
        assert len(marked) == marks
        assert all(each.inputs["cidrIpv4"] == "0.0.0.0/0" for each in marked)


@every_topology
def test_the_leading_service_answers_for_the_health_of_an_alb_whichever_others_come(topology: type[BlueGreen]) -> None:
    alone = built(topology, (BLUE,), services={"dkms": Service(health_path="/ready")})
    alb = alone.of("ServiceALB")[0].name
    assert forwarded(alone.one("Listener", f"{alb}-alb")) == {"dkms-blue-dkms": 100}
    (check,) = [each.inputs["healthCheck"] for each in alone.of("TargetGroup") if each.inputs["targetType"] == "alb"]
    assert (check["path"], check["matcher"]) == ("/ready", "200-399")

    narrowed = {"dkms": Service(health_path="/ready", hosts=("dkms.example.cn",))}
    for services in (narrowed, {**narrowed, "rest": Service(order=2)}, {**narrowed, "keys": KEYS}):
        changed = built(topology, (BLUE,), services=services).changed_from(alone)
        assert [name for kind, name in changed if kind != "ListenerRule"] == []


@every_topology
def test_the_rule_for_all_other_requests_comes_after_the_others(topology: type[BlueGreen]) -> None:
    recording = built(topology, (BLUE,), services={"audit": AUDIT, "keys": KEYS, "rest": Service(order=4)})
    (last,) = [rule for rule in recording.of("ListenerRule") if rule.name.endswith("-all-other")]
    assert last.inputs["conditions"] == [{"hostHeader": {"values": ["*.example.cn", "example.cn"]}}]
    assert forwarded(last) == {"dkms-blue-rest": 100}
    others = [rule for rule in recording.of("ListenerRule") if rule is not last]
    assert len(others) >= 2
    assert all(recording.comes_before(rule, last) and not recording.comes_before(last, rule) for rule in others)
    assert all(rule.inputs["priority"] < last.inputs["priority"] for rule in others)


@every_topology
def test_without_a_service_that_takes_the_rest_an_alb_answers_404(topology: type[BlueGreen]) -> None:
    recording = built(topology, (BLUE,), services={"keys": KEYS})
    (last,) = [rule for rule in recording.of("ListenerRule") if rule.name.endswith("-all-other")]
    assert last.inputs["actions"] == [
        {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}}
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"colours": (BLUE,), "green": 10}, "green has weight 10 and no cluster; add one or give it 0"),
        ({"green": 10, "retiring": frozenset({GREEN})}, "green is retiring with weight 10; take its traffic first"),
    ],
)
def test_traffic_to_a_colour_that_cannot_take_it_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        arguments(**wrong)
