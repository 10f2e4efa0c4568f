"""The command `bluegreen prove`."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.errors import BlueGreenError
from infra.config import Topology
from rehearsal.prove.cases import Choice
from rehearsal.prove.model import Case, Ending, Group, Proof
from rehearsal.script import default_stacks, load

__all__ = ["app"]

STUCK, LOST = 1, 3
REPORT = Path("reports/prove.html")
QUICK = 3
"""Cases of each kind of trouble, for each stack, in a quick run."""

app = typer.Typer()


@app.command()
def prove(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(metavar="STACK", help="Default: one stack of each topology.", show_default=False),
    ] = None,
    *,
    topology: Annotated[
        list[Topology] | None, typer.Option(help="Only stacks of this topology.", show_default=False)
    ] = None,
    only: Annotated[list[Group] | None, typer.Option(help="Only this kind of case.", show_default=False)] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="At most N cases of each transition and mode, chosen by the seed.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help=f"The same as --sample {QUICK}.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed chooses another sample.")] = 0,
    case: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Play exactly this case.", show_default=False)
    ] = None,
    from_: Annotated[
        str,
        typer.Option(
            "--from", metavar="REVISION", help="Only the change of the file since this revision.", show_default=False
        ),
    ] = "",
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that explore beside each other. Default: one per core.")
    ] = os.cpu_count() or 1,
    report: Annotated[Path, typer.Option(metavar="FILE", help="Where the HTML page goes.")] = REPORT,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write everything that was found as JSON.", show_default=False)
    ] = None,
) -> None:
    """Kill, refuse and surprise the program at every AWS call that it makes, and see that it loses nothing.

    For every transition between the states that a stack can be in, and for the adoption of what it has today, on the
    embedded AWS: killed at each call and run again; each call throttled, failed, timed out or denied; pods, a zone or
    the weights changed in between. After every AWS call the oracle says what is lost. In the end the stack is as asked,
    and nothing else was replaced or deleted.
    Mutants, the program with one mistake each, must all be caught.

    Exit codes: 0 nothing lost and all came to what was asked · 1 a case did not, or a mutant was missed ·
    2 wrong input, nothing was explored · 3 traffic was lost.

    \b
      bluegreen prove                            everything: some 1 770 cases, 13 minutes on two cores
      bluegreen prove prod-bj --only crash
      bluegreen prove prod-bj --from HEAD        what an edit of Pulumi.prod-bj.yaml does
      bluegreen prove --quick                    a selection, the same each time
      bluegreen prove --case prod-bj/canary-10/killed/ModifyListener.1
    """  # noqa: D301  click's mark for lines that it must not wrap
    cases = tuple(Case.parse(each) for each in case or ())
    if cases and (stacks or topology or only or sample or quick):
        raise BlueGreenError("--case is one case; leave the other selections away")
    if sample and quick:
        raise BlueGreenError(f"--quick is --sample {QUICK}; give one of them")
    names = list(dict.fromkeys(each.stack for each in cases)) or stacks or default_stacks()
    names = [name for name in names if not topology or load(name)[1].topology in topology]
    if not names:
        raise BlueGreenError(f"--topology {', '.join(topology or [])}: no stack here has it")
    choice = Choice(groups=frozenset(only or Group), sample=QUICK if quick else sample, seed=seed, cases=cases)
    proof = _prove(names, choice, 1 if cases else workers, from_)
    if missing := [each.id for each in cases if each not in [finding.case for finding in proof.findings]]:
        raise BlueGreenError(f"--case {' --case '.join(missing)}: there is no such transition or call")
    from rehearsal.prove.page import render

    _write(report, render(proof))
    if json:
        _write(json, proof.model_dump_json(indent=2) + "\n")
    sys.exit(_code(proof))


def _prove(stacks: Sequence[str], choice: Choice, workers: int, revision: str) -> Proof:
    # moto, gRPC and Pulumi take a second to import, which --help and wrong input need not wait for.
    from rehearsal.prove.screen import ProofScreen
    from rehearsal.prove.transitions import adoption_of, tree_of
    from rehearsal.prove.workers import Explored, work

    trees = [tree_of(stack, revision) for stack in stacks]
    trees += [adoption_of(tree.script.stack) for tree in trees if not (revision or tree.adopts)]
    console = Console()
    if not console.is_terminal:
        console.width = 160  # a file or a CI log wraps by itself
    proof, began = Proof(sample=choice.sample, seed=choice.seed), time.monotonic()
    with ProofScreen(console) as screen:
        for message in work(trees, choice, workers):
            if isinstance(message, Explored) and message.findings:
                proof = proof.with_findings(message.stack, message.transition, message.calls, message.findings)
            screen.tell(message, proof)
        names = [f"{each.stack}/{each.name}" for tree in trees for each in tree.transitions]  # workers find them mixed
        calls = {name: proof.calls[name] for name in names if name in proof.calls}
        proof = proof.model_copy(update={"calls": calls, "seconds": time.monotonic() - began})
        screen.closing(proof)
    return proof


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BlueGreenError(f"{path}: cannot be written: {error.strerror}; name another file") from None


def _code(proof: Proof) -> int:
    if any(each.ending is Ending.LOST for each in proof.findings):
        return LOST
    return STUCK if proof.wrong else 0
