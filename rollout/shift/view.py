"""A shift in a terminal, live; in a file or a CI log, a line for whatever happens."""

from collections.abc import Callable
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from components.traffic import Colour
from rollout.shift.course import Heading
from rollout.shift.scene import Scene, about, clock, lines, marks

__all__ = ["View"]

INK = {Colour.BLUE.value: "bold blue", Colour.GREEN.value: "bold green", "alarms": "", "now": "dim", "next": "dim"}
EVERY = 60
"""Seconds between two lines of a bake, where nobody watches."""


class View:
    """Tells a shift; from `with` to the end of the block. `met` says what clients met, if anybody knows."""

    def __init__(self, console: Console, met: Callable[[], str] = str) -> None:
        self._console, self._met = console, met
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._told: int | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, text: str, style: str = "") -> None:
        """Say what stays."""
        self._told = None
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def show(self, scene: Scene) -> None:
        """Show how it is now."""
        if self._live:
            self._live.update(_drawn(scene, self._met()), refresh=True)
        elif scene.left is not None and (self._told is None or self._told - scene.left >= EVERY):
            told = dict(lines(scene))
            self.say(f"    {scene.doing}, {clock(scene.left)} left · actual {told['actual']} · alarms {told['alarms']}")
            self._told = scene.left


def _drawn(scene: Scene, met: str) -> Group:
    course = scene.course
    there = course.heading is Heading.THERE
    number = len(course.steps) - len(course.ahead) + 1
    where = f"step {number} of {len(course.steps)}" if there else "going back"
    head = Text.assemble(
        (scene.stack, "bold"),
        f" → {course.to if there else course.to.other}",
        (f"          {where} · {about(scene.total_left)} left", "dim"),
    )
    table = Table.grid(padding=(0, 2))
    for name, text in lines(scene):
        table.add_row(Text(f"  {name}", INK.get(name, "bold")), Text(text, "bold red" if "IS ON" in text else ""))
    if met:
        table.add_row("  clients", met)
    bar = Text(f"  {marks(scene)}")
    if scene.left is not None and scene.bake:
        done = round(8 * (scene.bake - scene.left) / scene.bake)
        bar.append(f"   {'▇' * done}{'▁' * (8 - done)}", "dim")
    return Group(head, table, bar, Text("Ctrl-C freezes here. Nothing is ever half applied.", "dim"))
