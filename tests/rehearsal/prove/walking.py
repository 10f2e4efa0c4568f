"""Steps of a random walk through the states of a stack, and how somebody else walks the last of them again."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.prove.cases import EACH, START
from rehearsal.prove.explorer import play, straight_run, wrong_by_itself
from rehearsal.prove.model import Case, Finding, Mode
from rehearsal.prove.play import Take
from rehearsal.prove.stage import Stage
from rehearsal.prove.transitions import Transition
from rehearsal.stack_file import Settings
from rehearsal.story import SETTLE, Chapter

BEFORE, AFTER = "before", "after"
"""What `bluegreen prove --from` calls the file as it was, and as it is."""

TROUBLE = (Mode.KILLED, Mode.LATER, Mode.UNHEARD, Mode.DENIED, Mode.THROTTLED, Mode.BROKEN, Mode.UNSENT, Mode.SICK)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong in a step, at one of its calls."""

    mode: Mode
    place: int


def step(stage: Stage, before: Transition, settings: Settings, trouble: Trouble, wait: int = SETTLE) -> Transition:
    """Go from a configuration to another one, with trouble; raises AssertionError where that does not end well."""
    chapter = Chapter(AFTER, settings, wait)
    transition = Transition(AFTER, BEFORE, chapter, before.stack)
    straight = straight_run(stage, transition)
    found = wrong_by_itself(straight)
    if not found and straight.calls:
        found = play(
            Take(stage, straight), _case(before.stack, trouble, [each.name for each in straight.calls]), before
        )
    for checkpoint in (*straight.checkpoints, straight.start.checkpoint, straight.end.checkpoint):
        stage.aws.forget(checkpoint)
    if found and not found.ending.fine:
        raise AssertionError(f"{found.ending}: {'; '.join(found.why)}\n\n{script(before, transition, found)}")
    return transition


def _case(stack: str, trouble: Trouble, calls: Sequence[str]) -> Case:
    at = calls[trouble.place % len(calls)]
    if trouble.mode in (Mode.THROTTLED, Mode.BROKEN, Mode.UNSENT):
        at = EACH
    elif trouble.mode is Mode.SICK:
        at = START
    return Case(stack=stack, transition=AFTER, mode=trouble.mode, at=at)


def script(before: Transition, after: Transition, found: Finding) -> str:
    """What somebody types in an empty directory to see the same."""
    file = f"Pulumi.{before.stack}.yaml"
    return "\n".join(
        [
            "git init -q .",
            _written(file, before.chapter.settings),
            f"git add {file}",
            "git -c user.name=walk -c user.email=walk@example.cn commit -qm before",
            _written(file, after.chapter.settings),
            found.model_copy(update={"revision": "HEAD"}).replay,
        ]
    )


def _written(file: str, settings: Mapping[str, Any]) -> str:
    """JSON is YAML, too."""
    return f"echo {shlex.quote(json.dumps({'config': settings}))} > {file}"
