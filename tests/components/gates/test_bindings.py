"""What the topologies bind the gate to, and the alarms that they make."""

import pytest

from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import BlueGreen
from components.model import Service
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from tests.components.sample import BLUE, built
from tests.recording import Registered

TOPOLOGIES = [BlueGreenRoute53, SharedNLB, SharedALB]
SERVICES = {
    "dkms": Service(),
    "keys": Service(paths=("/keys/*",), order=2),
    "audit": Service(hosts=("a.example.cn",), order=3),
}
SWITCHES = {
    BlueGreenRoute53: {("Record", "dkms-blue"), ("Record", "dkms-green")},
    SharedNLB: {("Listener", "dkms-entry")},
    SharedALB: {("Listener", "dkms-alb"), ("ListenerRule", "dkms-keys"), ("ListenerRule", "dkms-audit")},
}
every_topology = pytest.mark.parametrize("topology", TOPOLOGIES)


@every_topology
@pytest.mark.parametrize("green", [0, 10])
def test_exactly_what_a_shift_changes_has_the_hooks(topology: type[BlueGreen], green: int) -> None:
    recording = built(topology, green=green, services=SERVICES)
    hooked = {(each.kind, each.name): each.hooks for each in recording.resources.values() if each.hooks}
    assert hooked.keys() == SWITCHES[topology]
    for (_, name), hooks in hooked.items():
        before, after = [f"gate of {name}"], [f"read back of {name}"]
        creates = {"before_create": before, "after_create": after} if topology is BlueGreenRoute53 else {}
        assert hooks == creates | {"before_update": before, "after_update": after}


@every_topology
def test_whatever_the_gate_reads_is_there_before_anything_switches(topology: type[BlueGreen]) -> None:
    recording = built(topology, green=10, services=SERVICES)
    colours = [each for each in recording.of("TargetGroup") if "blue" in each.name or "green" in each.name]
    read = [*recording.of("MetricAlarm"), *colours]
    assert len(read) == {BlueGreenRoute53: 18, SharedNLB: 18, SharedALB: 24}[topology]
    switches = [each for each in recording.resources.values() if (each.kind, each.name) in SWITCHES[topology]]
    assert all(recording.comes_before(each, switch) for each in read for switch in switches)


def alarm(topology: type[BlueGreen], name: str) -> Registered:
    return built(topology, (BLUE,)).one("MetricAlarm", name)


@pytest.mark.parametrize("topology", [BlueGreenRoute53, SharedNLB])
def test_errors_of_a_colour_with_its_own_alb(topology: type[BlueGreen]) -> None:
    inputs = alarm(topology, "dkms-blue-errors").inputs
    of_alb = {"namespace": "AWS/ApplicationELB", "period": 60, "dimensions": {"LoadBalancer": "app/dkms-blue-alb"}}
    assert inputs["metricQueries"] == [
        {"id": id_, "returnData": False, "metric": of_alb | {"metricName": name, "stat": "Sum"}}
        for id_, name in (
            ("requests", "RequestCount"),
            ("answered", "HTTPCode_Target_5XX_Count"),
            ("own", "HTTPCode_ELB_5XX_Count"),
        )
    ] + [
        {
            "id": "watched",
            "expression": "100 * (answered + own) / (requests + own)",
            "label": "dkms-blue-errors",
            "returnData": True,
        }
    ]
    assert (inputs["threshold"], inputs["comparisonOperator"]) == (1, "GreaterThanThreshold")
    assert (inputs["evaluationPeriods"], inputs["datapointsToAlarm"], inputs["treatMissingData"]) == (3, 2, "missing")
    assert inputs["tags"] == {"Team": "dkms", "bluegreen:colour": "blue"}
    assert "name" not in inputs


@every_topology
def test_unhealthy_hosts_are_those_of_a_target_group(topology: type[BlueGreen]) -> None:
    alb = "app/dkms-alb" if topology is SharedALB else "app/dkms-blue-alb"
    (query,) = alarm(topology, "dkms-blue-dkms-unhealthy").inputs["metricQueries"]
    assert query == {
        "id": "hosts",
        "returnData": True,
        "metric": {
            "namespace": "AWS/ApplicationELB",
            "metricName": "UnHealthyHostCount",
            "stat": "Maximum",
            "period": 60,
            "dimensions": {"LoadBalancer": alb, "TargetGroup": "targetgroup/dkms-blue-dkms"},
        },
    }


def test_on_a_shared_alb_every_metric_is_of_the_colours_target_group() -> None:
    recording = built(SharedALB, services=SERVICES)
    for each in recording.of("MetricAlarm"):
        _, colour, service, _ = each.name.split("-")
        metrics = [query["metric"] for query in each.inputs["metricQueries"] if "metric" in query]
        assert {metric["dimensions"]["TargetGroup"] for metric in metrics} == {f"targetgroup/dkms-{colour}-{service}"}


@every_topology
def test_latency_is_a_percentile(topology: type[BlueGreen]) -> None:
    name = "dkms-blue-dkms-latency" if topology is SharedALB else "dkms-blue-latency"
    (query,) = alarm(topology, name).inputs["metricQueries"]
    assert (query["metric"]["metricName"], query["metric"]["stat"], query["returnData"]) == (
        "TargetResponseTime",
        "p99",
        True,
    )
