import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.traffic.shifts import Latency, _rising, shifts
from tests.rehearsal.traffic.tell import FRESH, POOLED, STREAMING, STUBBORN, act, call, every, sample, told

BLUE = act(1, 0, None, 1000, blue=100)
GREEN = act(2, 1000, 1010, 2000, green=100)


def shift(samples, *acts):
    (found,) = shifts(told(acts or (BLUE, GREEN), samples))
    return found


def test_an_act_that_moves_no_share_is_no_shift():
    again = act(2, 1000, 1010, 2000, blue=100)
    assert shifts(told([BLUE, again], every(1, 0, 2000))) == []


def test_who_leaves_who_arrives_and_how_often_aws_was_called():
    refused = act(2, 1000, None, 2000, calls=[call(1010, "Throttling"), call(1012)], green=100)
    found = shift([], BLUE, refused)
    assert (found.act, found.title, found.leaving, found.arriving) == (2, "act 2", ("blue",), ("green",))
    assert (found.complete, found.calls) == (True, 1)


def test_a_switch_moves_everything_at_once():
    found = shift([*every(2, 0, 1030, "blue"), *every(2, 1030, 2000, "green")])
    assert found.moved == {50: 20, 99: 20, 100: 20}
    assert found.tail == {FRESH: 18}


def test_a_switch_that_new_clients_see_at_once_takes_no_time():
    found = shift([*every(2, 0, 1010, "blue"), *every(2, 1010, 2000, "green")])
    assert found.moved == {50: 0, 99: 0, 100: 0}
    assert found.tail == {FRESH: 0}


def test_the_last_straggler_is_the_whole_move_but_not_99_per_cent_of_it():
    found = shift([*every(1, 0, 1050, "blue"), *every(1, 1050, 2000, "green"), sample(1500.5, "blue")])
    assert found.moved[50] == found.moved[99] == 40
    assert found.moved[100] == 1501 - 1010


def test_a_gradual_move_is_half_done_in_its_middle():
    """As clients whose answers run out one after the other, within 100 s."""
    chance = random.Random(7)
    gone = [
        sample(at, "green" if chance.random() < (at - 1010) / 100 else "blue")
        for at in (1010 + number / 5 for number in range(4950))
    ]
    found = shift([*every(1, 0, 1010, "blue"), *gone])
    assert found.moved[50] == pytest.approx(50, abs=15)
    assert 85 < found.moved[99] <= found.moved[100] <= 101


def test_a_move_that_does_not_end_in_its_act():
    found = shift([*every(1, 0, 1500, "blue"), *every(2, 1500, 2000, "green"), *every(2, 1501, 2000, "blue")])
    assert found.moved == {50: 490, 99: None, 100: None}


def test_of_a_part_only_the_half_is_told():
    canary = act(2, 1000, 1010, 2000, blue=50, green=50)
    found = shift(
        [*every(1, 0, 1100, "blue"), *every(2, 1100, 2000, "blue"), *every(2, 1101, 2000, "green")], BLUE, canary
    )
    assert not found.complete
    assert found.moved[50] == pytest.approx(90, abs=2)
    assert (found.moved[99], found.moved[100], found.tail) == (None, None, {})


def test_only_answers_to_new_clients_say_what_has_moved():
    found = shift(
        [
            *every(1, 0, 1010, "blue"),
            *every(1, 1010, 2000, "green"),
            *every(1, 1010, 1700, "blue", POOLED),
            sample(1800, "blue", peer=True),
            sample(1900, "", failure="reset"),
        ]
    )
    assert found.moved[100] == 0


def test_each_kind_of_client_has_its_own_tail():
    found = shift(
        [
            *every(1, 1010, 1130, "blue"),
            *every(1, 1130, 1500, "green"),
            *every(10, 1010, 1910, "blue", STUBBORN),
            *every(10, 1010, 1500, "green", POOLED),
        ]
    )
    assert found.tail == {FRESH: 119, POOLED: 0, STUBBORN: 890}


def test_a_stream_meets_its_colour_until_it_ends():
    found = shift([sample(1000, "blue", STREAMING, latency=2000), *every(1, 1010, 1500, "green")])
    assert found.tail == {FRESH: 0, STREAMING: 1000 + 2 * 200 - 1010}


def test_the_tail_reaches_beyond_its_act_until_the_colour_gets_traffic_again():
    later = act(3, 2000, 2010, 3000, green=100)
    back = act(4, 3000, 3010, 4000, blue=100)
    samples = [sample(2500, "blue", STUBBORN), sample(3500, "blue", STUBBORN)]
    first, second = shifts(told([BLUE, GREEN, later, back], samples))
    assert first.tail == {STUBBORN: 2500 - 1010}
    assert second.tail == {STUBBORN: 0}


def test_shares_of_two_services_move_together():
    before = act(1, 0, None, 1000, services={"dkms": {"blue": 100.0}, "keys": {"blue": 50.0, "green": 50.0}})
    after = act(2, 1000, 1010, 2000, services={"dkms": {"green": 100.0}, "keys": {"green": 100.0}})
    keys = {"service": "keys"}
    found = shift(
        [
            *every(1, 1010, 1110, "blue"),
            *every(2, 1010, 1110, "blue", **keys),
            *every(2, 1011, 1110, "green", **keys),
            *every(1, 1110, 2000, "green"),
            *every(1, 1110, 2000, "green", **keys),
        ],
        before,
        after,
    )
    assert found.moved == pytest.approx({50: 100, 99: 100, 100: 100}, abs=1)


def test_latency_is_compared_with_that_before_the_update():
    samples = [
        *every(1, 600, 700, latency=99.0),  # too long ago
        *every(1, 700, 1000, latency=2.0),
        *every(1, 1000, 1010, latency=99.0),  # while the engine works
        *every(1, 1010, 1300, "green", latency=3.0),
        *every(1, 1300, 1310, "green", latency=50.0),
        *every(1, 1310, 1400, "green", latency=99.0),  # too late
        *every(1, 700, 1310, kind=STREAMING, latency=9000.0),
    ]
    assert shift(samples).latency == {50: Latency(2.0, 3.0), 99: Latency(2.0, 50.0)}


def test_latency_of_a_few_requests_is_not_told():
    assert shift([*every(5, 700, 1000), *every(1, 1010, 1400, "green")]).latency == {}


@given(st.lists(st.tuples(st.floats(-5, 5), st.sampled_from([0.5, 1.0, 2.0])), max_size=40))
def test_the_fitted_curve_rises_and_keeps_the_sum(points):
    steps = list(_rising(points))
    assert [start for start, _ in steps] == sorted({start for start, _ in steps})
    assert all(low < high + 1e-9 for (_, low), (_, high) in pairwise(steps))
    ends = [*(start for start, _ in steps[1:]), len(points)]
    total = sum(
        height * sum(weight for _, weight in points[start:end])
        for (start, height), end in zip(steps, ends, strict=bool(steps))
    )
    assert total == pytest.approx(sum(value * weight for value, weight in points), abs=1e-6)
