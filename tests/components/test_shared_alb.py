import pytest

from components.model import Service
from components.shared_alb import SharedALB
from tests.components.sample import BLUE, GREEN, built, forwarded

SHARED = [
    ("EntryNLB", "dkms"),
    ("Listener", "dkms-alb"),
    ("Listener", "dkms-entry"),
    ("LoadBalancer", "dkms-alb"),
    ("LoadBalancer", "dkms-nlb"),
    ("Record", "dkms-entry"),
    ("SecurityGroup", "dkms-alb"),
    ("SecurityGroup", "dkms-nlb"),
    ("SecurityGroupEgressRule", "dkms-nlb-to-alb-443-out"),
    ("SecurityGroupIngressRule", "dkms-443-from-10.0.0.0/8"),
    ("SecurityGroupIngressRule", "dkms-nlb-to-alb-443-in"),
    ("ServiceALB", "dkms"),
    ("SharedALB", "dkms"),
    ("TargetGroup", "dkms-alb"),
    ("TargetGroupAttachment", "dkms-alb"),
]


def of_colour(colour: str) -> list[tuple[str, str]]:
    return [
        ("ListenerRule", f"dkms-dkms-{colour}"),
        ("MetricAlarm", f"dkms-{colour}-dkms-errors"),
        ("MetricAlarm", f"dkms-{colour}-dkms-latency"),
        ("MetricAlarm", f"dkms-{colour}-dkms-unhealthy"),
        ("TargetGroup", f"dkms-{colour}-dkms"),
    ]


def test_as_is_is_one_chain() -> None:
    assert built(SharedALB, (BLUE,)).listing() == sorted(SHARED + of_colour("blue"))


def test_to_be_is_one_alb_with_a_target_group_for_each_colour() -> None:
    assert built(SharedALB).listing() == sorted(SHARED + of_colour("blue") + of_colour("green"))


@pytest.mark.parametrize(
    ("green", "shares"),
    [
        (0, {"dkms-blue-dkms": 100}),
        (10, {"dkms-blue-dkms": 90, "dkms-green-dkms": 10}),
        (100, {"dkms-green-dkms": 100}),
    ],
)
def test_each_service_splits_between_live_colours_only(green: int, shares: dict[str, int]) -> None:
    services = {"dkms": Service(), "keys": Service(paths=("/keys/*",), order=2)}
    recording = built(SharedALB, green=green, services=services)
    assert forwarded(recording.one("Listener", "dkms-alb")) == shares
    of_keys = {name.removesuffix("dkms") + "keys": weight for name, weight in shares.items()}
    assert forwarded(recording.one("ListenerRule", "dkms-keys")) == of_keys
    assert forwarded(recording.one("Listener", "dkms-entry")) == {"dkms-alb": 100}


def test_a_colour_is_reached_by_a_header_that_counts_for_operators_only() -> None:
    recording = built(SharedALB, green=100)
    for colour in ("blue", "green"):
        rule = recording.one("ListenerRule", f"dkms-dkms-{colour}")
        assert rule.inputs["conditions"] == [
            {"httpHeader": {"httpHeaderName": "X-Bluegreen-Colour", "values": [colour]}},
            {"sourceIp": {"values": ["10.1.0.0/16"]}},
        ]
        assert forwarded(rule) == {f"dkms-{colour}-dkms": 100}


@pytest.mark.parametrize("gone", [BLUE, GREEN])
def test_a_colours_rule_stays_when_the_other_colour_goes(gone: str) -> None:
    both = built(SharedALB, green=100 if gone == BLUE else 0)
    one = built(SharedALB, (GREEN,) if gone == BLUE else (BLUE,), green=100 if gone == BLUE else 0)
    assert one.changed_from(both) == {}
    assert both.added_to(one) == of_colour(gone)


def test_outputs() -> None:
    recording = built(SharedALB)
    outputs = recording.outputs[recording.one("SharedALB", "dkms").urn]
    assert outputs["addresses"] == {
        "blue": {"url": "https://dkms.example.cn/", "headers": {"X-Bluegreen-Colour": "blue"}},
        "green": {"url": "https://dkms.example.cn/", "headers": {"X-Bluegreen-Colour": "green"}},
    }
    assert outputs["weights"] == {"blue": 100}
    assert outputs["targetGroups"] == {
        colour: {"dkms": f"arn:aws-cn:test:cn-north-1:123456789012:TargetGroup/dkms-{colour}-dkms"}
        for colour in ("blue", "green")
    }
