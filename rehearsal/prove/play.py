"""Plays one case: back to its moment, what goes wrong there, and the same update again."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from rehearsal.aws import Call
from rehearsal.aws.wire import DENIED, GENERATED, Checkpoint, Trouble, TroubleKind
from rehearsal.engine import Result
from rehearsal.engine.state import ResourceState
from rehearsal.oracle import Verdict
from rehearsal.prove.cases import WRITTEN, Named
from rehearsal.prove.judge import differences, left_behind, misled, shape, strayed
from rehearsal.prove.model import Case, Ending, Finding, Mode
from rehearsal.prove.stage import Moment, Stage, Update
from rehearsal.prove.transitions import Transition
from rehearsal.story import SETTLE

__all__ = ["Straight", "Take", "crash", "fault"]

_AWAY = 60
"""Seconds until somebody runs the update again."""
_REPAIRS = 4
"""Times that somebody repairs the state and runs the update again, before it counts as stuck."""


@dataclass(frozen=True)
class Straight:
    """A transition with nothing wrong, from which its cases set out."""

    transition: Transition
    start: Moment
    update: Update
    calls: Sequence[Named]
    checkpoints: Sequence[Checkpoint]
    """After each call, and each change in a cluster that followed it."""
    verdict: Verdict
    """The oracle's word once it had settled."""
    end: Moment
    shape: Counter[str]
    """How traffic is led in the end."""
    costs: dict[Mode, float] = field(default_factory=dict[Mode, float])
    """What an event costs the stack at rest, once that has been tried."""

    def call(self, name: str) -> Named | None:
        """Find a call by its name."""
        return next((each for each in self.calls if each.name == name), None)

    def place(self, name: str) -> int:
        """Find the place of a call, from 0; -1 where nothing is called."""
        return next((place for place, each in enumerate(self.calls) if each.name == name), -1)

    @property
    def written(self) -> Sequence[str]:
        """Name each time that the state was written down, where nothing is called, as by an import."""
        return () if self.calls else [f"{WRITTEN}.{place}" for place in range(1, len(self.update.saved))]

    def killed(self, name: str, *, later: bool) -> tuple[Moment, set[str]]:
        """How things are when the engine is killed at a call, and what it was doing then.

        `later` is once it has written down what came of the call, just before the next one takes effect.
        """
        if name in self.written:
            return Moment(self.start.checkpoint, self.update.saved[1 + self.written.index(name)][1]), set()
        number = self.calls[self.place(name)].call.number
        since = [each for each in self.checkpoints if each.call == number]
        checkpoint, at = since[0], since[0].at
        if later:
            checkpoint = since[-1]
            at = next((each.at for each in self.checkpoints if each.call > number), float("inf"))
        return Moment(checkpoint, self.update.known(at)), self.update.pending(at)

    def killed_alike(self, name: str) -> bool:
        """Whether to be killed later is the same, because nothing was written down between a call and the next."""
        if not self.calls:
            return False
        (here, doing), (later, doing_later) = (self.killed(name, later=later) for later in (False, True))
        return here.checkpoint is later.checkpoint and here.state is later.state and doing == doing_later

    def finding(
        self, case: Case, ending: Ending, lost: float = 0, allowed: float = 0, why: Sequence[str] = ()
    ) -> Finding:
        """Say what a case has shown."""
        at = self.call(case.at)
        return Finding(
            case=case,
            ending=ending,
            number=1 + self.calls.index(at) if at else 0,
            call=f"{at.call.operation}: {at.call.summary}" if at else "",
            lost=lost,
            allowed=allowed,
            why=tuple(why),
        )


