from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.oracle import HOLD, Oracle, Probe
from rehearsal.oracle.state import (
    Condition,
    Forward,
    Peer,
    Reply,
    Rule,
    SecurityGroup,
    SecurityGroupRule,
)
from tests.rehearsal.chains import NAME, PROBE, Chains, arn, chain, route53, shared_alb, shared_nlb


def watching(chains: Chains, probe: Probe = PROBE) -> Oracle:
    """Start clients on a state in which nothing is lost."""
    oracle = Oracle()
    oracle.watch([probe])
    assert oracle.judge(chains.snapshot, 0).lost == 0
    return oracle


def shares(chains: Chains, probe: Probe = PROBE) -> dict[str, float]:
    oracle = Oracle()
    oracle.ask([probe])
    return oracle.judge(chains.snapshot, 0).probes[0].shares


def judge(oracle: Oracle, chains: Chains, at: float = 0) -> tuple[float, str]:
    verdict = oracle.judge(chains.snapshot, at)
    return verdict.lost, " | ".join(verdict.reasons)


# -- where requests go ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chains",
    [shared_nlb(blue=90, green=10), shared_alb(blue=90, green=10), route53(blue=90, green=10)],
    ids=["shared-nlb", "shared-alb", "route53"],
)
def test_weights_split_the_requests_of_every_topology(chains):
    assert shares(chains) == {"blue": 90, "green": 10}


@pytest.mark.fact(32)
def test_records_that_are_all_zero_answer_evenly():
    assert shares(route53(blue=0, green=0)) == {"blue": 50, "green": 50}


def test_before_clients_start_shares_are_told_and_nothing_is_lost():
    oracle = Oracle()
    oracle.ask([PROBE])
    verdict = oracle.judge(Chains().snapshot, 0)
    assert (verdict.watching, verdict.lost, verdict.probes[0].lost) == (False, 0, 100)
    assert verdict.reasons == (f"no record answers for {NAME}",)


@pytest.mark.fact(26)
def test_the_first_matching_rule_by_priority_decides():
    rules = (
        Rule(20, (Condition("path-pattern", ("/v1/*",)),), Forward({"pods-green": 1})),
        Rule(10, (Condition("http-header", ("bl?e",), "X-Colour"),), Forward({"pods-blue": 1})),
        Rule(5, (Condition("source-ip", ("192.0.2.0/24",)),), Reply(403)),
        Rule(6, (Condition("host-header", ("*.example.org",)),), Reply(421)),
    )
    chains = Chains().pods("pods-blue", "blue").pods("pods-green", "green").alb("alb", Reply(404), rules=rules)
    probe = PROBE.model_copy(update={"entry": "alb.elb"})
    assert shares(chains, probe) == {"green": 100}
    assert shares(chains, probe.model_copy(update={"headers": {"x-colour": "BLUE"}})) == {"blue": 100}
    assert shares(chains, probe.model_copy(update={"source_ip": "192.0.2.7"})) == {}
    assert shares(chains, probe.model_copy(update={"host": "a.example.org"})) == {}
    assert shares(chains, probe.model_copy(update={"path": "/v2"})) == {}


@pytest.mark.fact(8)
def test_an_nlb_without_cross_zone_loses_the_zones_in_which_the_alb_is_not():
    chains = shared_nlb(blue=1)
    balancers = dict(chains.snapshot.load_balancers)
    nlb, alb = arn("net", "nlb"), arn("app", "blue")
    balancers[nlb] = replace(balancers[nlb], zones=frozenset("abc"), cross_zone=False)
    balancers[alb] = replace(balancers[alb], zones=frozenset("ab"))
    chains._put(load_balancers=balancers)
    assert shares(chains)["blue"] == pytest.approx(200 / 3)


@pytest.mark.parametrize(
    ("group", "rule", "reason"),
    [
        ("nlb", SecurityGroupRule(443, 443, cidr="10.0.0.0/8"), ""),
        ("nlb", SecurityGroupRule(443, 443, cidr="192.0.2.0/24"), "keep 10.0.0.10/32 out of port 443"),
        ("nlb", SecurityGroupRule(80, 80, cidr="0.0.0.0/0"), "keep 10.0.0.10/32 out of port 443"),
        ("blue", SecurityGroupRule(443, 443, group="nlb"), ""),
        ("blue", SecurityGroupRule(443, 443, cidr="10.1.0.0/16"), "do not let NLB nlb reach ALB blue"),
    ],
)
def test_security_groups_on_the_way(group, rule, reason):
    chains = shared_nlb(blue=1)
    anybody = (SecurityGroupRule(cidr="0.0.0.0/0"),)
    groups = {name: SecurityGroup(anybody, anybody) for name in ("nlb", "blue")}
    balancers = {
        balancer.arn: replace(balancer, peer=Peer(frozenset({balancer.name}), ("10.1.1.0/24",)))
        for balancer in chains.snapshot.load_balancers.values()
        if balancer.name in groups
    }
    groups[group] = SecurityGroup((rule,), anybody)
    chains._put(security_groups=groups, load_balancers={**chains.snapshot.load_balancers, **balancers})
    oracle = Oracle()
    oracle.watch([PROBE])
    lost, why = judge(oracle, chains)
    assert (lost, why) == (0, "") if not reason else (lost == 100 and reason in why)


