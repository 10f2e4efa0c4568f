"""The embedded engine: runs a Pulumi program without the Pulumi CLI."""

import contextlib
import os
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from pulumi.provider.experimental import provider as sdk
from pulumi.runtime.proto import resource_pb2

from rehearsal.engine.analyzer import Analyzer
from rehearsal.engine.calls import RefusalError
from rehearsal.engine.deployment import Deployment
from rehearsal.engine.monitor import FEATURES, EngineService, MonitorService
from rehearsal.engine.program import Host, Launch, start
from rehearsal.engine.registry import Registry
from rehearsal.engine.results import Observer, Result, StepEvent
from rehearsal.engine.run import Run
from rehearsal.engine.state import Journal, ResourceState, load, save
from rehearsal.engine.values import has_secret, reveal_all
from rehearsal.warm import prepare

__all__ = ["EmbeddedEngine"]


def _ignore(_event: StepEvent) -> None:
    """Watch nothing."""


class EmbeddedEngine:
    """A stand-in for the Pulumi CLI in rehearsals and tests, not a way to deploy.

    It serves the program Pulumi's protocol and keeps Pulumi's semantics where a program can notice:
    names, order, replacement, hooks, secrets, previews, what a failure leaves behind. Left out:
    transforms, error hooks, `replace_with`, `replacement_trigger`, timeouts, refresh, targets, and
    encryption: secrets are marked in the state, but in the clear.

    `program` is the directory with the program's `__main__.py`, or with whatever `host` runs, and `environment` what
    the program finds in its environment beside this process's own. `providers` has that of each package; they are asked
    in this process. The state is kept in `state_file`, written after every step; without it, in memory, empty at first.
    `parallel` steps, 16 by default, may be under way at once. `analyzers` judge every run. `on_event` is called as
    steps start and end, on any thread, one call at a time. `on_saved` gets the state each time it is written down, and
    may keep it: nothing changes it any more.
    """

    def __init__(
        self,
        project: str,
        stack: str,
        program: Path,
        providers: Mapping[str, sdk.Provider],
        *,
        state_file: Path | None = None,
        environment: Mapping[str, str] | None = None,
        host: Host = start,
        parallel: int = 16,
        analyzers: Sequence[Analyzer] = (),
        on_event: Observer = _ignore,
        on_saved: Callable[[list[ResourceState]], None] | None = None,
    ) -> None:
        if host is start:
            prepare()
        self._project = project
        self._stack = stack
        self._program = program.resolve()
        self._providers = providers
        self._state_file = state_file
        self._environment = environment or {}
        self._host = host
        self._parallel = parallel
        self._analyzers = analyzers
        self._on_event = on_event
        self._on_saved = on_saved
        self.state = load(state_file) if state_file else list[ResourceState]()
        """What is known to exist. Set it to be an engine that knows this, such as one that was killed earlier."""

    def preview(self, config: Mapping[str, str]) -> Result:
        """Say what `up` would do; nothing changes."""
        return self._run(config, preview=True)

    def up(self, config: Mapping[str, str]) -> Result:
        """Bring the stack to what the program says."""
        return self._run(config, preview=False)

    def destroy(self) -> Result:
        """Delete what the stack's state holds; the program does not run."""
        with self._serving({}, preview=False) as (deployment, _):
            deployment.finish(ended_well=True)
        return _result(deployment.run)

    def repair(self, pending: Iterable[ResourceState]) -> bool:
        """Take into the state what a run that was killed, or failed, did without knowing, under the ids given.

        It is what somebody does by `pulumi import`, after `pulumi state delete` for what was being updated. Returns
        whether any of it exists.
        """
        with self._serving({}, preview=False) as (deployment, _):
            run, found = deployment.run, False
            known = {state.urn: state for state in run.journal.previous}
            for state in pending:
                with contextlib.suppress(RefusalError):  # it cannot be looked at, such as an object of no cluster
                    read = run.provider_of(state).read(state.urn, state.id, state.inputs)
                    if not read.outputs:
                        continue
                    found = True
                    if state.urn in known:
                        run.journal.forget(known[state.urn])
                    run.journal.record(replace(state, outputs=read.outputs, inputs=read.inputs or state.inputs))
            run.saved()
        return found

    def _run(self, config: Mapping[str, str], *, preview: bool) -> Result:
        with self._serving(config, preview=preview) as (deployment, monitor):
            launch = Launch(
                program=self._program,
                project=self._project,
                stack=self._stack,
                config=config,
                environment={**os.environ, **self._environment},
                preview=preview,
                parallel=self._parallel,
            )
            wait, output = self._host(launch, monitor.services)
            printed = threading.Thread(target=_report_output, args=(deployment.run, output), daemon=True)
            printed.start()
            exited = threading.Thread(target=_report_exit, args=(wait, monitor), daemon=True)
            exited.start()
            code = monitor.ended.get()
            ended_well = code == 0
            deployment.run.quiet()
            deployment.finish(ended_well=ended_well)
            deployment.run.hooks.close()  # before the program hangs up, which gRPC would tell the terminal
            monitor.finished.set()
            exited.join()
            printed.join()
            run = deployment.run
            if not ended_well and not run.failed:
                run.failed = True
                if not any(diagnostic.severity == "error" for diagnostic in run.diagnostics):
                    run.fail(f"an unhandled error occurred: program exited with non-zero exit code: {code}")
        return _result(run)

    @contextlib.contextmanager
    def _serving(self, config: Mapping[str, str], *, preview: bool) -> Generator[tuple[Deployment, MonitorService]]:
        """Serve one run, and keep the state that it leaves."""
        run = Run(
            preview=preview,
            journal=Journal(self.state),
            registry=Registry(self._providers),
            parallel=self._parallel,
            on_event=self._on_event,
            on_saved=self._keep_nothing if preview else self._keep,
        )
        deployment = Deployment(run, stack=self._stack, project=self._project, config=config, analyzers=self._analyzers)
        info = resource_pb2.DeploymentInfo(
            project=self._project,
            stack=self._stack,
            organization="organization",
            config=config,
            dryRun=preview,
            parallel=self._parallel,
            supportedFeatures=FEATURES,
        )
        monitor = MonitorService(deployment, info, EngineService(run))
        try:
            yield deployment, monitor
        finally:
            monitor.finished.set()
            run.hooks.close()
            run.registry.close()

    def _keep(self, journal: Journal) -> None:
        self.state = journal.resources()
        if self._state_file:
            save(self._state_file, self.state)
        if self._on_saved:
            self._on_saved([replace(state) for state in self.state])

    def _keep_nothing(self, journal: Journal) -> None:
        """Let a preview leave no trace."""


def _report_output(run: Run, output: IO[str]) -> None:
    with output:
        for line in output:
            run.report("info", line)


def _report_exit(wait: Callable[[], int], monitor: MonitorService) -> None:
    monitor.ended.put(wait())


def _result(run: Run) -> Result:
    stack = next((state for state in run.states.values() if state.urn.is_stack), None)
    outputs = {} if stack is None or run.preview else stack.outputs
    errors = [diagnostic.message for diagnostic in run.diagnostics if diagnostic.severity == "error"]
    return Result(
        steps=tuple(run.steps),
        outputs=reveal_all(outputs),
        secret_outputs=frozenset(name for name, value in outputs.items() if has_secret(value)),
        diagnostics=tuple(run.diagnostics),
        error="\n".join(errors) if run.failed else None,
    )
