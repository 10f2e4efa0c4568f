"""Asks whoever runs a command whether it may go on."""

from rich.console import Console
from rich.prompt import Confirm

from components.errors import BlueGreenError

__all__ = ["agree"]


def agree(question: str, console: Console, otherwise: str = "look at it first: --engine rehearsal") -> None:
    """Return on yes. Raises BlueGreenError on no, and where nobody can be asked."""
    if not console.is_terminal:
        raise BlueGreenError(f"nobody is here to say yes; give --yes, or {otherwise}")
    if not Confirm.ask(question, console=console, default=False):
        raise BlueGreenError("nothing has changed")