@pytest.mark.fact(24)
def test_a_listener_whose_weights_are_all_zero_answers_nobody():
    assert shares(shared_nlb(blue=0, green=0)) == {}
    assert shares(shared_alb(blue=0, green=0)) == {}


# -- what must not happen ------------------------------------------------------------------------


def test_an_alb_deleted_before_the_switch_loses_everything():
    chains = shared_nlb(blue=1)
    oracle = watching(chains)
    lost, why = judge(oracle, chains.without_balancer("app", "blue"))
    assert lost == 100
    assert "the ALB was deleted" in why


def test_lighter_record_first_sends_half_to_a_colour_without_healthy_targets():
    chains = route53(blue=100, green=0, green_state="initial")
    oracle = watching(chains)
    lost, why = judge(oracle, chains.weigh(**{"nlb-blue": 0}))
    assert lost == 50
    assert "target group pods-green of ALB green has no healthy target: 2 initial" in why


def test_heavier_record_first_loses_nothing():
    chains = route53(blue=100, green=0)
    oracle = watching(chains)
    assert judge(oracle, chains.weigh(**{"nlb-green": 100})) == (0, "")
    assert judge(oracle, chains.weigh(**{"nlb-blue": 0})) == (0, "")
    assert shares(chains) == {"green": 100}


@pytest.mark.fact(1)
def test_weight_0_in_an_nlb_action_closes_open_connections():
    chains = shared_nlb(blue=1)
    oracle = watching(chains)
    lost, why = judge(oracle, chains.listen("net", "nlb", Forward({"alb-blue": 0, "alb-green": 100})))
    assert lost == 100
    assert "weight 0, which closes it" in why


@pytest.mark.fact(2)
def test_taking_the_target_group_out_of_the_action_leaves_open_connections():
    chains = shared_nlb(blue=1)
    oracle = watching(chains)
    assert judge(oracle, chains.listen("net", "nlb", Forward({"alb-green": 1}))) == (0, "")


def test_weight_0_without_open_connections_loses_nothing():
    oracle = watching(shared_nlb(green=1))
    assert judge(oracle, shared_nlb(blue=0, green=1)) == (0, "")


@pytest.mark.parametrize("state", ["initial", "unhealthy", "draining"])
@pytest.mark.fact(23)
def test_a_target_group_without_healthy_targets_loses_its_share(state):
    chains = chain(chain(Chains(), "blue"), "green", state=state)
    chains.nlb("nlb", Forward({"alb-blue": 1})).record("nlb")
    oracle = watching(chains)
    lost, why = judge(oracle, chains.listen("net", "nlb", Forward({"alb-blue": 70, "alb-green": 30})))
    assert lost == 30
    assert f"2 {state}" in why


@pytest.mark.fact(6)
def test_an_nlb_fails_open_to_an_alb_that_fails_its_health_check_but_not_to_an_initial_one():
    for state, expected in (("unhealthy", {"blue": 100}), ("initial", {})):
        chains = shared_nlb(blue=1).to_alb("alb-blue", "blue", state=state)
        assert shares(chains) == expected


def test_blue_retired_in_the_update_that_moves_its_traffic_loses_on_a_shared_nlb():
    chains = shared_nlb(blue=1)
    oracle = watching(chains)
    assert judge(oracle, chains.listen("net", "nlb", Forward({"alb-green": 1})))[0] == 0
    lost, why = judge(oracle, chains.without_balancer("app", "blue"), 60)
    assert lost == 100
    assert why == "open connections through NLB nlb to ALB blue: the ALB was deleted"


def test_blue_retired_in_the_update_that_moves_its_traffic_loses_on_route53():
    chains = route53(blue=100, green=0)
    oracle = watching(chains)
    chains.weigh(**{"nlb-green": 100})
    chains.weigh(**{"nlb-blue": 0})
    assert judge(oracle, chains)[0] == 0
    lost, why = judge(oracle, chains.without("listeners", f"{arn('net', 'nlb-blue')}:443"), 60)
    assert lost == 100
    assert why == "clients that cached the address of NLB nlb-blue: NLB nlb-blue has no listener on port 443"


