"""How a case is judged, on a stage of cardboard; and what is told of it."""

from collections import Counter
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from components.traffic import Colour, Weights
from rehearsal.aws import Call
from rehearsal.aws.wire import Checkpoint
from rehearsal.engine import Operation, Result, Step
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Urn
from rehearsal.oracle import ProbeVerdict, Verdict
from rehearsal.oracle.state import Snapshot
from rehearsal.prove.cases import named
from rehearsal.prove.judge import misled, shape
from rehearsal.prove.model import Case, Ending, Finding, Group, Mode, Proof, counted
from rehearsal.prove.mutants import MUTANTS, Mutant, patches, shown_in
from rehearsal.prove.mutants.play import caught
from rehearsal.prove.page import render
from rehearsal.prove.play import Straight, Take
from rehearsal.prove.screen import ProofScreen
from rehearsal.prove.stage import Update
from rehearsal.prove.transitions import adoption_of, tree_of

CASE = Case(stack="prod-bj", transition="canary-10", mode=Mode.KILLED, at="ModifyListener.1")
ENTRY = ResourceState(urn=Urn("urn:pulumi:s::p::aws:lb/listener:Listener::entry"), custom=True)


def verdict(lost: float) -> Verdict:
    return Verdict(
        at=0, watching=True, probes=(ProbeVerdict(service="dkms", shares={"blue": 100}, lost=lost, reasons=("gone",)),)
    )


def result(*ops: Operation, error: str | None = None) -> Result:
    steps = (Step(op=op, urn=ENTRY.urn, type=ENTRY.type, name="entry") for op in ops)
    return Result(steps=tuple(steps), outputs={}, error=error)


def take(*, lost: float = 0, ran: Result, known: list[ResourceState]) -> Take:
    """A case that lost so much at its worst, and left the state like this."""
    aws: Any = SimpleNamespace(advance=lambda _seconds: verdict(0), snapshot=Snapshot)
    stage: Any = SimpleNamespace(aws=aws, engine=SimpleNamespace(state=known))
    asked: Any = SimpleNamespace(state=[ENTRY])
    straight: Any = Straight(
        transition=SimpleNamespace(config=SimpleNamespace(services={}, weights=Weights.all_to(Colour.BLUE))),
        start=asked,
        update=SimpleNamespace(result=result(Operation.UPDATE)),
        calls=[],
        checkpoints=[],
        verdict=verdict(0),
        end=asked,
        shape=shape(Snapshot()),
    )
    return Take(stage, straight, verdicts=[verdict(lost)], results=[ran])


FINE, REPLACED = result(Operation.UPDATE), result(Operation.REPLACE)
FAILED = result(error="it exists")


@pytest.mark.parametrize(
    ("taken", "ended", "ending"),
    [
        (take(ran=FINE, known=[ENTRY]), Ending.HELD, Ending.HELD),
        (take(ran=FINE, known=[ENTRY]), Ending.REPAIRED, Ending.REPAIRED),
        (take(ran=FINE, known=[]), Ending.HELD, Ending.STUCK),
        (take(ran=FAILED, known=[ENTRY]), None, Ending.STUCK),
        (take(ran=REPLACED, known=[ENTRY]), Ending.HELD, Ending.STRAYED),
        (take(ran=REPLACED, known=[ENTRY], lost=10), Ending.HELD, Ending.LOST),
    ],
)
def test_the_worst_that_is_true_is_said(taken: Take, ended: Ending | None, ending: Ending) -> None:
    assert taken.judged(CASE, ended).ending is ending


def test_what_the_event_itself_costs_is_not_the_updates_doing() -> None:
    assert take(ran=FINE, known=[ENTRY], lost=10).judged(CASE, Ending.STOPPED, allowed=10).ending is Ending.STOPPED
    found = take(ran=FINE, known=[ENTRY], lost=50).judged(CASE, Ending.STOPPED, allowed=10)
    assert (found.ending, found.lost, found.allowed, found.why) == (Ending.LOST, 50, 10, ("gone",))


LOST = Finding(
    case=CASE,
    ending=Ending.LOST,
    number=1,
    call="ModifyListener: listener <b>nlb</b>:443 → blue [90]",
    lost=90,
    why=("the ALB was deleted",),
    asked=("+ weights.green: 10",),
)
HELD = Finding(case=CASE.model_copy(update={"mode": Mode.LATER}), ending=Ending.HELD)
REPAIRED = Finding(case=CASE.model_copy(update={"mode": Mode.UNHEARD}), ending=Ending.REPAIRED)
HELD = HELD.model_copy(update={"left": ("CreateRole: create role / dkms, arn:aws-cn:iam::1:role/dkms",)})
PROOF = Proof(sample=2, seed=7).with_findings("prod-bj", "canary-10", 1, [HELD, LOST, REPAIRED])


