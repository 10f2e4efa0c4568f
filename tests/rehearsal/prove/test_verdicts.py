"""How a case is judged, on a stage of cardboard; and what is told of it."""

from collections import Counter
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from rehearsal.engine import Operation, Result, Step
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Urn
from rehearsal.oracle import ProbeVerdict, Verdict
from rehearsal.oracle.state import Snapshot
from rehearsal.prove.judge import shape
from rehearsal.prove.model import Case, Ending, Finding, Group, Mode, Proof, counted
from rehearsal.prove.page import render
from rehearsal.prove.play import Straight, Take
from rehearsal.prove.screen import ProofScreen

CASE = Case(stack="prod-bj", transition="canary-10", mode=Mode.KILLED, at="ModifyListener.1")
ENTRY = ResourceState(urn=Urn("urn:pulumi:s::p::aws:lb/listener:Listener::entry"), custom=True)


def verdict(lost: float) -> Verdict:
    return Verdict(at=0, watching=True, probes=(ProbeVerdict(service="dkms", shares={}, lost=lost, reasons=("gone",)),))


def result(*ops: Operation, error: str | None = None) -> Result:
    steps = (Step(op=op, urn=ENTRY.urn, type=ENTRY.type, name="entry") for op in ops)
    return Result(steps=tuple(steps), outputs={}, error=error)


def take(*, lost: float = 0, ran: Result, known: list[ResourceState]) -> Take:
    """A case that lost so much at its worst, and left the state like this."""
    aws: Any = SimpleNamespace(advance=lambda _seconds: verdict(0), snapshot=Snapshot)
    stage: Any = SimpleNamespace(aws=aws, engine=SimpleNamespace(state=known))
    asked: Any = SimpleNamespace(state=[ENTRY])
    straight: Any = Straight(
        transition=Any,
        start=asked,
        update=SimpleNamespace(result=result(Operation.UPDATE)),
        calls=[],
        checkpoints=[],
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
    ):
        assert words in told
    assert told.count("play it again") == 1


def test_the_page_says_the_same_and_escapes_it() -> None:
    page = render(PROOF)
    assert "1 case not as it should be" in page
    assert "&lt;b&gt;nlb&lt;/b&gt;" in page
    assert LOST.replay in page
    assert "2 (1 lost)" in page
    good = render(Proof().with_findings("prod-bj", "canary-10", 1, [HELD]))
    assert "Nothing was lost, and all came to what was asked" in good


def test_what_is_wrong_comes_worst_first() -> None:
    stuck = HELD.model_copy(update={"ending": Ending.STUCK})
    proof = Proof().with_findings("prod-bj", "canary-10", 1, [stuck, LOST, HELD])
    assert proof.wrong == [LOST, stuck]
    assert Counter(each.case.mode.group for each in proof.of("prod-bj", "canary-10", Group.CRASH)) == {Group.CRASH: 3}
    assert counted([]) == ""
    assert Proof.model_validate_json(proof.model_dump_json()) == proof
