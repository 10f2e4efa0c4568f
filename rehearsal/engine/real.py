"""The real Pulumi CLI as an engine, on providers that are already running."""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from pulumi import automation
from pulumi.automation import EngineEvent, events
from pydantic import JsonValue

from rehearsal.engine.paths import PropertyPath
from rehearsal.engine.results import Diagnostic, Observer, Operation, Result, Severity, Step, StepEvent
from rehearsal.providers.hosting import attaching

__all__ = ["PulumiEngine", "pulumi_on_path"]

_COLOUR = re.compile(r"<\{%.*?%\}>")
_CLOSING = ("update failed", "preview failed", "an unhandled error occurred: program exited")
"""What the CLI adds to the reason of a failure."""
_CLOSED = "grpc: the client connection is closing"
"""How the components end that a failure cuts off."""


def pulumi_on_path() -> bool:
    """Tell whether there is a Pulumi CLI to run."""
    return shutil.which("pulumi") is not None


class PulumiEngine:
    """The Pulumi CLI with a backend of files, no network, and no account.

    From `with` to the end of the block; the stack's state goes with its temporary directory. The project is set
    up there, beside the program, whose files stay as they are.

    `program` is the directory with the program's `__main__.py`, or with what `nodejs` or another `runtime` of Pulumi's
    begins with, and `environment` what the program finds in its environment beside this process's own. `providers` says
    on which port of 127.0.0.1 the provider of each package listens. `parallel` steps, 16 by default, may be under way
    at once. The policy packs in the directories `policy_packs` judge every run. `on_event` is called as steps start and
    end, one call at a time.
    """

    def __init__(
        self,
        project: str,
        stack: str,
        program: Path,
        providers: Mapping[str, int],
        *,
        environment: Mapping[str, str] | None = None,
        runtime: str = "python",
        parallel: int = 16,
        policy_packs: Sequence[Path] = (),
        on_event: Observer = lambda _event: None,
    ) -> None:
        self._parallel = parallel
        self._policy_packs = [str(pack) for pack in policy_packs]
        self._on_event = on_event
        self._stack_name = stack
        self._directory = tempfile.TemporaryDirectory(prefix="pulumi-")
        self._workspace = automation.LocalWorkspace(
            work_dir=self._directory.name,
            pulumi_home=f"{self._directory.name}/home",
            project_settings=automation.ProjectSettings(
                name=project,
                runtime=automation.ProjectRuntimeInfo(
                    name=runtime, options={"virtualenv": sys.prefix} if runtime == "python" else None
                ),
                main=str(program.resolve()),
            ),
            env_vars={
                **(environment or {}),
                **attaching(providers),
                "PULUMI_BACKEND_URL": Path(self._directory.name).as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            },
        )
        self._stack = automation.Stack.create(stack, self._workspace)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._directory.cleanup()

    def preview(self, config: Mapping[str, str]) -> Result:
        """Say what `up` would do; nothing changes."""
        self._configure(config)
        packs = self._policy_packs or None
        return self._run(
            lambda record: self._stack.preview(parallel=self._parallel, policy_packs=packs, on_event=record)
        )

    def up(self, config: Mapping[str, str]) -> Result:
        """Bring the stack to what the program says."""
        self._configure(config)
        packs = self._policy_packs or None
        done = list[automation.UpResult]()
        result = self._run(
            lambda record: done.append(self._stack.up(parallel=self._parallel, policy_packs=packs, on_event=record))
        )
        outputs = done[0].outputs if done else self._stack.outputs()
        values = {name: cast("JsonValue", output.value) for name, output in outputs.items()}
        secrets = frozenset(name for name, output in outputs.items() if output.secret)
        return result.model_copy(update={"outputs": values, "secret_outputs": secrets})

    def destroy(self) -> Result:
        """Delete what the stack's state holds; the program does not run."""
        return self._run(lambda record: self._stack.destroy(parallel=self._parallel, on_event=record))

    @property
    def state(self) -> automation.Deployment:
        """What is known to exist. Set it to go back to what was known earlier."""
        return self._stack.export_stack()

    @state.setter
    def state(self, known: automation.Deployment) -> None:
        self._stack.import_stack(known)

    def _configure(self, config: Mapping[str, str]) -> None:
        settings = self._workspace.stack_settings(self._stack_name)
        settings.config = dict(config)
        self._workspace.save_stack_settings(self._stack_name, settings)

    def _run(self, command: Callable[[Callable[[EngineEvent], None]], object]) -> Result:
        log = _Log(self._on_event)
        failure = None
        try:
            command(log.record)
        except automation.CommandError as error:
            errors = [line.message for line in log.diagnostics if line.severity == "error"]
            reasons = [message for message in errors if not (message.startswith(_CLOSING) or message.endswith(_CLOSED))]
            failure = "\n".join(dict.fromkeys(reasons or errors)) or str(error)
        return Result(steps=tuple(log.steps), outputs={}, diagnostics=tuple(log.diagnostics), error=failure)


class _Log:
    """Collects what the CLI reports while it runs."""

    def __init__(self, on_event: Observer) -> None:
        self.steps = list[Step]()
        self.diagnostics = list[Diagnostic]()
        self._on_event = on_event

    def record(self, event: EngineEvent) -> None:
        if event.resource_pre_event:
            step = _step(event.resource_pre_event.metadata)
            self.steps.append(step)
            self._on_event(StepEvent(state="started", step=step))
        elif event.res_outputs_event:
            self._on_event(StepEvent(state="finished", step=_step(event.res_outputs_event.metadata)))
        elif event.res_op_failed_event:
            self._on_event(StepEvent(state="failed", step=_step(event.res_op_failed_event.metadata)))
        elif event.policy_event:
            self.diagnostics.append(_violation(event.policy_event))
        elif event.diagnostic_event:
            line = event.diagnostic_event
            if line.severity != "debug" and not line.ephemeral:
                self.diagnostics.append(_diagnostic(line))


def _step(metadata: events.StepEventMetadata) -> Step:
    paths = [*(metadata.keys or []), *(metadata.diffs or []), *(metadata.detailed_diff or {})]
    return Step(
        op=Operation(metadata.op),
        urn=metadata.urn,
        type=metadata.type,
        name=metadata.urn.split("::", 3)[3],
        changed=tuple(sorted({str(PropertyPath.parse(path)[0]) for path in paths})),
    )


def _violation(event: events.PolicyEvent) -> Diagnostic:
    """Say what a policy found as the embedded engine says it."""
    severity: Severity = "error" if event.enforcement_level == "mandatory" else "warning"
    found = _COLOUR.sub("", event.message).strip()
    # The CLI puts the policy's description above what it found.
    message = f"[{event.enforcement_level}] {event.policy_name}: {found.rpartition(chr(10))[2]}"
    return Diagnostic(severity=severity, message=message, urn=event.resource_urn or "")


def _diagnostic(event: events.DiagnosticEvent) -> Diagnostic:
    severities: dict[str, Severity] = {"warning": "warning", "error": "error"}
    return Diagnostic(
        severity=severities.get(event.severity, "info"),
        message=_COLOUR.sub("", event.message).rstrip("\n"),
        urn=event.urn or "",
    )
