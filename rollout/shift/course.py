"""The course of a shift: its steps, and what becomes of it when one fails. Pure, and the same for every engine.

A course is made anew from where the stack stands, so a shift that was killed needs no memory to go on or to turn back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from components.traffic import DEFAULT_STEPS, Colour, Weights, shift_steps

__all__ = ["Course", "Heading", "OnFailure", "plan"]


class OnFailure(StrEnum):
    """What to do when a step fails."""

    FREEZE = "freeze"
    """Leave traffic where it is."""
    BACK = "back"
    """Give all of it back to the other colour, at once."""
    STEPS_BACK = "steps-back"
    """Give it back by the steps that it came; at once, if one of them fails."""


class Heading(StrEnum):
    """Where a shift is going."""

    THERE = "there"
    BACK = "back"
    STEPS_BACK = "steps-back"
    STOPPED = "stopped"
    """It has failed, and moves no more."""


@dataclass(frozen=True)
class Course:
    """Where a shift stands and what it still has to apply."""

    to: Colour
    steps: tuple[int, ...]
    """Per cents of `to`."""
    on_failure: OnFailure
    now: Weights
    ahead: tuple[Weights, ...]
    """In order; empty at the end."""
    heading: Heading = Heading.THERE

    @property
    def next(self) -> Weights | None:
        """The weights to apply next."""
        return self.ahead[0] if self.ahead else None

    def applied(self) -> "Course":
        """The next step is applied and has baked."""
        return replace(self, now=self.ahead[0], ahead=self.ahead[1:])

    def failed(self, now: Weights) -> "Course":
        """The next step has failed, and left these weights.

        On the way there it is `on_failure` that decides; a failed step back becomes a way back at once, and where that
        fails too, nothing is left to be done by itself.
        """
        home = Weights.all_to(self.to.other)
        match self.heading, self.on_failure:
            case (Heading.THERE, OnFailure.BACK) | (Heading.STEPS_BACK, _):
                heading, ahead = Heading.BACK, (home,) if now != home else ()
            case Heading.THERE, OnFailure.STEPS_BACK:
                lower = [step for step in reversed(self.steps) if step < now[self.to]]
                steps = (_with(self.to, step) for step in lower)
                heading, ahead = Heading.STEPS_BACK, (*steps, home) if now != home else ()
            case _:
                heading, ahead = Heading.STOPPED, ()
        return replace(self, now=now, ahead=ahead, heading=heading)


def plan(
    now: Weights,
    to: Colour,
    steps: Sequence[int] = DEFAULT_STEPS,
    on_failure: OnFailure = OnFailure.FREEZE,
    *,
    splits: bool = True,
) -> Course:
    """Plan a shift from where the stack stands.

    Without `splits`, as on an NLB without weighted target groups, it is one step. Raises ValueError when steps do not
    rise to 100.
    """
    ahead = shift_steps(now, to, steps)
    if not splits:
        steps, ahead = (100,), shift_steps(now, to, (100,))
    return Course(to, tuple(steps), on_failure, now, ahead)


def _with(to: Colour, step: int) -> Weights:
    return Weights(blue=step, green=100 - step) if to is Colour.BLUE else Weights(blue=100 - step, green=step)
