"""The one table of a rehearsal: what each topology cost, side by side. For the terminal and for the report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from rich.markup import escape
from rich.table import Table

from rehearsal.report.figures import Figures
from rehearsal.report.words import count, peer_region, seconds
from rehearsal.traffic.recording import ClientKind, Recording
from rehearsal.traffic.shifts import Shift

__all__ = ["Cell", "Row", "rows", "table"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of one recording; `bad` is one that must not be."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of all recordings. `note` says what it is, where the label does not."""

    label: str
    cells: tuple[Cell, ...]
    note: str = ""


def table(recordings: Sequence[Recording]) -> Table:
    """The table for a terminal."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    drawn.add_column("")
    for recording in recordings:
        drawn.add_column(f"{recording.topology}\n[not bold dim]{escape(recording.stack)}[/]", justify="right")
    for row in rows([Figures(recording) for recording in recordings]):
        drawn.add_row(row.label, *(f"[bold red]{cell.text}[/]" if cell.bad else cell.text for cell in row.cells))
    return drawn


def rows(figures: Sequence[Figures]) -> tuple[Row, ...]:
    """Every row, with a cell for each recording. Of several complete shifts the slowest one counts."""

    def row(label: str, cell: Callable[[Figures], Cell], note: str = "") -> Row:
        return Row(label, tuple(cell(each) for each in figures), note)

    peer = peer_region([each.recording for each in figures])
    tails = {kind for each in figures for shift in each.complete for kind in shift.tail}
    return (
        row("requests", lambda each: Cell(count(each.all.requests))),
        row("failed", lambda each: _none_expected(each.all.failed)),
        row("connections reset", lambda each: Cell(count(each.all.reset)), _RESET),
        row(f"requests to {peer}", lambda each: _none_expected(each.all.peer), _PEER),
        row("50 % on the new colour after", partial(_slowest, percent=50), _MOVED),
        *(row(f"{percent} % on the new colour after", partial(_slowest, percent=percent)) for percent in (99, 100)),
        *(row(f"old colour’s last answer, {kind}", partial(_tail, kind=kind)) for kind in ClientKind if kind in tails),
        row("AWS calls per shift", _calls, "mutating calls of each act that moved traffic"),
        row("latency p50 after ÷ before", partial(_latency, percent=50), _LATENCY),
        row("latency p99 after ÷ before", partial(_latency, percent=99)),
    )


_RESET = "lost under a request or since the one before; where it did not fail, its client sent it again"
_PEER = "stubborn clients fail over there when a connection fails"
_MOVED = "of new clients' requests, from the first call of a complete shift on; the slowest one"
_LATENCY = (
    "of requests in 300 s from a shift's first call on, and in 300 s before its update; the worst shift. The update "
    "runs on the clients' cores"
)


def _none_expected(number: int) -> Cell:
    return Cell(count(number), bad=number > 0)


def _slowest(figures: Figures, percent: int) -> Cell:
    reached = [shift.moved[percent] for shift in figures.complete]
    known = [each for each in reached if each is not None]
    if not reached:
        return Cell("–")
    return Cell(seconds(max(known)) if len(known) == len(reached) else seconds(None))


def _tail(figures: Figures, kind: ClientKind) -> Cell:
    return Cell(seconds(max(shift.tail.get(kind, 0) for shift in figures.complete)) if figures.complete else "–")


def _calls(figures: Figures) -> Cell:
    calls = sorted({shift.calls for shift in figures.shifts})
    return Cell(f"{calls[0]}" if len(calls) == 1 else f"{calls[0]}–{calls[-1]}" if calls else "–")


def _latency(figures: Figures, percent: int) -> Cell:
    def ratio(shift: Shift) -> float:
        return shift.latency[percent].during / shift.latency[percent].before

    ratios = [ratio(shift) for shift in figures.shifts if percent in shift.latency]
    return Cell(f"× {max(ratios):.2f}" if ratios else "–")
