"""Pods start, fail, crash and stop."""

import time
from dataclasses import replace

from rehearsal.aws.health import STARTUP
from rehearsal.oracle.state import Snapshot
from tests.rehearsal.chains import shared_alb
from tests.rehearsal.traffic.stage import Connection
from tests.rehearsal.traffic.test_flows import with_state

BLUE = shared_alb(blue=100, green=0).snapshot


def pod(plane):
    return plane.pod(next(iter(BLUE.pods)))


def without_pods(state):
    return replace(state, pods={key: pod for key, pod in state.pods.items() if pod.colour != "blue"})


def test_a_pod_says_who_it_is(plane):
    plane.begin(BLUE)
    _, headers = pod(plane).get()
    assert {key: headers[key] for key in headers if key.startswith("x-")} == {
        "x-colour": "blue",
        "x-cluster": "blue",
        "x-pod": "10.0.0.0:8443",
        "x-region": "cn-north-1",
    }


def test_a_pod_takes_its_time_to_start(plane):
    plane.show(Snapshot())
    began = time.monotonic()
    plane.show(BLUE, settle=0)
    connection = pod(plane)
    while connection.get()[0] == 503:
        assert time.monotonic() - began < 5
    assert time.monotonic() - began > STARTUP / plane.speed


def test_an_unhealthy_pod_answers_503_until_it_is_well(plane):
    plane.begin(BLUE)
    ill = {key: replace(pod, healthy=False) for key, pod in BLUE.pods.items()}
    plane.show(replace(BLUE, pods=ill))
    assert pod(plane).get()[0] == 503
    plane.show(BLUE)
    assert pod(plane).get()[0] == 200


def test_a_pod_that_goes_while_its_target_is_registered_has_crashed(plane):
    plane.begin(BLUE)
    connection = pod(plane)
    connection.get("/stream?seconds=3000")
    plane.show(without_pods(BLUE))
    assert not connection.rest().endswith(b"end\n")
    assert plane.fresh() == "502"


def test_a_pod_that_is_stopped_goes_on_for_a_while_and_finishes_what_is_in_flight(plane):
    plane.begin(BLUE)
    streaming, other = pod(plane), pod(plane)
    streaming.get("/stream?seconds=200")
    plane.show(without_pods(with_state(shared_alb(blue=100, green=0), "pods-blue", "draining")), settle=0)
    assert other.get()[0] == 200
    time.sleep(30 / plane.speed)  # what its hook takes
    assert streaming.rest().endswith(b"end\n")
    assert other.broken(1)


def test_the_other_region_answers_for_any_host_with_tls_and_without(plane):
    plane.begin(BLUE)
    peer = plane.plane.access.peer
    for context in (None, plane.trust):
        connection = plane.keep(Connection(peer, context))
        status, headers = connection.get(host="anything.example")
        assert (status, headers["x-colour"], headers["x-region"]) == (200, "", "cn-northwest-1")


def test_a_disturbed_pod_fails_its_share_or_takes_longer(plane):
    ill = {key: replace(pod, error_share=0.25) for key, pod in BLUE.pods.items()}
    plane.begin(replace(BLUE, pods=ill))
    connection = pod(plane)
    statuses = [connection.get()[0] for _ in range(100)]
    assert abs(statuses.count(500) - 25) <= 1
    slow = {key: replace(pod, latency=100.0) for key, pod in BLUE.pods.items()}
    plane.show(replace(BLUE, pods=slow))
    began = time.monotonic()
    assert connection.get()[0] == 200
    assert time.monotonic() - began > 100 / plane.speed
