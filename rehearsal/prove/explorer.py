"""Explores the transitions of one stack: each once with nothing wrong, then each of its cases from a checkpoint."""

from collections.abc import Callable, Iterator, Sequence

from infra.config import StackConfig
from rehearsal.play import clients
from rehearsal.prove.cases import EACH, START, Among, Choice, named
from rehearsal.prove.judge import misled, shape
from rehearsal.prove.model import Case, Ending, Finding, Group, Mode
from rehearsal.prove.mutants import MUTANTS, mutant, shown_in
from rehearsal.prove.play import Straight, Take, crash, fault
from rehearsal.prove.stage import Moment, Stage, on_stage
from rehearsal.prove.transitions import Transition, Tree
from rehearsal.prove.world import shifts, world
from rehearsal.story import SETTLE, changed_settings

__all__ = ["explore", "play", "straight_run", "wrong_by_itself"]

Told = Callable[[Transition, int, int], None]
"""Called as cases of a transition are done: how many, of how many."""


def explore(tree: Tree, choice: Choice, told: Told) -> Iterator[tuple[Transition, int, list[Finding]]]:
    """Each transition with the number of its calls and what its cases have shown."""
    with on_stage(tree) as stage:
        yield from _Explorer(stage, tree, choice, told).below("", None)


class _Explorer:
    def __init__(self, stage: Stage, tree: Tree, choice: Choice, told: Told) -> None:
        self._stage, self._tree, self._choice, self._told = stage, tree, choice, told
        later = [each for each in tree.transitions if tree.adopts or each is not tree.first]
        shifting = [each.name for each in later if shifts(tree.before(each), each)]
        self._among = Among([each.name for each in later], shifting, tree.repeated, shown_in(tree.script.config))

    def below(self, name: str, start: Moment | None) -> Iterator[tuple[Transition, int, list[Finding]]]:
        """Explore what starts where a transition has ended, and what starts there in turn."""
        for transition in self._tree.after(name):
            if not self._leads_to_a_case(transition):
                continue
            if start:
                self._stage.put_back(start)
            configs = [each.config for each in self._tree.transitions]
            makes = transition is self._tree.first and not self._tree.adopts  # then it moves no traffic
            if not (start or makes):
                self._stage.aws.advance(SETTLE)
                self._stage.aws.watch(clients(self._stage.aws, configs))
            straight = straight_run(self._stage, transition, starting=configs if makes else ())
            if not makes or straight.update.result.error:
                yield transition, len(straight.calls), self._cases(transition, straight)
            for checkpoint in straight.checkpoints:
                self._stage.aws.forget(checkpoint)
            if not straight.update.result.error:
                yield from self.below(transition.name, straight.end)
            self._stage.aws.forget(straight.start.checkpoint)
            self._stage.aws.forget(straight.end.checkpoint)

    def _leads_to_a_case(self, transition: Transition) -> bool:
        """Whether any of the cases that are asked for is here or further on."""
        wanted = {(case.stack, case.transition) for case in self._choice.cases}
        if self._choice.groups == frozenset({Group.MUTANTS}):
            wanted = wanted or {(transition.stack, name) for name in self._among.mutants}
        if not wanted or (transition.stack, transition.name) in wanted:
            return True
        return any(self._leads_to_a_case(each) for each in self._tree.after(transition.name))

    def _cases(self, transition: Transition, straight: Straight) -> list[Finding]:
        before = self._tree.before(transition)
        asked = tuple(changed_settings(before.chapter.settings, transition.chapter.settings))
        if wrong := wrong_by_itself(straight):
            return [wrong.model_copy(update={"asked": asked, "revision": self._tree.revision})]
        found: list[Finding] = []
        cases = self._choice.of(transition.stack, transition.name, straight.calls, self._among, straight.written)
        called = [each.name for each in straight.calls]
        known = {EACH, START, *called, *straight.written, *(each.name for each in MUTANTS)}
        if not self._choice.cases:
            cases = [case for case in cases if case.mode is not Mode.LATER or not straight.killed_alike(case.at)]
        for case in (case for case in cases if case.at in known):
            self._told(transition, len(found), len(cases))
            finding = play(Take(self._stage, straight), case, before)
            found.append(finding.model_copy(update={"asked": asked, "revision": self._tree.revision}))
        return found


def straight_run(stage: Stage, transition: Transition, *, starting: Sequence[StackConfig] = ()) -> Straight:
    """Play a transition with nothing wrong, and keep a copy of AWS after every call.

    `starting` are the configurations whose clients start in the end, where the transition makes the stack.
    """
    aws = stage.aws
    aws.advance(transition.chapter.wait)
    start = stage.here()
    aws.keep_checkpoints(on=not starting)
    update = stage.update(transition)
    checkpoints = aws.keep_checkpoints(on=False)
    verdict = aws.advance(SETTLE)
    if starting:
        verdict = aws.watch(clients(aws, starting))
    return Straight(
        transition=transition,
        start=start,
        update=update,
        calls=named(update.calls),
        checkpoints=checkpoints,
        verdict=verdict,
        end=stage.here(),
        shape=shape(aws.snapshot()),
    )


def wrong_by_itself(straight: Straight) -> Finding | None:
    """What is wrong with a transition in which nothing goes wrong: then no case can be judged."""
    transition, update = straight.transition, straight.update
    case = Case(stack=transition.stack, transition=transition.name, mode=Mode.NOTHING, at=START)
    worst = max((call.verdict for call in update.calls), key=lambda verdict: verdict.lost, default=None)
    if worst and worst.lost:
        return straight.finding(case, Ending.LOST, worst.lost, why=worst.reasons)
    if update.calls and not transition.start and transition.config.as_found:
        why = [f"to adopt changes nothing, and it made {update.calls[0].operation}: {update.calls[0].summary}"]
        return straight.finding(case, Ending.STRAYED, why=why)
    why = [update.result.error] if update.result.error else misled(straight.verdict, transition.config)
    return straight.finding(case, Ending.STUCK, why=why) if why else None


def play(take: Take, case: Case, before: Transition) -> Finding:
    """Play a case of a transition, which starts from the configuration of the one before."""
    match case.mode.group:
        case Group.CRASH:
            return crash(take, case)
        case Group.FAULTS:
            return fault(take, case)
        case Group.WORLD:
            return world(take, case, before)
        case Group.MUTANTS:
            return mutant(take, case, before)
