"""One run: what it knows, what it has done, and whether it may go on."""

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import Literal

from rehearsal.engine.calls import RefusalError
from rehearsal.engine.hooks import Hooks, Subject
from rehearsal.engine.provider import Provider
from rehearsal.engine.registry import Manager, Registry
from rehearsal.engine.results import Diagnostic, Observer, Operation, Severity, Step, StepEvent
from rehearsal.engine.state import Journal, ResourceState
from rehearsal.engine.urn import is_provider

__all__ = ["Run", "StoppedError"]


class StoppedError(Exception):
    """The run has failed: what is under way ends, nothing new begins."""


class Run:
    """The context that all registrations of one run share; they come on many threads."""

    def __init__(
        self,
        *,
        preview: bool,
        journal: Journal,
        registry: Registry,
        parallel: int,
        on_event: Observer,
        on_saved: Callable[[Journal], None],
    ) -> None:
        self.preview = preview
        self.journal = journal
        self.registry = registry
        self.hooks = Hooks(preview=preview)
        self.states: dict[str, ResourceState] = {}
        """URN → what the program has registered or read so far."""
        self.steps = list[Step]()
        self.diagnostics = list[Diagnostic]()
        self.failed = False
        self.stopped = False
        self._on_event = on_event
        self._on_saved = on_saved
        self._parallel = parallel
        self._slots = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()

    def go_on(self) -> None:
        """Pass while nothing has failed; raises StoppedError once something has."""
        if self.stopped:
            raise StoppedError

    def report(self, severity: Severity, message: str, urn: str = "") -> None:
        """Keep a line for the reader of the result."""
        self.diagnostics.append(Diagnostic(severity=severity, message=message.rstrip("\n"), urn=urn))

    def fail(self, message: str, urn: str = "", *, stop: bool = True) -> None:
        """Report an error; unless `stop` is false, nothing new begins."""
        self.report("error", message, urn)
        self.failed = True
        self.stopped = self.stopped or stop

    def manager_of(self, state: ResourceState) -> Manager | None:
        """Find what manages a resource; nothing manages a component."""
        if not state.custom:
            return None
        return self.registry if is_provider(state.type) else self.provider_of(state)

    def provider_of(self, state: ResourceState) -> Provider:
        """Find a resource's provider, also one that only the last run knew."""
        return self.registry.get(state.provider, self.journal.previous)

    @contextlib.contextmanager
    def failing(self, urn: str, prefix: str = "") -> Generator[None]:
        """Turn a refusal inside the block into the failure of the run, and raise StoppedError for it."""
        try:
            yield
        except RefusalError as error:
            self.fail(f"{prefix}{error}", urn, stop=error.stops)
            raise StoppedError from error

    @contextlib.contextmanager
    def step(self, op: Operation, state: ResourceState, changed: tuple[str, ...] = ()) -> Generator[None]:
        """Do one step inside the block, and keep the state of what it did.

        Raises StoppedError when it fails, or the run had failed before.
        """
        step = Step(op=op, urn=state.urn, type=state.type, name=state.urn.name, changed=changed)
        with self._slots:
            self.go_on()
            self._tell("started", step)
            self.steps.append(step)
            try:
                with self.failing(state.urn, "Preview failed: " if self.preview else ""):
                    yield
            except BaseException:
                self._tell("failed", step)
                raise
            if op is not Operation.SAME:  # the end of the run writes those down
                self.saved()
            self._tell("finished", step)

    def quiet(self) -> None:
        """Wait until no step is under way: a run that stops begins nothing new, and gives nothing up."""
        for take_or_give in (self._slots.acquire, self._slots.release):
            for _ in range(self._parallel):
                take_or_give()

    def saved(self) -> None:
        """Write the state down as it is now."""
        with self._lock:
            self._on_saved(self.journal)

    def _tell(self, state: Literal["started", "finished", "failed"], step: Step) -> None:
        with self._lock:
            self._on_event(StepEvent(state=state, step=step))

    def run_hooks(self, state: ResourceState, kind: str, subject: Subject) -> None:
        """Call the hooks of a resource for a moment of its life, such as `before_update`.

        A failing hook before an operation raises: nothing has been done. One that fails afterwards fails
        the run, but what was done is done, and the state says so.
        """
        try:
            for warning in self.hooks.run(state.hooks.get(kind, []), kind, subject):
                self.report("warning", warning, state.urn)
        except RefusalError as error:
            if kind.startswith("before"):
                raise
            self.fail(str(error), state.urn)
