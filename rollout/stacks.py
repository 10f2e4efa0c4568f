"""How a rollout sees a stack, whichever engine runs it."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from components.errors import BlueGreenError
from rollout.preview import Preview
from rollout.state import State

__all__ = ["LockedError", "Stack", "Told"]

Told = Callable[[str], None]
"""Hears which resource an update is done with, by its URN."""


class LockedError(BlueGreenError):
    """Somebody else updates the stack; nothing has changed."""


class Stack(Protocol):
    """One stack. `config` is a stack file, by its own name, in whatever directory."""

    engine: str
    """What runs it, in words."""
    afterwards: str
    """What is left to be done about the stack file."""

    def state(self) -> State:
        """Return what the last update left. Raises BlueGreenError where the stack cannot be reached."""
        ...

    def preview(self, config: Path) -> Preview:
        """Say what `up` would do; nothing changes."""
        ...

    def up(self, config: Path, told: Told) -> str:
        """Bring the stack to what the program says; return why that failed, empty where it did not.

        Raises LockedError where somebody else is at it.
        """
        ...
