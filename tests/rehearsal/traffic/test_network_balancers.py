"""An NLB on Envoy: new connections go where it says, and established ones end when AWS ends them."""

import time
from collections import Counter
from dataclasses import replace

import pytest

from rehearsal.traffic.envoy import listeners
from rehearsal.traffic.flows import LEFT_FLOW_LIFE
from tests.rehearsal.chains import Chains, arn, chain, shared_nlb, to
from tests.rehearsal.traffic.test_flows import with_state


@pytest.mark.fact(2)
def test_a_switched_listener_takes_new_connections_and_leaves_established_ones(plane):
    plane.begin(shared_nlb(blue=100))
    established = plane.connect()
    assert established.colour() == "blue"
    plane.show(shared_nlb(green=100))
    for _ in range(20):
        assert (established.colour(), plane.fresh()) == ("blue", "green")


@pytest.mark.fact(3)
def test_flows_of_a_switched_listener_end_after_an_hour(plane):
    plane.begin(shared_nlb(blue=100))
    established = plane.connect()
    established.colour()
    plane.show(shared_nlb(green=100))
    plane.show(shared_nlb(green=100), later=LEFT_FLOW_LIFE - 1)
    assert not established.broken(0.1)
    plane.show(shared_nlb(green=100), later=1)
    assert established.broken()


@pytest.mark.parametrize(
    "after",
    [
        shared_nlb(blue=0, green=100),
        shared_nlb(blue=100).without_balancer("net", "nlb"),
        shared_nlb(green=100).without_balancer("app", "blue").without("target_groups", "alb-blue"),
        with_state(shared_nlb(blue=100), "alb-blue", "unhealthy"),
        with_state(shared_nlb(green=100), "alb-blue", None),
    ],
    ids=["weight 0", "NLB deleted", "ALB deleted", "unhealthy", "drained"],
)
@pytest.mark.fact(1, 7)
def test_what_ends_established_connections(plane, after):
    plane.begin(shared_nlb(blue=100))
    established = plane.connect()
    assert established.colour() == "blue"
    began = time.monotonic()
    plane.show(after)
    assert established.broken()
    assert time.monotonic() - began < 0.3


def test_other_flows_of_the_same_listener_go_on(plane):
    plane.begin(shared_nlb(blue=50, green=50))
    connections = [plane.connect() for _ in range(8)]
    colours = [connection.colour() for connection in connections]
    assert set(colours) == {"blue", "green"}
    plane.show(shared_nlb(blue=0, green=100))
    time.sleep(0.1)
    for connection, colour in zip(connections, colours, strict=True):
        assert connection.broken(0.02) == (colour == "blue")


@pytest.mark.fact(5)
def test_a_deleted_listener_refuses_new_connections_and_leaves_established_ones(plane):
    plane.begin(shared_nlb(blue=100))
    established = plane.connect()
    established.colour()
    plane.show(shared_nlb(blue=100).without("listeners", f"{arn('net', 'nlb')}:443"))
    assert plane.fresh() == "refused"
    assert established.colour() == "blue"


def test_a_draining_target_takes_no_new_connections(plane):
    plane.begin(shared_nlb(blue=100))
    established = plane.connect()
    established.colour()
    plane.show(with_state(shared_nlb(blue=100), "alb-blue", "draining"))
    assert plane.fresh() is None
    assert established.colour() == "blue"


@pytest.mark.fact(6)
def test_without_a_healthy_target_it_fails_open(plane):
    plane.begin(with_state(shared_nlb(blue=100), "alb-blue", "unhealthy"))
    assert plane.fresh() == "blue"
    plane.show(shared_nlb(blue=100))
    plane.show(with_state(shared_nlb(blue=100), "alb-blue", "unhealthy"))
    time.sleep(0.15)  # flows end, and then new ones are let in again
    assert plane.fresh() == "blue"


def test_no_target_at_all_breaks_new_connections(plane):
    plane.begin(with_state(shared_nlb(blue=100), "alb-blue", None))
    assert plane.fresh() is None


def test_a_provisioning_nlb_refuses(plane):
    state = shared_nlb(blue=100).snapshot
    provisioning = replace(state.load_balancers[arn("net", "nlb")], active=False)
    plane.begin(replace(state, load_balancers={**state.load_balancers, provisioning.arn: provisioning}))
    assert plane.fresh() == "refused"


def test_weights_split_connections_and_a_colour_outside_the_action_gets_none(plane):
    plane.begin(shared_nlb(blue=90, green=10))
    seen = Counter(plane.fresh() for _ in range(500))
    assert abs(seen["green"] / 5 - 10) <= 5
    assert seen["blue"] + seen["green"] == 500
    plane.show(shared_nlb(blue=100))
    assert Counter(plane.fresh() for _ in range(50)) == {"blue": 50}


def test_a_colours_own_port(plane):
    chains = shared_nlb(blue=100).snapshot
    own = shared_nlb(green=100).nlb("nlb", to(alb_green=1), port=8444).snapshot
    plane.begin(replace(own, listeners={**own.listeners, **chains.listeners}))
    assert plane.connect(port=8444).colour() == "green"
    assert plane.fresh() == "blue"


def test_pods_directly_behind_an_nlb(plane):
    plane.begin(Chains().pods("pods", "blue").nlb("nlb", to(pods=1)))
    assert plane.fresh() == "blue"


@pytest.mark.fact(4)
def test_an_idle_connection_ends(plane, monkeypatch):
    monkeypatch.setattr(listeners, "SHORTEST_IDLE", 0.1)
    plane.begin(shared_nlb(blue=100))
    assert plane.connect().broken(2)


@pytest.mark.fact(4)
@pytest.mark.parametrize(("speed", "idle"), [(1, "350.000000s"), (1000, "5.000000s")])
def test_the_idle_timeout_is_that_of_an_nlb_but_no_shorter_than_a_busy_machine_may_stall(plane, speed, idle):
    state = shared_nlb(blue=100).snapshot
    site = replace(plane.plane._site, speed=speed)
    listener = listeners.flow_listener(state.listeners[f"{arn('net', 'nlb')}:443"], site)
    assert listener["filter_chains"][0]["filters"][0]["typed_config"]["idle_timeout"] == idle


def test_a_target_group_that_appears_in_the_same_moment_as_its_traffic_loses_nothing(plane):
    plane.begin(chain(chain(Chains(), "blue"), "green").nlb("nlb", to(alb_blue=1)))
    colours = []
    for _ in range(3):
        plane.show(shared_nlb(green=100))
        colours += [plane.fresh() for _ in range(10)]
        plane.show(shared_nlb(blue=100))
    assert None not in colours