def test_the_screen_says_what_was_found_and_how_to_play_it_again() -> None:
    from rehearsal.prove.workers import Explored

    console = Console(file=StringIO(), width=160)
    screen = ProofScreen(console)
    screen.tell(Explored("prod-bj", "canary-10", 1, PROOF.findings), PROOF)
    screen.closing(PROOF)
    told = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (
        "at call 1, ModifyListener: listener <b>nlb</b>:443 → blue [90]",
        "90 % of traffic lost; the event itself costs 0 %",
        "the ALB was deleted",
        "bluegreen prove --case prod-bj/canary-10/killed/ModifyListener.1",
        "2 (1 lost)",
        "3 cases at 1 AWS calls of 1 transitions, at most 2 of each kind for a stack, seed 7: ",
        "1 held, 1 repaired, 1 lost",
        "known to no state and without traffic, in all cases together: 1 by CreateRole",
    ):
        assert words in told
    assert told.count("play it again") == 1


def test_the_page_says_the_same_and_escapes_it() -> None:
    page = render(PROOF)
    assert "1 case not as it should be" in page
    assert "&lt;b&gt;nlb&lt;/b&gt;" in page
    assert LOST.replay in page
    assert "2 (1 lost)" in page
    assert "In all cases together: 1 by CreateRole." in page
    good = render(Proof().with_findings("prod-bj", "canary-10", 1, [HELD]))
    assert "Nothing was lost, and all came to what was asked" in good


def test_a_mistake_is_caught_for_its_own_reason_and_no_other() -> None:
    one = Mutant("m", "does it", "canary-10", frozenset(), ((Ending.LOST, "gone"), (Ending.STUCK, "ResourceInUse")))
    made = Finding(
        case=CASE.model_copy(update={"mode": Mode.MUTANT, "at": "m"}), ending=Ending.LOST, why=("a", "is gone")
    )
    found = caught(one, made)
    assert (found.ending, found.call, found.why) == (Ending.CAUGHT, "does it", ("lost: is gone",))
    for ending, why in ((Ending.STUCK, "is gone"), (Ending.STUCK, "Program failed"), (Ending.HELD, "")):
        missed = caught(one, made.model_copy(update={"ending": ending, "why": (why,)}))
        assert missed.ending is Ending.MISSED
        assert not missed.ending.fine
        assert "this was to be lost, by “gone” or stuck, by “ResourceInUse”, and ended as" in missed.why[0]
    console = Console(file=StringIO(), width=160)
    ProofScreen(console).closing(Proof(findings=(missed, found)))
    told = console.file.getvalue()  # type: ignore[attr-defined]
    assert "caught  m: does it\n          in prod-bj canary-10, lost: is gone" in told
    assert "missed  m: does it\n" in told
    assert "Mistakes made on purpose" in render(Proof(findings=(found,)))


def test_every_mutant_shows_in_a_transition_and_has_its_patch() -> None:
    for name in ("prod-bj", "qa-nx", "qa-bj"):
        tree = tree_of(name)
        shown = shown_in(tree.script.config)
        assert set(shown) <= {each.name for each in (*tree.transitions, *adoption_of(name).transitions)}
    every = {each.name.replace("-", "_") for each in MUTANTS}
    assert every == set(patches.__all__)
    assert all(each.topologies and each.caught for each in MUTANTS)


def test_what_gets_other_shares_than_asked_is_told() -> None:
    config: Any = SimpleNamespace(
        services={"keys": SimpleNamespace(weights=Weights(blue=0, green=100))}, weights=Weights(blue=90, green=10)
    )

    def given(service: str, **shares: float) -> list[str]:
        probe = ProbeVerdict(service=service, shares=shares, lost=0)
        return misled(Verdict(at=0, watching=True, probes=(probe,)), config)

    assert given("dkms", blue=90, green=10) == given("keys", green=100) == []
    assert given("dkms", blue=10, green=90) == ["dkms: asked for blue 90 · green 10, and gets blue 10 · green 90"]
    assert given("dkms") == ["dkms: asked for blue 90 · green 10, and gets nothing"]
    assert given("keys", blue=90, green=10) == ["keys: asked for green 100, and gets blue 90 · green 10"]


@pytest.mark.parametrize(("written", "alike"), [((0.5,), True), ((0.5, 1.5), False)])
def test_to_be_killed_later_is_another_case_only_where_something_was_written_down(
    written: tuple[float, ...], alike: bool
) -> None:
    calls = named(
        [
            Call(number=number, at=0, service="s", operation="Tag", summary=str(number), verdict=verdict(0))
            for number in (1, 2)
        ]
    )
    update = Update(FINE, (), tuple((at, [ENTRY]) for at in written), ())
    checkpoints = [Checkpoint(call=number, at=number, port=1) for number in (1, 2)]
    nothing: Any = None
    straight = Straight(nothing, nothing, update, calls, checkpoints, verdict(0), nothing, shape(Snapshot()))
    assert straight.killed_alike(calls[0].name) is alike


def test_what_is_wrong_comes_worst_first() -> None:
    stuck = HELD.model_copy(update={"ending": Ending.STUCK})
    proof = Proof().with_findings("prod-bj", "canary-10", 1, [stuck, LOST, HELD])
    assert proof.wrong == [LOST, stuck]
    assert Counter(each.case.mode.group for each in proof.of("prod-bj", "canary-10", Group.CRASH)) == {Group.CRASH: 3}
    assert counted([]) == ""
    assert Proof.model_validate_json(proof.model_dump_json()) == proof