@dataclass
class Take:
    """What has happened in a case so far."""

    stage: Stage
    straight: Straight
    calls: list[Call] = field(default_factory=list[Call])
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    results: list[Result] = field(default_factory=list[Result])

    def back_to(self, moment: Moment) -> None:
        """Be as at a moment."""
        self.verdicts.append(self.stage.put_back(moment))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.verdicts.append(self.stage.aws.advance(seconds))

    def update(self) -> Update:
        """Run the program."""
        update = self.stage.update(self.straight.transition)
        self.calls += update.calls
        self.verdicts += [call.verdict for call in update.calls]
        self.results.append(update.result)
        return update

    def again(self, pending: AbstractSet[str], made: Sequence[str] = ()) -> Ending | None:
        """Run the update again, as somebody would who reads its errors; None where that does not end well.

        `made` are ids that AWS gave in the first run and nobody heard of.
        """
        ending = Ending.HELD
        for _ in range(_REPAIRS + len(self.straight.calls)):  # each of which may be denied
            self.wait(_AWAY)
            update = self.update()
            if not update.result.error:
                return ending
            if any(call.error == DENIED for call in update.calls):
                continue  # by now it is allowed
            known = {state.urn for state in self.stage.engine.state}
            unsure = (pending - known) | update.failed  # what has been made again needs no other of its kind
            found = [_under_its_id(state, made) for state in self.straight.end.state if state.urn in unsure]
            if not self.stage.engine.repair(found):
                return None
            ending = Ending.REPAIRED
        return None

    def judged(self, case: Case, ending: Ending | None, allowed: float = 0) -> Finding:
        """Let things settle, and say how it went."""
        self.wait(SETTLE)
        worst = max(self.verdicts, key=lambda verdict: verdict.lost)
        if worst.lost > allowed:
            return self.straight.finding(case, Ending.LOST, worst.lost, allowed, worst.reasons)
        if why := strayed(self.results, self.straight.update.result):
            return self.straight.finding(case, Ending.STRAYED, why=why)
        if ending is None:
            return self.straight.finding(case, Ending.STUCK, why=[self.results[-1].error or ""])
        ended = shape(self.stage.aws.snapshot()), self.stage.engine.state
        if why := misled(self.verdicts[-1], self.straight.transition.config):
            return self.straight.finding(case, Ending.STUCK, why=why)
        if why := differences((self.straight.shape, self.straight.end.state), ended):
            return self.straight.finding(case, Ending.STUCK, why=why)
        left = left_behind(self.calls, self.straight.start.state, self.stage.engine.state)
        return self.straight.finding(case, ending, worst.lost, allowed).model_copy(update={"left": tuple(left)})


def crash(take: Take, case: Case) -> Finding:
    """Kill the engine and its providers at a call, and run the update again."""
    moment, pending = take.straight.killed(case.at, later=case.mode is Mode.LATER)
    take.back_to(moment)
    take.calls += take.straight.update.calls[: 1 + take.straight.place(case.at)]
    return take.judged(case, take.again(pending))


def fault(take: Take, case: Case) -> Finding:
    """Let a call fail, and where the update then fails run it again."""
    take.back_to(take.straight.start)
    at = take.straight.call(case.at)
    trouble = Trouble(kind=TroubleKind(case.mode.value), call=at.call.likeness if at else "", nth=at.nth if at else 1)
    take.stage.aws.trouble(trouble)
    update, ending = take.update(), Ending.HELD
    if trouble.kind is not TroubleKind.DENIED:  # of which each run meets some
        take.stage.aws.trouble(None)
    if update.result.error:
        alike = [call for call in update.calls if call.likeness == trouble.call and not call.error]
        made = alike[trouble.nth - 1].made if len(alike) >= trouble.nth else ()
        ending = take.again(update.failed, made)
    take.stage.aws.trouble(None)
    return take.judged(case, ending)


def _under_its_id(state: ResourceState, made: Sequence[str]) -> ResourceState:
    """A resource of the straight run under the id that it has in this one."""
    like = GENERATED.sub("*", state.id)
    return replace(state, id=next((ident for ident in made if GENERATED.sub("*", ident) == like), state.id))
