from collections.abc import Sequence

from rehearsal.report.figures import Figures
from rehearsal.report.verdict import verdict
from rehearsal.traffic.measures import Agreement
from rehearsal.traffic.recording import ClientKind, Recording

GAP = "\N{NO-BREAK SPACE}"


def texts(figures: Sequence[Figures]) -> list[str]:
    return [finding.text.replace(GAP, " ") for finding in verdict(figures).findings]


def test_nothing_failed(figures: list[Figures]) -> None:
    said = verdict(figures)
    assert said.headline.replace(GAP, " ") == "None of 75 900 requests failed"
    assert said.good
    assert not said.findings


def test_what_failed_comes_first_and_most_of_it_first_of_all(failing: Recording, figures: list[Figures]) -> None:
    few = failing.model_copy(update={"samples": failing.samples[: len(failing.samples) - 200], "stack": "qa-nx"})
    said = verdict([figures[1], Figures(few), Figures(failing)])
    assert not said.good
    failed = [sum(1 for sample in each.samples if sample.failure) for each in (few, failing)]
    assert said.headline.replace(GAP, " ").startswith(f"{sum(failed)} of ")
    told = texts([figures[1], Figures(few), Figures(failing)])
    assert told[0].startswith(f"shared-nlb, prod-bj: {failed[1]} requests failed (")
    assert told[1].startswith(f"shared-nlb, qa-nx: {failed[0]} requests failed (")
    assert ", act 3, canary 10: " in told[0]
    assert "no answer in time" in told[0]


def test_the_oracle_saw_a_loss(recordings: list[Recording]) -> None:
    acts = list(recordings[0].acts)
    acts[4] = acts[4].model_copy(update={"lost": 12.5})
    given = [Figures(recordings[0].model_copy(update={"acts": tuple(acts)}))]
    assert verdict(given).headline.endswith("failed, but the oracle saw traffic lost")
    assert not verdict(given).good
    assert texts(given) == ["shared-nlb, prod-bj: the oracle saw 12.5 % of traffic lost in act 5, all to green"]


def test_requests_went_to_the_other_region(recordings: list[Recording]) -> None:
    samples = list(recordings[0].samples)
    place = next(place for place, sample in enumerate(samples) if sample.kind is ClientKind.STUBBORN)
    samples[place] = samples[place]._replace(peer=True)
    given = [Figures(recordings[0].model_copy(update={"samples": tuple(samples)}))]
    assert verdict(given).headline.endswith("failed, but 1 went to Ningxia")
    assert not verdict(given).good
    assert texts(given) == ["shared-nlb, prod-bj: 1 request went to Ningxia"]


def test_clients_met_something_else_than_the_oracle_said(recordings: list[Recording]) -> None:
    given = Figures(recordings[0])
    given.__dict__["agreements"] = [
        Agreement(3, "dkms", {"blue": 90.0, "green": 10.0}, {"blue": 50.0, "green": 50.0}, 400),
        Agreement(4, "dkms", {"blue": 50.0, "green": 50.0}, {"blue": 51.0, "green": 49.0}, 400),
    ]
    assert texts([given]) == [
        "shared-nlb, prod-bj: act 3, dkms: the oracle said blue 90 % · green 10 %, "
        "clients met blue 50 % · green 50 % in 400 requests"
    ]


def test_a_machine_that_could_not_keep_up_is_told(recordings: list[Recording]) -> None:
    given = [Figures(recordings[0].model_copy(update={"samples": recordings[0].samples[::3]}))]
    assert verdict(given).good
    assert texts(given)[-1].startswith("shared-nlb, prod-bj: 167 requests/s were sent of the 500 that were asked for")
