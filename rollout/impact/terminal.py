"""An impact for a terminal; the same text, without colour, in a file or a log."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rollout.impact.model import Impact, Level, Risk, Verdict
from rollout.impact.words import count, facts, headline, row, some, totals

__all__ = ["ImpactView"]

_INK = {Level.BLOCKED: "bold red", Level.WARNING: "yellow", Level.NOTE: "dim"}
_VERDICT = {Verdict.BLOCKED: "bold red", Verdict.WARNINGS: "bold yellow", Verdict.SAFE: "bold green"}
_SIGN = {"+": "green", "-": "red", "~": "yellow", "±": "magenta"}


class ImpactView:
    """Renders an impact; with `verbose` the diff too."""

    def __init__(self, impact: Impact, *, verbose: bool) -> None:
        self._impact, self._verbose = impact, verbose

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield it part by part, for rich."""
        impact = self._impact
        yield Text(headline(impact), _VERDICT[impact.verdict])
        for risk in impact.risks:
            if risk.level is not Level.NOTE:
                yield from _part(self._risk(risk))
        if impact.colours:
            yield from _part(self._table())
        told = [Text(fact) for fact in facts(impact)]
        if way := impact.way_back:
            told.append(
                Text.assemble("Way back: ", (way.command, "bold"), ", " if way.command else "", f"{way.remark}.")
            )
        yield from _part(*told)
        notes = [risk for risk in impact.risks if risk.level is Level.NOTE]
        if self._verbose:
            yield from _part(*map(self._risk, notes))
            yield from _part(*self._diff())
        elif unsaid := [count(len(notes), "note")] * bool(notes) + [totals(impact)] * bool(impact.diffs):
            yield from _part(Text(f"{', '.join(unsaid)}: shown with -v", "dim"))

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
        titles = ("", "now", "after", "true after", "stays behind")[: 5 if self._impact.moves else 3]
        for title in titles:
            table.add_column(title, justify="right" if title in ("now", "after") else "left")
        for each in self._impact.colours:
            table.add_row(*(Text(cell) for cell in row(each, self._impact)[: len(titles)]))
        return table

    def _risk(self, risk: Risk) -> RenderableType:
        told = Text(f"{risk.level}: {risk.title}", _INK[risk.level])
        names = ", ".join(risk.resources) if self._verbose else some(risk.resources)
        for line in (risk.consequence, f"→ {risk.instead}" if risk.instead else "", names):
            if line:
                told.append(f"\n  {line}", "default" if line != names else "dim")
        return told

    def _diff(self) -> Iterator[RenderableType]:
        for each in self._impact.diffs:
            yield Text(f"{each.op} {each.type} {each.name}", _SIGN.get(each.op, ""), overflow="fold")
            for line in each.lines:
                yield Text(f"    {line}", _SIGN.get(line[:1], ""), overflow="fold")


def _part(*lines: RenderableType) -> Iterator[RenderableType]:
    if lines:
        yield Text()
    for line in lines:
        yield Padding(line, (0, 0, 0, 2), expand=False)
