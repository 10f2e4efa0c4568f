from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.oracle.routing import answers
from rehearsal.oracle.state import Forward, Record
from rehearsal.traffic.route53 import ALIAS_TTL, Answer, Cname, answer
from tests.rehearsal.chains import NAME, Chains, arn, chain, route53

BLUE, GREEN = arn("net", "nlb-blue"), arn("net", "nlb-green")


def shares(chains: Chains, name: str = NAME, draws: int = 1000) -> dict[str, float]:
    found = Counter(answer(chains.snapshot, name, draw / draws).balancer for draw in range(draws))
    return {balancer: count / draws for balancer, count in found.items()}


def evaluating(chains: Chains) -> Chains:
    """Let every record evaluate the health of its target."""
    return chains._put(records=tuple(replace(record, evaluate_health=True) for record in chains.snapshot.records))


def with_targets(chains: Chains, group: str, **changes) -> Chains:
    groups = chains.snapshot.target_groups
    targets = tuple(replace(target, **changes) for target in groups[group].targets)
    return chains._put(target_groups={**groups, group: replace(groups[group], targets=targets)})


@given(blue=st.integers(0, 255), green=st.integers(0, 255))
def test_where_all_is_well_the_oracle_reads_the_same_shares(blue, green):
    chains = evaluating(route53(blue=blue, green=green))
    expected = answers(chains.snapshot, NAME)
    found = shares(chains)
    for balancer in (BLUE, GREEN):
        assert found.get(balancer, 0) == pytest.approx(expected.get(balancer, 0), abs=0.002)


@pytest.mark.parametrize(("blue", "green"), [(100, 0), (0, 0), (90, 10)])
@pytest.mark.fact(31)
def test_an_unhealthy_record_is_left_out_whatever_its_weight(blue, green):
    chains = with_targets(evaluating(route53(blue=blue, green=green)), "alb-blue", state="unhealthy")
    assert shares(chains) == {GREEN: 1}


@pytest.mark.fact(31)
def test_weight_0_does_not_answer_while_another_record_is_healthy():
    assert shares(evaluating(route53(blue=100, green=0))) == {BLUE: 1}


def test_when_none_is_healthy_all_count_as_healthy():
    chains = evaluating(route53(blue=90, green=10))
    for group in ("alb-blue", "alb-green"):
        chains = with_targets(chains, group, state="unhealthy")
    assert shares(chains) == {BLUE: 0.9, GREEN: 0.1}


def test_without_evaluation_health_is_not_asked_for():
    assert shares(with_targets(route53(blue=100, green=0), "alb-blue", state="unhealthy")) == {BLUE: 1}


@pytest.mark.parametrize("what", ["an empty target group", "no listener", "deleted", "one of two groups unhealthy"])
def test_what_makes_a_load_balancer_unhealthy(what):
    chains = evaluating(route53(blue=100, green=0))
    if what == "an empty target group":
        groups = chains.snapshot.target_groups
        chains._put(target_groups={**groups, "alb-blue": replace(groups["alb-blue"], targets=())})
    elif what == "no listener":
        chains.without("listeners", f"{BLUE}:443")
    elif what == "deleted":
        chains.without_balancer("net", "nlb-blue")
    else:
        chains.listen("net", "nlb-blue", Forward({"alb-blue": 1, "alb-green": 1}))
        with_targets(chains, "alb-green", state="initial")
        chain(chains, "red").nlb("nlb-green", Forward({"alb-red": 1}))
    assert shares(chains) == {GREEN: 1}


def test_a_load_balancer_answers_to_its_own_names_and_before_it_is_active():
    chains = route53(blue=1, green=1)
    balancers = chains.snapshot.load_balancers
    chains._put(load_balancers={**balancers, BLUE: replace(balancers[BLUE], active=False)})
    for name in ("nlb-blue.elb", "NLB-Blue.elb.", "dualstack.nlb-blue.elb"):
        assert answer(chains.snapshot, name, 0.5) == Answer(balancer=BLUE, ttl=ALIAS_TTL)


def test_a_cname_is_followed_and_its_steps_are_told():
    chains = route53(blue=None, green=None)
    chains._put(
        records=(
            Record("a.example.com", ("b.example.com.",), type="CNAME", ttl=300),
            Record("b.example.com", ("nlb-blue.elb",), type="CNAME", ttl=20),
        )
    )
    names = (Cname("a.example.com", "b.example.com", 300), Cname("b.example.com", "nlb-blue.elb", 20))
    assert answer(chains.snapshot, "a.example.com", 0) == Answer(names, BLUE, ALIAS_TTL)


def test_an_alias_of_another_name_takes_its_shares_and_its_health():
    chains = evaluating(route53(blue=50, green=50))
    alias = Record("www.example.com", (NAME,), evaluate_health=True, weight=1, set_identifier="a")
    spare = Record("www.example.com", ("nlb-green.elb",), weight=0, set_identifier="b")
    chains._put(records=(*chains.snapshot.records, alias, spare))
    assert shares(chains, "www.example.com") == {BLUE: 0.5, GREEN: 0.5}
    with_targets(chains, "alb-blue", state="unhealthy")
    assert answer(chains.snapshot, "www.example.com", 0) == Answer(balancer=GREEN)
    with_targets(chains, "alb-green", state="unhealthy")
    # The alias has no healthy record behind it, so the one of weight 0 answers.
    assert shares(chains, "www.example.com") == {GREEN: 1}


def test_names_without_an_address():
    circle = (
        Record("a.example.com", ("b.example.com",), type="CNAME"),
        Record("b.example.com", ("a.example.com",), type="CNAME"),
    )
    other = Record("c.example.com", ("nlb-blue.elb",), type="AAAA")
    chains = route53(blue=1, green=None)._put(records=(*circle, other))
    assert answer(chains.snapshot, "a.example.com", 0).balancer == ""
    assert answer(chains.snapshot, "c.example.com", 0) == Answer()
    assert answer(chains.snapshot, "d.example.com", 0) is None
