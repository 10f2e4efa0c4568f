"""What both renderings say: of health, of a rehearsal, of a terminal."""

from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from components.traffic import Colour
from rollout.impact.assess import assess
from rollout.impact.model import Health, Impact, Level, Played, Verdict
from rollout.impact.terminal import ImpactView
from rollout.impact.words import facts, headline
from tests.rollout.recorded import case, impact, titles

CHECKED = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
WELL = Health(colour=Colour.GREEN, healthy=6, registered=6, zones=3, checked=CHECKED)


def shown(found: Impact, *, verbose: bool = False) -> str:
    console = Console(width=120, file=StringIO())
    with console.capture() as captured:
        console.print(ImpactView(found, verbose=verbose))
    return captured.get()


def test_the_headline_counts_warnings() -> None:
    assert headline(impact("shared-nlb-no-change")) == "prod-bj: nothing changes (blue 100) — safe to apply"
    assert headline(impact("shared-nlb-as-is-to-to-be")) == "prod-bj: traffic stays at blue 100 — safe to apply"
    assert headline(impact("route53-new-stack")) == "qa-nx: a new stack, blue 100 — safe to apply"
    assert headline(impact("shared-nlb-canary-and-more")).endswith("— safe to apply, with 1 warning")


def test_healthy_receivers_are_said() -> None:
    found = assess(case("shared-nlb-canary"), health=[WELL])
    assert found.verdict is Verdict.SAFE
    assert "Receiver green: 6 of 6 targets healthy in 3 zones (checked 14:02 UTC)." in list(facts(found))


def test_ill_receivers_block() -> None:
    ill = WELL.model_copy(update={"healthy": 4, "states": ("10.0.0.7 is unhealthy (Health checks failed)",)})
    found = assess(case("shared-nlb-canary"), health=[ill])
    assert titles(found, Level.BLOCKED) == ["green is to get traffic, and 2 of its 6 targets are not healthy"]
    assert "10.0.0.7 is unhealthy" in found.risks[0].consequence
    nobody = assess(case("shared-nlb-canary"), health=[WELL.model_copy(update={"healthy": 0, "registered": 0})])
    assert titles(nobody, Level.BLOCKED) == ["green is to get traffic, and has no target"]


def test_health_that_is_not_known_is_said_where_it_matters() -> None:
    told = list(facts(assess(case("shared-nlb-canary"), not_checked="no credentials")))
    assert "Receivers' health: not checked (no credentials)." in told
    assert not list(facts(assess(case("shared-nlb-no-change"), not_checked="no credentials")))


def test_a_rehearsal_is_quoted() -> None:
    well = Played(calls=1, lost=0, replay="bluegreen rehearse prod-bj --from main -v")
    told = list(facts(assess(case("shared-nlb-canary"), played=well)))
    assert "Rehearsed on the embedded AWS: 1 call, 0 % of traffic lost after it." in told
    sent = well.model_copy(update={"requests": 900})
    told = list(facts(assess(case("shared-nlb-canary"), played=sent)))
    assert "Rehearsed on the embedded AWS: 1 call, 0 % of traffic lost after it; 900 requests, 0 failed." in told


def test_a_rehearsal_that_lost_or_failed_blocks() -> None:
    lost = Played(calls=9, lost=33.4, first_loss="after DeleteListener", reasons=("no listener",), replay="again")
    found = assess(case("shared-nlb-canary"), played=lost)
    assert titles(found, Level.BLOCKED) == ["in the rehearsal 33.4 % of the traffic was lost"]
    assert found.risks[0].consequence == "after DeleteListener; no listener"
    some = Played(calls=1, lost=0, requests=900, failed=2, replay="again")
    assert titles(assess(case("shared-nlb-canary"), played=some), Level.BLOCKED) == [
        "in the rehearsal 2 of 900 requests failed"
    ]
    failed = assess(case("shared-nlb-canary"), played=Played(calls=0, lost=0, error="refused\nmore", replay="again"))
    assert titles(failed, Level.BLOCKED) == ["in the rehearsal the update failed"]


def test_a_terminal_shows_the_diff_when_asked() -> None:
    found = impact("shared-nlb-canary")
    assert "1 to update: shown with -v" in shown(found)
    assert "targetGroups[0].weight: 90" not in shown(found)
    assert "targetGroups[0].weight: 90" in shown(found, verbose=True)


def test_a_terminal_says_risks_with_their_way_out() -> None:
    text = shown(impact("shared-nlb-retire-with-switch"))
    assert text.startswith("dev-nx: BLOCKED — blue is deleted in the update that takes its traffic")
    assert "→ Do it in two updates" in text
    assert "a[b]" in shown(impact("shared-nlb-switch").model_copy(update={"stack": "a[b]"}))
