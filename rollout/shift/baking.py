"""Watching alarms from here, for what the update itself does not watch: a bake that was cut off, and the way back."""

from collections.abc import Callable

from components.errors import BlueGreenError
from components.gates.clock import wait
from components.gates.rules import alarming, gone, silent
from components.traffic import Colour
from rollout.watching import Watcher

__all__ = ["BakeError", "bake"]

POLL = 15
"""Seconds between two looks."""


class BakeError(BlueGreenError):
    """What was applied does not stand: an alarm is on, or tells nothing."""


def bake(
    watcher: Watcher, colours: tuple[Colour, ...], seconds: int, *, silence_fails: bool, left: Callable[[int], None]
) -> None:
    """Watch the alarms of colours for as long as it takes; `left` hears how long that still is.

    Raises BakeError by the same rules as the gate of an update.
    """
    names = watcher.alarms(*colours)
    for passed in range(0, seconds + POLL, POLL) if seconds else ():
        states = watcher.alarm_states(names)
        problems = [*gone(names, states), *alarming(states)]
        if passed >= seconds and silence_fails:
            problems += silent(states)
        if problems:
            raise BakeError("\n  ".join(problems))
        left(max(0, seconds - passed))
        if passed < seconds:
            wait(min(POLL, seconds - passed))
