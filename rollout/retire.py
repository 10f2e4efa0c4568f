"""`bluegreen retire`: takes a colour away, once nobody uses it any more, in updates of its own."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from components.errors import BlueGreenError
from components.traffic import Colour
from infra.config import NAMESPACE
from policies.stack import Resource
from rehearsal.traffic.recording import Traffic
from rollout.agreeing import agree
from rollout.drain import WINDOW, still_used
from rollout.editing import drop, put
from rollout.engines import EngineChoice
from rollout.impact.case import Case
from rollout.impact.model import Level
from rollout.impact.resources import colour_of, is_for_operators, is_registration, named
from rollout.impact.risks import find_risks
from rollout.lock import Journal, lock
from rollout.stack_text import StackText
from rollout.stacks import LockedError, Stack
from rollout.state import State
from rollout.watching import Watcher

__all__ = ["carry_out", "retire"]

_FAILED = 1


def retire(
    stack: str,
    colour: Colour,
    engine: EngineChoice,
    console: Console,
    traffic: Traffic | None,
    *,
    yes: bool,
    root: Path = Path(),
) -> int:
    """Retire a colour; return the exit code. Raises BlueGreenError where nothing is changed.

    `traffic` is what a rehearsal is played under, if it is.
    """
    file = StackText(stack, root)
    _check_file(file, colour)
    with ExitStack() as keep:
        if engine is EngineChoice.REHEARSAL:
            from rollout.rehearsed import rehearsed, text_with  # moto, gRPC and Pulumi take a second to import

            text = text_with(colour, file, console)
            with console.status("starting the embedded AWS, where an hour passes"):
                stage = keep.enter_context(rehearsed(file.stack, text, traffic))
                stage.staging.wait(WINDOW.total_seconds())
            code = carry_out(file.stack, colour, stage.stack, console, yes=True, root=stage.root)
            return stage.end(console) or code
        from rollout.automation import PulumiStack

        return carry_out(file.stack, colour, PulumiStack(file.stack, root), console, yes=yes, root=root)


def carry_out(
    name: str, colour: Colour, stack: Stack, console: Console, *, yes: bool = False, root: Path = Path()
) -> int:
    """Retire a colour on whichever engine; return the exit code. Raises BlueGreenError where nothing is changed."""
    doing = f"retire {colour}"
    with lock(name, doing, root) as journal, tempfile.TemporaryDirectory(prefix="bluegreen-") as directory:
        file = StackText(name, root)
        _check_file(file, colour)
        state = stack.state()
        cut_off = journal.found and journal.found.doing == doing and colour not in file.config.clusters
        _check_state(file, colour, state, drained=bool(cut_off))
        console.print(f"{name}: retire {colour} · {file.config.topology} · {stack.engine}", highlight=False)
        found = colour in file.config.found
        if found:
            console.print("Its load balancers and its cluster stay in AWS as they are: others own them.")
        guest = colour in file.config.clusters and file.config.clusters[colour].cluster_of
        if guest:
            console.print(f"It stands in the cluster of {guest}, which stays as it is.")
        if not yes:
            kept = found or guest
            agree(f"Let go of {colour}?" if kept else f"Delete {colour}, cluster and all?", console)
        return _Retirement(file, colour, stack, console, journal, Path(directory)).run()


def _check_file(file: StackText, colour: Colour) -> None:
    """The file gives the colour no traffic. A colour that is not in it any more may be half removed."""
    for guest, cluster in file.config.clusters.items():
        if cluster.cluster_of is colour:
            raise BlueGreenError(
                f"{file.name}: {guest} stands in the cluster of {colour}, which goes last: deploy the new release to "
                f"the pods of {colour}, shift back to it, and retire {guest}"
            )
    for service, weights in file.config.own_weights.items():
        if weights[colour]:
            raise BlueGreenError(
                f"{file.name}: {colour} has {weights[colour]} % of the traffic of {service}; move it first: "
                f"bluegreen shift {file.stack} --to {colour.other} --service {service}"
            )
    weight = file.config.weights[colour]
    if weight:
        raise BlueGreenError(
            f"{file.name}: {colour} has {weight} % of the traffic; move it first: "
            f"bluegreen shift {file.stack} --to {colour.other}"
        )


def _check_state(file: StackText, colour: Colour, state: State, *, drained: bool) -> None:
    """The stack has the colour, nothing gives it traffic, and everybody has left it; what is half gone, had."""
    if colour not in state.colours:
        raise BlueGreenError(f"{file.stack}: {colour} is not deployed; there is nothing to retire")
    watcher = Watcher(state, file.config.region, file.profile)
    for where, positions in (("its state", state.positions()), ("AWS", state.positions(watcher.applied))):
        weight = max((each.get(colour, 0) for each in positions), default=0)
        if weight:
            raise BlueGreenError(
                f"{file.stack}: {colour} has weight {weight}, by {where}; move its traffic first: "
                f"bluegreen shift {file.stack} --to {colour.other}"
            )
    if drained:
        return
    now, history = watcher.history(colour, WINDOW)
    if why := still_used(now, history):
        raise BlueGreenError(f"{file.stack}: {colour} is not to be retired yet: {why}")


class _Retirement:
    """The updates: first the protection goes, where there is one, then the colour."""

    def __init__(
        self, file: StackText, colour: Colour, stack: Stack, console: Console, journal: Journal, directory: Path
    ) -> None:
        self._file, self._colour, self._stack = file, colour, stack
        self._console, self._journal, self._directory = console, journal, directory
        self._changed = False

    def run(self) -> int:
        """Return the exit code. Raises BlueGreenError where the first update may not be made."""
        clusters = ("config", f"{NAMESPACE}:clusters", self._colour.value)
        config = self._file.config
        held = config.protect or self._colour in config.found  # what was adopted is let go of, too
        if self._colour in config.clusters and held and self._colour not in config.retiring:
            unprotected = put(self._file.text, (*clusters, "retiring"), value=True)
            if not self._update(unprotected, f"{self._colour} is protected no more", deletes=False):
                return _FAILED
        if not self._update(drop(self._file.text, clusters), f"{self._colour} is gone", deletes=True):
            return _FAILED
        self._journal.end()
        self._console.print(f"{self._file.stack}: {config.weights}. {self._stack.afterwards}", style="green")
        return 0

    def _update(self, text: str, done: str, *, deletes: bool) -> bool:
        run, config = self._file.for_run(text, self._directory, {})
        with self._console.status("previewing"):
            preview = self._stack.preview(run)
        found = [*_objections(Case(self._file.stack, preview, config, config), self._colour, deletes=deletes)]
        error = "it would be more than that:\n  " + "\n  ".join(found) if found else ""
        if error and not self._changed:
            raise BlueGreenError(f"{self._file.stack}: {error}")
        if not error:
            self._journal.begin()
            before = self._file.text
            self._file.write(text)
            try:
                with self._console.status("updating"):
                    error = self._stack.up(run, lambda _urn: None)
            except LockedError:
                self._file.write(before)
                raise
            self._changed = True
        if error:
            self._console.print(f"  ✗ {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            self._console.print(
                f"Traffic is where it was. Go on: bluegreen retire {self._file.stack} {self._colour}", style="yellow"
            )
            return False
        self._console.print(f"  ✓ {done}", highlight=False)
        return True


def _may_go(resource: Resource, colour: Colour, *, deletes: bool) -> bool:
    """Whether a resource may go with its colour; a rule for operators has only its name to say whose it is.

    With its protection goes what ArgoCD knows of it, and all else once it `deletes`.
    """
    if colour_of(resource) is not colour:
        return deletes and is_for_operators(resource) and resource.name.endswith(f"-{colour}")
    return deletes or is_registration(resource)


def _objections(case: Case, colour: Colour, *, deletes: bool) -> Iterator[str]:
    """Find what keeps a preview from being a part of a retirement."""
    for risk in find_risks(case):
        if risk.level is Level.BLOCKED:
            yield f"{risk.title}. {risk.consequence}"
    if case.switching.moves:
        yield "traffic would move"
    wrong = [
        step
        for step in case.changed
        if step.replaces or (step.deletes and not _may_go(step.resource, colour, deletes=deletes))
    ]
    if wrong:
        yield f"{', '.join(named(wrong)[:6])} would go"
