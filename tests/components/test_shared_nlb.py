import pytest

from components.shared_nlb import SharedNLB
from tests.components.sample import BLUE, GREEN, built, forwarded

SHARED = [
    ("EntryNLB", "dkms"),
    ("Listener", "dkms-entry"),
    ("LoadBalancer", "dkms-nlb"),
    ("Record", "dkms-entry"),
    ("SecurityGroup", "dkms-nlb"),
    ("SecurityGroupIngressRule", "dkms-443-from-10.0.0.0/8"),
    ("SharedNLB", "dkms"),
]


PORTS = {"blue": 8443, "green": 9443}


def of_colour(colour: str) -> list[tuple[str, str]]:
    return [
        ("Listener", f"dkms-{colour}-address"),
        ("Listener", f"dkms-{colour}-alb"),
        ("LoadBalancer", f"dkms-{colour}-alb"),
        ("MetricAlarm", f"dkms-{colour}-dkms-unhealthy"),
        ("MetricAlarm", f"dkms-{colour}-errors"),
        ("MetricAlarm", f"dkms-{colour}-latency"),
        ("SecurityGroup", f"dkms-{colour}-alb"),
        ("SecurityGroupEgressRule", f"dkms-{colour}-nlb-to-alb-443-out"),
        ("SecurityGroupIngressRule", f"dkms-{colour}-address-{PORTS[colour]}-from-10.1.0.0/16"),
        ("SecurityGroupIngressRule", f"dkms-{colour}-nlb-to-alb-443-in"),
        ("ServiceALB", f"dkms-{colour}"),
        ("TargetGroup", f"dkms-{colour}-alb"),
        ("TargetGroup", f"dkms-{colour}-dkms"),
        ("TargetGroupAttachment", f"dkms-{colour}-alb"),
    ]


def test_as_is_is_one_chain() -> None:
    assert built(SharedNLB, (BLUE,)).listing() == sorted(SHARED + of_colour("blue"))


def test_to_be_is_two_albs_behind_one_nlb() -> None:
    assert built(SharedNLB).listing() == sorted(SHARED + of_colour("blue") + of_colour("green"))


@pytest.mark.parametrize(
    ("green", "shares"),
    [
        (0, {"dkms-blue-alb": 100}),
        (10, {"dkms-blue-alb": 90, "dkms-green-alb": 10}),
        (100, {"dkms-green-alb": 100}),
    ],
)
def test_the_entry_forwards_to_live_colours_only(green: int, shares: dict[str, int]) -> None:
    listener = built(SharedNLB, green=green).one("Listener", "dkms-entry")
    assert (listener.inputs["port"], listener.inputs["protocol"]) == (443, "TCP")
    assert forwarded(listener) == shares


@pytest.mark.parametrize("green", [0, 50, 100])
def test_each_colour_keeps_an_address_that_only_operators_reach(green: int) -> None:
    recording = built(SharedNLB, green=green)
    for colour, port in PORTS.items():
        listener = recording.one("Listener", f"dkms-{colour}-address")
        assert (listener.inputs["port"], forwarded(listener)) == (port, {f"dkms-{colour}-alb": 100})
        opened = [rule.inputs for rule in recording.of("SecurityGroupIngressRule") if rule.inputs["fromPort"] == port]
        assert [rule["cidrIpv4"] for rule in opened] == ["10.1.0.0/16"]


def test_an_alb_is_the_one_target_of_a_tcp_group_on_its_own_port() -> None:
    recording = built(SharedNLB)
    group = recording.one("TargetGroup", "dkms-green-alb").inputs
    assert (group["targetType"], group["protocol"], group["port"]) == ("alb", "TCP", 443)
    assert group["healthCheck"]["protocol"] == "HTTPS"
    assert group["healthCheck"]["path"] == "/healthz"
    # AWS freezes these for ALB targets; a setting would be ignored in silence.
    assert not group.keys() & {"deregistrationDelay", "preserveClientIp", "stickiness", "slowStart"}
    attachment = recording.one("TargetGroupAttachment", "dkms-green-alb").inputs
    assert attachment["targetId"].endswith("LoadBalancer/dkms-green-alb")
    assert attachment["port"] == recording.one("Listener", "dkms-green-alb").inputs["port"] == 443


def test_the_shared_parts_have_no_colour_and_the_others_have_theirs() -> None:
    recording = built(SharedNLB)
    assert recording.one("LoadBalancer", "dkms-nlb").inputs["tags"] == {"Team": "dkms"}
    assert recording.one("Listener", "dkms-entry").inputs["tags"] == {"Team": "dkms"}
    assert recording.one("Listener", "dkms-green-address").inputs["tags"]["bluegreen:colour"] == "green"


def test_outputs() -> None:
    recording = built(SharedNLB, green=10)
    outputs = recording.outputs[recording.one("SharedNLB", "dkms").urn]
    assert outputs["endpoint"] == "https://dkms.example.cn/"
    assert outputs["weights"] == {"blue": 90, "green": 10}
    assert outputs["addresses"] == {
        "blue": {"url": "https://dkms.example.cn:8443/", "headers": {}},
        "green": {"url": "https://dkms.example.cn:9443/", "headers": {}},
    }
    assert {colour: list(groups) for colour, groups in outputs["targetGroups"].items()} == {
        BLUE: ["dkms"],
        GREEN: ["dkms"],
    }
