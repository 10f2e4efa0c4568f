import pytest

from components.blue_green_route53 import BlueGreenRoute53
from components.model import Service
from tests.components.sample import BLUE, GREEN, built, entry, forwarded


def of_colour(colour: str) -> list[tuple[str, str]]:
    return [
        ("EntryNLB", f"dkms-{colour}"),
        ("Listener", f"dkms-{colour}-alb"),
        ("Listener", f"dkms-{colour}-entry"),
        ("ListenerRule", f"dkms-{colour}-dkms-{colour}"),
        ("ListenerRule", f"dkms-{colour}-operators-only"),
        ("LoadBalancer", f"dkms-{colour}-alb"),
        ("LoadBalancer", f"dkms-{colour}-nlb"),
        ("MetricAlarm", f"dkms-{colour}-dkms-unhealthy"),
        ("MetricAlarm", f"dkms-{colour}-errors"),
        ("MetricAlarm", f"dkms-{colour}-latency"),
        ("Record", f"dkms-{colour}"),
        ("Record", f"dkms-{colour}-address"),
        ("SecurityGroup", f"dkms-{colour}-alb"),
        ("SecurityGroup", f"dkms-{colour}-nlb"),
        ("SecurityGroupEgressRule", f"dkms-{colour}-nlb-to-alb-443-out"),
        ("SecurityGroupIngressRule", f"dkms-{colour}-443-from-10.0.0.0/8"),
        ("SecurityGroupIngressRule", f"dkms-{colour}-nlb-to-alb-443-in"),
        ("ServiceALB", f"dkms-{colour}"),
        ("TargetGroup", f"dkms-{colour}-alb"),
        ("TargetGroup", f"dkms-{colour}-dkms"),
        ("TargetGroupAttachment", f"dkms-{colour}-alb"),
    ]


def test_as_is_is_one_chain() -> None:
    assert built(BlueGreenRoute53, (BLUE,)).listing() == sorted([("BlueGreenRoute53", "dkms"), *of_colour("blue")])


def test_to_be_is_two_chains_that_share_nothing() -> None:
    expected = [("BlueGreenRoute53", "dkms"), *of_colour("blue"), *of_colour("green")]
    assert built(BlueGreenRoute53).listing() == sorted(expected)


@pytest.mark.parametrize("green", [0, 1, 50, 100])
def test_two_weighted_records_of_one_name(green: int) -> None:
    recording = built(BlueGreenRoute53, green=green)
    for colour, weight in (("blue", 100 - green), ("green", green)):
        record = recording.one("Record", f"dkms-{colour}")
        assert record.inputs == {
            "zoneId": "Z1",
            "name": "dkms.example.cn",
            "type": "A",
            "setIdentifier": colour,
            "weightedRoutingPolicies": [{"weight": weight}],
            "aliases": [{"name": f"dkms-{colour}-nlb.elb.example", "zoneId": "ZELB", "evaluateTargetHealth": True}],
        }
        assert record.protect


@pytest.mark.fact(37)
def test_a_simple_record_is_the_same_resource_and_names_neither_weight_nor_set() -> None:
    simple = built(BlueGreenRoute53, (BLUE,), entry=entry(record="simple"))
    assert not simple.one("Record", "dkms-blue").inputs.keys() & {"setIdentifier", "weightedRoutingPolicies"}
    weighted = built(BlueGreenRoute53, (BLUE,))
    assert weighted.changed_from(simple) == {("Record", "dkms-blue"): {"setIdentifier", "weightedRoutingPolicies"}}
    assert weighted.listing() == simple.listing()


def test_a_simple_record_becomes_weighted_before_the_other_colours_record_exists() -> None:
    to_be = built(BlueGreenRoute53)
    assert to_be.comes_before(to_be.one("Record", "dkms-blue"), to_be.one("Record", "dkms-green"))


def test_no_shift_touches_a_colours_own_name_and_its_whole_chain() -> None:
    recording = built(BlueGreenRoute53, green=100)
    for colour in ("blue", "green"):
        address = recording.one("Record", f"dkms-{colour}-address").inputs
        assert address["name"] == f"{colour}.dkms.example.cn"
        assert [alias["name"] for alias in address["aliases"]] == [f"dkms-{colour}-nlb.elb.example"]
        assert forwarded(recording.one("Listener", f"dkms-{colour}-entry")) == {f"dkms-{colour}-alb": 100}
        assert forwarded(recording.one("Listener", f"dkms-{colour}-alb")) == {f"dkms-{colour}-dkms": 100}


def test_whoever_is_no_operator_is_turned_away_from_a_colours_name() -> None:
    recording = built(BlueGreenRoute53, (BLUE,))
    operators = recording.one("ListenerRule", "dkms-blue-dkms-blue").inputs
    turned_away = recording.one("ListenerRule", "dkms-blue-operators-only").inputs
    assert operators["conditions"] == [
        {"hostHeader": {"values": ["blue.*example.cn"]}},
        {"sourceIp": {"values": ["10.1.0.0/16"]}},
    ]
    assert turned_away["conditions"] == [{"hostHeader": {"values": ["blue.*example.cn"]}}]
    assert turned_away["actions"] == [
        {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "403"}}
    ]
    assert operators["priority"] < turned_away["priority"]


def test_a_further_host_has_a_cname_for_clients_and_one_for_each_colour() -> None:
    keys = Service(hosts=("keys.example.cn", "dkms.example.cn"), paths=("/keys/*",), order=2)
    services = {"dkms": Service(), "keys": keys}
    recording = built(BlueGreenRoute53, services=services)
    cnames = {
        record.inputs["name"]: record.inputs["records"]
        for record in recording.of("Record")
        if record.inputs["type"] == "CNAME"
    }
    assert cnames == {
        "keys.example.cn": ["dkms.example.cn"],
        "blue.keys.example.cn": ["blue.dkms.example.cn"],
        "green.keys.example.cn": ["green.dkms.example.cn"],
    }


def test_outputs() -> None:
    recording = built(BlueGreenRoute53, green=10)
    outputs = recording.outputs[recording.one("BlueGreenRoute53", "dkms").urn]
    assert outputs["endpoint"] == "https://dkms.example.cn/"
    assert outputs["weights"] == {"blue": 90, "green": 10}
    assert outputs["addresses"] == {
        "blue": {"url": "https://blue.dkms.example.cn/", "headers": {}},
        "green": {"url": "https://green.dkms.example.cn/", "headers": {}},
    }
    assert set(outputs["targetGroups"]) == {BLUE, GREEN}
