"""What `bluegreen prove` looks like in a terminal; the same text, without colour, in a file or a CI log."""

import time
from collections import Counter
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from rehearsal.prove.model import Ending, Finding, Group, Proof, counted
from rehearsal.prove.workers import Explored, Progress

__all__ = ["ProofScreen", "table"]

_LIMITS = (
    "Proven for this model of AWS and these transitions, faults and events, under the worst timing that AWS documents; "
    "not for AWS itself, nor for two faults at once."
)
_MINUTE = 60
"""Seconds between two lines on progress, where no line can change in place."""


class ProofScreen:
    """Tells what is being explored, and in the end what was found."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = console.status("starting") if console.is_terminal else None
        self._workers: dict[int, Progress] = {}
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def tell(self, message: Progress | Explored, proof: Proof) -> None:
        """Something has happened."""
        if isinstance(message, Progress):
            self._workers[message.worker] = message
        else:
            for finding in message.findings:
                if not finding.ending.fine:
                    self._finding(finding)
        doing = ", ".join(f"{each.stack} {each.transition} {each.done}/{each.cases}" for each in self._workers.values())
        text = f"{len(proof.findings)} cases, {len(proof.wrong)} wrong   {doing}"
        now = time.monotonic()
        if self._status:
            self._status.update(text)
        elif now - self._told >= _MINUTE:
            self._print(f"{(now - self._began) / _MINUTE:.0f} min   {text}", "dim")
            self._told = now

    def closing(self, proof: Proof) -> None:
        """What was found."""
        if self._status:
            self._status.stop()
        self._console.print(table(proof))
        if mutants := proof.mutants:
            self._print("\nmistakes made on purpose", "dim")
        for finding in mutants:
            style = "green" if finding.ending.fine else "red"
            self._print(f"  [{style}]{finding.ending}[/]  {finding.case.at}: {finding.call}")
            self._print(f"          in {finding.case.stack} {finding.case.transition}, {escape(finding.why[0])}", "dim")
        chosen = f", at most {proof.sample} of each kind for a stack, seed {proof.seed}" if proof.sample else ""
        calls = sum(proof.calls.values())
        endings = Counter(each.ending for each in proof.findings)
        counted = ", ".join(f"{endings[ending]} {ending}" for ending in Ending if endings[ending])
        self._print(
            f"\n{len(proof.findings)} cases at {calls} AWS calls of {len(proof.calls)} transitions{chosen}: "
            f"{counted}   {proof.seconds:.0f} s",
            "red" if proof.wrong else "green",
        )
        if proof.left:
            left = ", ".join(f"{count} by {operation}" for operation, count in proof.left.items())
            self._print(f"left behind, known to no state and without traffic, in all cases together: {left}", "dim")
        self._print(_LIMITS, "dim")

    def _finding(self, finding: Finding) -> None:
        place = f"call {finding.number}, {finding.call}" if finding.number else "the start"
        self._print(f"\n[bold red]{finding.ending}[/] {escape(finding.case.id)}: {finding.case.mode.told}")
        self._print(f"  at {escape(place)}")
        for line in finding.asked:
            self._print(f"  {escape(line)}", "cyan")
        if finding.lost:
            self._print(f"  {finding.lost:.0f} % of traffic lost; the event itself costs {finding.allowed:.0f} %")
        for line in finding.why:
            self._print(f"  {escape(line)}")
        self._print(f"  play it again: {escape(finding.replay)}")

    def _print(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, highlight=False, soft_wrap=True)


def table(proof: Proof) -> Table:
    """Transitions against kinds of case: how many there were, and the worst ending where it was not the best."""
    found = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for column in ("stack", "transition"):
        found.add_column(column)
    found.add_column("calls", justify="right")
    for group in Group:
        found.add_column(group, justify="right")
    found.add_column("lost", justify="right")
    for stack, transition in proof.transitions:
        groups = [proof.of(stack, transition, group) for group in Group]
        every = [each for group in groups for each in group]
        lost = max((each.lost - each.allowed for each in every if not each.ending.fine), default=0)
        wrong = any(not each.ending.fine for each in every)
        found.add_row(
            stack,
            transition,
            str(proof.calls[f"{stack}/{transition}"]),
            *(counted(group) for group in groups),
            f"{lost:.0f} %",
            style="red" if wrong else "",
        )
    return found
