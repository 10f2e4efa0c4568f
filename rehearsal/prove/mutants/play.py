"""Plays a transition by a program that makes a mistake, and says whether that was caught, and how."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from components.environment import is_prod
from infra.config import StackConfig
from rehearsal.prove.model import Case, Ending, Finding
from rehearsal.prove.mutants.catalogue import MUTANTS, VARIABLE, Mutant
from rehearsal.prove.play import Take
from rehearsal.prove.transitions import Transition
from rehearsal.prove.world import NOTICED, gaining

__all__ = ["mutant", "shown_in"]

_PROGRAM = Path(__file__).parent


def shown_in(config: StackConfig) -> Mapping[str, Sequence[str]]:
    """The mutants of each transition of a stack, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in MUTANTS:
        for transition in each.shows_in(config):
            found[transition].append(each.name)
    return found


def mutant(take: Take, case: Case, before: Transition) -> Finding:
    """Make a mistake, and judge it as any other case; the mistake is caught where it ends as the catalogue says."""
    one = next(each for each in MUTANTS if each.name == case.at)
    stage, transition = take.stage, take.straight.transition
    take.back_to(take.straight.start)
    if one.unprotected and not is_prod(case.stack):  # there a policy refuses it
        before, transition = _unprotected(before), _unprotected(transition)
        stage.update(before)
    if one.sick:
        stage.aws.set_healthy(gaining(take, before)(stage.aws), healthy=False)
        take.wait(NOTICED)
    engine = stage.another(program=_PROGRAM, environment={VARIABLE: one.name})
    engine.state, seen = stage.engine.state, stage.aws.called
    result = engine.up(transition.flat)
    stage.engine.state = engine.state
    take.verdicts += [call.verdict for call in stage.aws.calls(since=seen)]
    take.results.append(result)
    return caught(one, take.judged(case, None if result.error else Ending.HELD))


def caught(one: Mutant, found: Finding) -> Finding:
    """Whether the finding is the one that the mistake must end with, and no other."""
    for ending, words in one.caught:
        if found.ending is ending and (why := next((line for line in found.why if words in line), "")):
            told = f"{ending}: {why.splitlines()[0]}"
            return found.model_copy(update={"ending": Ending.CAUGHT, "call": one.told, "why": (told,)})
    expected = " or ".join(f"{ending}, by “{words}”" for ending, words in one.caught)
    why = (f"this was to be {expected}, and ended as {found.ending}", *found.why)
    return found.model_copy(update={"ending": Ending.MISSED, "call": one.told, "why": why})


def _unprotected(transition: Transition) -> Transition:
    settings = {**transition.chapter.settings, "dkms:protect": False}
    return replace(transition, chapter=replace(transition.chapter, settings=settings))
