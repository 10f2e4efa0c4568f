"""What a rehearsal looks like in a terminal; the same text, without colour, in a file or a CI log."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table
from rich.text import Text

from components.partition import PLACES
from components.traffic import Colour
from rehearsal.aws import Call
from rehearsal.faults import Fault
from rehearsal.play import Outcome, Scene
from rehearsal.report.table import table
from rehearsal.report.words import met
from rehearsal.script import Script
from rehearsal.story import Chapter
from rehearsal.traffic.recording import ClientKind, Recording, Tally, Traffic

__all__ = ["Screen", "bar", "describe"]

INK = {Colour.BLUE: "bold blue", Colour.GREEN: "bold green"}
CELLS = 20
TRACE = 6
"""Calls that are shown up to a loss; all of them with -v."""


def bar(shares: Mapping[str, float]) -> Text:
    """Shares of the colours as a bar of 20 cells and in figures; what nobody answers stays blank."""
    blue = round(CELLS * shares.get(Colour.BLUE, 0) / 100)
    green = round(CELLS * shares.get(Colour.GREEN, 0) / 100)
    drawn = Text.assemble(("█" * blue, "blue"), ("▒" * green, "green"), " " * (CELLS - blue - green))
    for colour in Colour:
        share = shares.get(colour, 0)
        drawn.append(f"  {colour} {share:3.0f}" if share else " " * (len(colour) + 6), INK[colour] if share else "")
    return drawn


def describe(scene: Scene) -> str:
    """What a scene did, in one breath: `~ 1 updated   ModifyListener`."""
    marks = {"created": "+", "updated": "~", "replaced": "±", "deleted": "-", "imported": "="}
    planned = " ".join(f"{marks[what]} {count} {what}" for what, count in scene.planned.items()) or "nothing"
    names = Counter(call.operation for call in scene.calls)
    listed = " ".join(f"{name} ×{count}" if count > 1 else name for name, count in names.items())
    return f"{planned:<25} {listed if len(names) < 3 else f'{len(scene.calls)} calls':<29}"


class Screen:
    """Tells a story while it is played: a finished line stays, the line of the running chapter is live."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console, self._verbose = console, verbose
        self._status: Status | None = None
        self._notes: dict[str, None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._quiet()

    def opening(self, script: Script, engine: str, traffic: Traffic | None, fault: Fault | None) -> None:
        """Whose story it is."""
        self._notes.clear()
        config = script.config
        place = PLACES.get(config.region, config.region)
        self._print(
            f"\n[bold]{escape(script.stack)}[/] · {config.topology} · {place} · {escape(script.subtitle)}"
            f"   [dim]embedded AWS, {engine} engine[/]"
        )
        if traffic:
            kinds = len(ClientKind)
            self._print(f"{kinds} kinds of client · {traffic.rate:.0f} requests/s · time ×{traffic.speed:.0f}", "dim")
        if fault:
            self._print(f"what goes wrong: {fault.told}", "yellow")
        self._print("")

    def working(self, text: str) -> None:
        """Something is being prepared."""
        if self._console.is_terminal:
            self._quiet()
            self._status = self._console.status(text)
            self._status.start()

    def starting(self, number: int, chapter: Chapter) -> None:
        """A chapter begins."""
        self.working(f"{number:>3} {chapter.title}")

    def progress(self, number: int, chapter: Chapter, done: int) -> None:
        """A resource of the running chapter is done."""
        if self._status:
            self._status.update(f"{number:>3} {chapter.title:<16} {done} resources")

    def waiting(self, number: int, chapter: Chapter, left: float, tally: Tally) -> None:
        """Time passes under traffic, until the next chapter may start."""
        if self._status:
            minutes, seconds = divmod(round(left), 60)
            self._status.update(
                f"{number:>3} {chapter.title:<16} ⟳ settling, {minutes:02}:{seconds:02} left   {met(tally)}"
            )

    def scene(self, scene: Scene, tally: Tally | None = None) -> None:
        """A chapter has ended; the tally is of the story so far."""
        self._quiet()
        verdict = scene.verdict.probes
        line = Text.assemble((f"{scene.number:>3} ", "dim"), f"{scene.title:<16} {describe(scene)} ")
        line.append_text(bar(verdict[0].shares) if verdict else Text())
        if tally:
            line.append(f"   {met(tally)}", "bold red" if tally.failed else "dim")
        line.rstrip()
        self._console.print(line, soft_wrap=True, highlight=False)
        if self._verbose:
            for change in scene.changes:
                self._console.print(f"      {change}", style="cyan", soft_wrap=True, highlight=False, markup=False)
            for note in (note for note in scene.notes if note not in self._notes):
                self._console.print(f"      {note}", style="yellow", soft_wrap=True, highlight=False, markup=False)
            if scene.calls:
                self._console.print(_calls(scene.calls))
        self._notes.update(dict.fromkeys(scene.notes))
        if scene.result.error:
            self._failure(scene.result.error)
        if scene.lost:
            self._loss(scene)

    def closing(self, script: Script, outcome: Outcome, fault: Fault | None, seconds: float) -> None:
        """What the story has shown."""
        self._quiet()
        clients = f" · {met(Tally().plus(outcome.recording.samples))}" if outcome.recording else ""
        if outcome.lost or outcome.error or outcome.failed:
            self._print(f"\n{clients.removeprefix(' · ')}" if clients else "", "bold red" if outcome.failed else None)
            replay = script.replay + (f" --fault {fault}" if fault else "")
            self._print(f"play it again, call by call: {escape(replay)}")
        else:
            self._print(
                f"\n[green]after each of {outcome.calls} AWS calls: 0 % of traffic lost{clients}[/]"
                f"   [dim]{len(outcome.scenes)} updates in {seconds:.0f} s[/]"
                + (f"   [yellow]notes of the policies: {len(self._notes)}, shown with -v[/]" if self._unsaid else "")
            )

    @property
    def _unsaid(self) -> bool:
        return bool(self._notes) and not self._verbose

    def results(self, recordings: Sequence[Recording], report: Path) -> None:
        """What the traffic has shown, topology by topology, and where to read on."""
        self._console.print()
        self._console.print(table(recordings))
        self._print(f"\nreport: [bold]{escape(str(report))}[/]   [dim]proven for this model: see its “Limits”[/]")

    def limits(self, why: str) -> None:
        """What a rehearsal without traffic does not prove, and why there was none."""
        self._console.print(
            "\nProven for this model of AWS under its worst timing, not for AWS itself: no request was sent"
            + (f" ({why}), " if why else ", ")
            + "pods are assumed to start and to answer while healthy, and every call succeeded.",
            style="dim",
            highlight=False,
        )

    def _print(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, highlight=False, soft_wrap=True)

    def _failure(self, error: str) -> None:
        self._console.print(f"\n[red]The update failed:[/] {escape(error)}", highlight=False, soft_wrap=True)
        if "protect" in error:
            self._console.print(
                "What carries traffic is protected: to retire a colour set clusters.<colour>.retiring to true, and "
                "remove the colour in a later update; for anything else set protect to false first.",
                highlight=False,
            )

    def _loss(self, scene: Scene) -> None:
        call = scene.first_loss
        verdict = call.verdict if call else scene.verdict
        after = f"call {call.number}, {call.operation}" if call else "things had settled"
        self._console.print(
            f"\n[bold red]{verdict.lost:.0f} % of traffic lost[/] after {escape(after)}, in “{escape(scene.title)}”",
            highlight=False,
        )
        for line in scene.changes:
            self._console.print(f"  {line}", style="cyan", soft_wrap=True, highlight=False, markup=False)
        reasons = verdict.reasons if self._verbose else verdict.reasons[:TRACE]
        for reason in reasons:
            self._console.print(f"  {reason}", soft_wrap=True, highlight=False, markup=False)
        if len(reasons) < len(verdict.reasons):
            self._print(f"  {len(verdict.reasons) - len(reasons)} more like these: -v", "dim")
        if call and not self._verbose:
            trace = [each for each in scene.calls if each.number <= call.number]
            self._console.print(_calls(trace[-TRACE:]))
            if len(trace) > TRACE:
                self._console.print(f"  {len(trace) - TRACE} calls before them: -v", style="dim", highlight=False)

    def _quiet(self) -> None:
        if self._status:
            self._status.stop()
            self._status = None


def _calls(calls: Sequence[Call]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column("      call", justify="right")
    table.add_column("operation")
    table.add_column("what", overflow="fold")
    table.add_column("blue", justify="right")
    table.add_column("green", justify="right")
    table.add_column("lost", justify="right")
    for call in calls:
        shares = call.verdict.probes[0].shares if call.verdict.probes else {}
        table.add_row(
            str(call.number),
            f"{call.operation}{f' ✗ {call.error}' if call.error else ''}",
            escape(call.summary),
            *(f"{shares.get(colour, 0):.0f}" if call.verdict.watching else "" for colour in Colour),
            f"{call.verdict.lost:.0f}" if call.verdict.watching else "",
            style="red" if call.verdict.lost else "",
        )
    return table
