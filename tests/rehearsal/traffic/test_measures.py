import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.traffic.measures import SETTLING, Agreement, Totals, agreements, totals
from tests.rehearsal.traffic.tell import FRESH, POOLED, STUBBORN, act, call, every, sample, told


def test_totals_count_each_kind_of_client_by_itself():
    samples = [
        sample(1),
        sample(2, colour="", failure="refused", status=0),
        sample(3, colour="", failure="reset", status=0, reset=True),
        sample(4, kind=STUBBORN, colour="", peer=True),
        sample(5, kind=STUBBORN, reset=True),
    ]
    assert totals(told([], samples)) == {
        FRESH: Totals(requests=3, failed=2, reset=1, peer=0),
        STUBBORN: Totals(requests=2, failed=0, reset=1, peer=1),
    }


def test_agreement_is_about_new_clients_once_traffic_has_settled():
    settled = 110 + SETTLING
    acts = [act(1, 100, None, 500, calls=[call(105), call(110)], blue=90, green=10)]
    samples = [
        *every(1, 0, settled, "blue"),
        *every(1, settled, settled + 45, "blue"),
        *every(1, settled + 45, settled + 50, "green"),
        *every(1, settled, 500, "blue", POOLED),
        *every(1, 500, 600, "blue"),
    ]
    (found,) = agreements(told(acts, samples))
    assert found == Agreement(1, "dkms", {"blue": 90, "green": 10}, {"blue": 90, "green": 10}, 50)


def test_what_was_predicted_to_be_lost_is_observed_as_lost():
    samples = [
        *every(1, 300, 350),
        *every(1, 350, 390, "", failure="reset"),
        *every(1, 390, 400, "green", status=503, failure="status"),
    ]
    (found,) = agreements(told([act(1, 0, 1, 500, blue=50)], samples))
    assert (found.observed, found.requests, found.holds) == ({"blue": 50}, 100, True)
    (found,) = agreements(told([act(1, 0, 1, 500, blue=100)], samples))
    assert (found.off, found.holds) == (50, False)
    (found,) = agreements(told([act(1, 0, 1, 500)], every(1, 300, 350, "", failure="refused")))
    assert (found.observed, found.requests, found.holds) == ({}, 50, True)


def test_services_agree_or_not_each_by_itself():
    services = {"dkms": {"blue": 100.0}, "keys": {"green": 100.0}}
    samples = [*every(1, 300, 400), *every(1, 300, 400, service="keys")]
    dkms, keys = agreements(told([act(1, 0, 1, 500, services=services)], samples))
    assert (dkms.service, dkms.off, dkms.holds) == ("dkms", 0, True)
    assert (keys.service, keys.off, keys.holds) == ("keys", 100, False)


def test_an_act_without_settled_requests_says_nothing():
    short = act(1, 0, 1, 100, blue=100)
    before_clients = act(2, 100, 101, 500, blue=100)
    assert agreements(told([short, before_clients], every(1, 0, 100))) == []


def test_one_request_of_a_colour_that_should_have_none_is_too_many():
    found = Agreement(1, "dkms", {"green": 100}, {"blue": 0.01, "green": 99.99}, 10_000)
    assert not found.holds


def test_a_lost_service_does_not_agree_with_a_prediction_of_nothing():
    assert not Agreement(1, "dkms", {}, {"blue": 100}, 10).holds


@pytest.mark.parametrize(("requests", "within"), [(225, 10), (900, 5)])
def test_what_chance_explains(requests, within):
    assert Agreement(1, "dkms", {"blue": 50, "green": 50}, {}, requests).within == pytest.approx(within)


@given(seed=st.integers(0, 2**32), share=st.sampled_from([1, 10, 50, 90]), requests=st.sampled_from([200, 500, 2000]))
def test_requests_drawn_by_the_weights_hardly_ever_disagree(seed, share, requests):
    chance = random.Random(seed)
    green = 100 * sum(chance.random() < share / 100 for _ in range(requests)) / requests
    predicted = {"blue": 100 - share, "green": share}
    found = Agreement(1, "dkms", predicted, {"blue": 100 - green, "green": green}, requests)
    assert found.off <= 2 * found.within


@given(requests=st.integers(500, 5000), share=st.integers(20, 50))
def test_shares_swapped_disagree(requests, share):
    predicted = {"blue": 100 - share + 20, "green": share - 20}
    assert not Agreement(1, "dkms", predicted, {"blue": share - 20, "green": 120 - share}, requests).holds
