import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.gates.model import Healthy
from components.gates.rules import AlarmState, Target, gains, over_first_step, problems, too_few_healthy
from components.traffic import Colour, Weights

BLUE, GREEN = Colour.BLUE, Colour.GREEN
percents = st.integers(0, 100)


def targets(**states: str) -> list[Target]:
    """Targets by zone: `a="hhu"` are two healthy ones and one that is not."""
    words = {"h": "healthy", "u": "unhealthy", "i": "initial", "d": "draining"}
    return [
        Target(f"{zone}{n}", zone, words[each], "told") for zone, all_ in states.items() for n, each in enumerate(all_)
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "short"),
    [
        (targets(a="hh", b="hh"), Healthy(), []),
        (targets(a="hu", b="hh"), Healthy(), []),
        (targets(a="huu", b="hh"), Healthy(), ["dkms has 1 of 3 targets healthy in a, and needs 2"]),
        (
            targets(a="uu", b="ii"),
            Healthy(),
            ["dkms has 0 of 2 targets healthy in a", "dkms has 0 of 2 targets healthy in b"],
        ),
        (targets(a="hu"), Healthy(per_zone=2, share=0), ["dkms has 1 of 2 targets healthy in a, and needs 2"]),
        (targets(a="hhu"), Healthy(per_zone=1, share=100), ["dkms has 2 of 3 targets healthy in a, and needs 3"]),
        (targets(a="hd"), Healthy(share=100), []),
        (targets(a="d"), Healthy(), ["dkms has no targets"]),
        ([], Healthy(), ["dkms has no targets"]),
        ([], Healthy(per_zone=0, share=0), []),
        (targets(a="u"), Healthy(per_zone=0, share=0), []),
        ([Target("alb", "", "healthy")], Healthy(per_zone=3), []),
        ([Target("alb", "", "initial", "told")], Healthy(), ["dkms has 0 of 1 targets healthy, and needs 1"]),
    ],
)
def test_healthy_targets_are_counted_by_zone(found: list[Target], wanted: Healthy, short: list[str]) -> None:
    said = [*too_few_healthy("dkms", found, wanted)]
    assert len(said) == len(short)
    assert all(text.startswith(start) for text, start in zip(said, short, strict=True))


def test_what_is_short_names_the_targets_and_their_reasons() -> None:
    (said,) = too_few_healthy("green: dkms", targets(a="uhi"), Healthy(share=100))
    assert said.splitlines()[1:] == ["    a0 is unhealthy: told", "    a2 is initial: told"]


@pytest.mark.parametrize(
    ("before", "green", "most", "refused"),
    [
        ({BLUE: 100}, 25, 25, None),
        ({BLUE: 100}, 26, 25, GREEN),
        ({BLUE: 90, GREEN: 10}, 100, 25, None),
        ({GREEN: 100}, 0, 25, BLUE),
        ({GREEN: 100}, 0, 100, None),
        ({None: 100}, 100, 25, GREEN),  # what served before is not of this program
        ({}, 100, 25, None),  # nobody has traffic yet
        ({BLUE: 0, GREEN: 0}, 100, 25, None),
    ],
)
def test_only_a_rise_from_nothing_is_limited(
    before: dict[Colour | None, int], green: int, most: int, refused: Colour | None
) -> None:
    assert over_first_step(before, Weights(blue=100 - green, green=green), most) is refused


@given(percents, percents)
def test_the_colour_that_gets_more_gains_and_no_other(before: int, after: int) -> None:
    found = gains({BLUE: 100 - before, GREEN: before}, Weights(blue=100 - after, green=after))
    assert found == ((GREEN,) if after > before else (BLUE,) if after < before else ())


def test_what_counts_is_the_share_and_not_the_weight() -> None:
    half_applied = {BLUE: 90, GREEN: 0}
    assert gains(half_applied, Weights(blue=90, green=10)) == (GREEN,)


ON, OFF, SILENT = (AlarmState(word, word, f"{word} because") for word in ("ALARM", "OK", "INSUFFICIENT_DATA"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "on_before", "over", "silence_fails", "said"),
    [
        ([OFF], set(), True, True, []),
        ([ON], set(), False, True, ["alarm ALARM is on: ALARM because"]),
        ([ON], {"ALARM"}, True, True, []),
        ([SILENT], set(), False, True, []),
        ([SILENT], set(), True, True, ["alarm INSUFFICIENT_DATA has no data: INSUFFICIENT_DATA because"]),
        ([SILENT], set(), True, False, []),
        ([ON], set(), True, False, ["alarm ALARM is on: ALARM because"]),
    ],
)
def test_what_fails_a_bake(
    states: list[AlarmState], on_before: set[str], over: bool, silence_fails: bool, said: list[str]
) -> None:
    names = [each.name for each in states]
    assert [*problems(names, states, on_before, over=over, silence_fails=silence_fails)] == said


def test_an_alarm_that_is_gone_fails_a_bake() -> None:
    (said,) = problems(["OK", "other"], [OFF], frozenset(), over=False, silence_fails=False)
    assert said.startswith("alarm other is gone")
