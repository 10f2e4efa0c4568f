"""Watching alarms from here, for what the update itself does not watch: a bake that was cut off, and the way back."""

from collections.abc import Callable

from components.errors import BlueGreenError
from components.gates.clock import POLL, wait
from components.gates.rules import problems
from components.traffic import Colour
from rollout.watching import Watcher

__all__ = ["BakeError", "bake"]


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
        found = [*problems(names, states, over=passed >= seconds, silence_fails=silence_fails)]
        if found:
            raise BakeError("\n  ".join(found))
        left(max(0, seconds - passed))
        if passed < seconds:
            wait(min(POLL, seconds - passed))
