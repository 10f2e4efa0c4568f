from hypothesis import given
from hypothesis import strategies as st

from components.traffic import Colour
from rehearsal.report.bins import PER_BIN, Bin, Span, longest_run, shares, tally
from rehearsal.traffic.recording import ClientKind, Sample

OVER = Span(100, 200)
INSTANTS = st.lists(st.floats(100, 200), max_size=200)


def sample(at: float, colour: str = "blue", **other) -> Sample:
    return Sample(at, ClientKind.FRESH, "dkms", colour, 1.0, **other)


@given(INSTANTS, st.integers(1, 50))
def test_every_request_is_in_one_bin(instants: list[float], most: int) -> None:
    bins = shares([sample(at) for at in instants], OVER, most)
    assert sum(each.requests for each in bins) == len(instants)
    assert len(bins) == max(1, min(most, len(instants) // PER_BIN))
    assert (bins[0].start, bins[-1].end) == (100, 200)


@given(INSTANTS, st.integers(1, 50))
def test_every_event_is_counted_once(instants: list[float], most: int) -> None:
    assert sum(times for _, times in tally(instants, OVER, most)) == len(instants)


def test_events_before_clients_started_are_not_drawn() -> None:
    assert list(tally([99, 150, 201], OVER, 2)) == [(175, 1)]


def test_a_failure_and_an_answer_of_the_other_region_are_of_no_colour() -> None:
    samples = [sample(150), sample(150, "green"), sample(150, failure="status", status=503), sample(150, peer=True)]
    (only,) = shares(samples, OVER, 1)
    assert (only.share(Colour.BLUE), only.share(Colour.GREEN)) == (25, 25)


def test_a_bin_without_requests_has_no_share() -> None:
    assert Bin(0, 1).share(Colour.BLUE) is None


def test_a_colour_is_named_where_it_has_most_for_longest() -> None:
    bins = shares([sample(100 + at, "green" if 40 <= at < 50 or at >= 70 else "blue") for at in range(100)], OVER, 8)
    run = longest_run(bins, Colour.BLUE, 60)
    assert run is not None
    assert (bins[run[0]].start, bins[run[1]].end) == (100, 137.5)
    assert longest_run(bins, Colour.GREEN, 101) is None