@pytest.mark.parametrize(
    "retire",
    [
        lambda: (
            shared_nlb(blue=1),
            shared_nlb(green=1),
            shared_nlb(green=1).without_balancer("app", "blue"),
        ),
        lambda: (
            route53(blue=100, green=0),
            route53(blue=0, green=100),
            route53(blue=None, green=100).without_balancer("net", "nlb-blue").without_balancer("app", "blue"),
        ),
    ],
    ids=["shared-nlb", "route53"],
)
def test_blue_retired_after_its_drain_loses_nothing(retire):
    before, shifted, retired = retire()
    oracle = watching(before)
    assert judge(oracle, shifted, 60)[0] == 0
    lost, why = judge(oracle, retired, 60 + HOLD - 1)
    assert lost == 100
    assert "was deleted" in why
    assert judge(oracle, retired, 60 + HOLD)[0] == 0


def test_deregistering_the_alb_breaks_open_connections_only():
    chains = shared_nlb(blue=1)
    oracle = watching(chains)
    chains.listen("net", "nlb", Forward({"alb-green": 1}))
    assert judge(oracle, chains)[0] == 0
    group = chains.snapshot.target_groups["alb-blue"]
    chains._put(target_groups={**chains.snapshot.target_groups, "alb-blue": replace(group, targets=())})
    assert judge(oracle, chains) == (
        100,
        "open connections through NLB nlb to ALB blue: the ALB was deregistered",
    )


@pytest.mark.fact(5)
def test_deleting_an_nlb_listener_keeps_open_connections_and_loses_new_ones():
    chains = shared_nlb(blue=1)
    oracle = watching(chains)
    lost, why = judge(oracle, chains.without("listeners", f"{arn('net', 'nlb')}:443"))
    assert lost == 100
    assert "open connections" not in why


def test_a_stale_client_counts_with_the_largest_share_it_had():
    oracle = watching(shared_nlb(blue=1))
    assert judge(oracle, shared_nlb(blue=1, green=9), 10)[0] == 0
    lost, _ = judge(oracle, shared_nlb(green=1).without_balancer("app", "blue"), 20)
    assert lost == 100


def test_a_shift_on_a_shared_alb_moves_open_connections_with_it():
    oracle = watching(shared_alb(blue=1, green=0))
    assert judge(oracle, shared_alb(blue=0, green=1).pods("pods-blue", "blue", count=0)) == (0, "")


def test_clients_lose_what_another_service_answers():
    chains = shared_nlb(blue=1)
    groups = {arn: replace(group, service="keys") for arn, group in chains.snapshot.target_groups.items()}
    oracle = watching(chains._put(target_groups=groups))
    meant = replace(groups["pods-blue"], service=PROBE.service)
    assert judge(oracle, chains._put(target_groups={**groups, "pods-blue": meant})) == (0, "")
    other = replace(meant, service="audit")
    lost, why = judge(oracle, chains._put(target_groups={**groups, "pods-blue": other}))
    assert lost == 100
    assert "requests for dkms are answered by audit" in why
    assert shares(chains) == {"blue": 100}


def test_clients_lose_an_entry_that_turns_to_tls_or_back():
    chains = shared_nlb(blue=1)
    alb = f"{arn('app', 'blue')}:443"
    plain = replace(chains.snapshot.listeners[alb], protocol="HTTP")
    oracle = watching(chains._put(listeners={**chains.snapshot.listeners, alb: plain}))
    tls = replace(plain, protocol="HTTPS")
    lost, why = judge(oracle, chains._put(listeners={**chains.snapshot.listeners, alb: tls}))
    assert lost == 100
    assert "clients speak HTTP and the ALB HTTPS" in why


# -- for all weights -----------------------------------------------------------------------------

weights = st.integers(0, 255)
states = st.sampled_from(["healthy", "initial", "unhealthy", "draining"])


@given(blue=weights, green=weights, state=states)
def test_shares_and_losses_of_new_clients_sum_to_100(blue, green, state):
    oracle = Oracle()
    oracle.ask([PROBE])
    probe = oracle.judge(route53(blue=blue, green=green, green_state=state).snapshot, 0).probes[0]
    assert sum(probe.shares.values()) + probe.lost == pytest.approx(100)


@given(blue=st.integers(1, 999), green=st.integers(0, 999))
def test_a_colour_without_a_path_gets_nothing(blue, green):
    chains = shared_nlb(blue=blue, green=green)
    broken = chains.listen("app", "green", Reply(503))
    assert set(shares(broken)) == {"blue"}
    assert shares(broken)["blue"] == pytest.approx(100 * blue / (blue + green), abs=1e-6)
