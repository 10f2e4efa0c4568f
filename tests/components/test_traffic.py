import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.traffic import Colour, Weights, record_order, shift_steps

weights = st.integers(0, 100).map(lambda blue: Weights(blue=blue, green=100 - blue))


@given(weights)
@pytest.mark.fact(24)
def test_forward_lists_only_live_colours_and_sums_to_100(given_weights: Weights) -> None:
    assert sum(given_weights.forward.values()) == 100
    assert all(weight > 0 for weight in given_weights.forward.values())
    assert set(given_weights.forward) == set(given_weights.live)


@given(weights, weights)
def test_two_records_are_never_both_zero(before: Weights, after: Weights) -> None:
    first, second = record_order(after)
    between = {first: after[first], second: before[second]}
    assert sum(between.values()) > 0
    assert {first, second} == set(Colour)


@given(weights, st.sampled_from(Colour), st.sets(st.integers(1, 99)))
def test_a_shift_rises_without_a_step_back_and_ends_at_100(now: Weights, to: Colour, some: set[int]) -> None:
    passed = shift_steps(now, to, sorted(some | {100}))
    shares = [step[to] for step in passed]
    assert shares == sorted(set(shares))
    assert all(share > now[to] for share in shares)
    assert now[to] == 100 or shares[-1] == 100


def test_default_steps_from_the_start_and_from_the_middle() -> None:
    assert [step.green for step in shift_steps(Weights.all_to(Colour.BLUE), Colour.GREEN)] == [1, 5, 25, 50, 100]
    assert [step.blue for step in shift_steps(Weights(blue=25, green=75), Colour.BLUE)] == [50, 100]


@pytest.mark.parametrize("steps", [(), (100, 50), (50,), (0, 100), (10, 10, 100), (50, 101)])
def test_steps_that_do_not_rise_to_100_are_refused(steps: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="do not rise to 100"):
        shift_steps(Weights.all_to(Colour.BLUE), Colour.GREEN, steps)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"blue": 90, "green": 20}, "blue 90 \\+ green 20 is 110; weights are whole per cents that sum to 100"),
        ({"blue": 110, "green": -10}, "green is -10; weights are whole per cents from 0 to 100"),
        ({"blue": 99.5, "green": 0.5}, "blue is 99.5; weights are whole per cents"),
        ({"blue": True, "green": 99}, "blue is True"),
        ({"blue": "90", "green": 10}, "blue is '90'"),
        ({"blue": 50, "red": 50}, "'red' is not a colour"),
        ({}, "blue 0 \\+ green 0 is 0"),
    ],
)
def test_wrong_weights_are_named(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Weights.parse(wrong)


def test_a_colour_left_out_has_nothing() -> None:
    assert Weights.parse({"green": 100}) == Weights.all_to(Colour.GREEN)
    assert str(Weights(blue=90, green=10)) == "blue 90 · green 10"
