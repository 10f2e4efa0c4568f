"""Stacks on the embedded engine and the embedded AWS: rehearsals of what a command does, with no account."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pulumi.provider.experimental.provider import Provider
from pydantic import JsonValue

from infra.config import NAMESPACE
from policies.pack import POLICIES
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Result, StepEvent, prepare
from rehearsal.engine.analyzer import Analyzer, Violation
from rehearsal.engine.state import ResourceState, load
from rehearsal.engine.values import Properties, is_secret
from rehearsal.run import PROGRAM
from rehearsal.stack_file import StackFile
from rollout.preview import Diagnostic, Preview, Step
from rollout.preview import State as Side
from rollout.stacks import Told
from rollout.state import Kept, State

__all__ = ["EmbeddedStack", "Witness", "preview_of"]


def _nobody(_urn: str) -> None:
    """Hear of no progress."""


class EmbeddedStack:
    """One stack whose state is a file, on an embedded AWS with its providers."""

    engine = "embedded AWS, embedded engine"
    afterwards = "A rehearsal: the stack file is as it was."

    def __init__(self, stack: str, aws: EmbeddedAws, providers: Mapping[str, Provider], state_file: Path) -> None:
        prepare("infra.program")
        self._stack, self._state_file, self._witness = stack, state_file, Witness()
        self._told: Told = _nobody
        self._engine = EmbeddedEngine(
            NAMESPACE,
            stack,
            PROGRAM,
            providers,
            state_file=state_file,
            environment=aws.environment(),
            analyzers=[Analyzer(POLICIES), self._witness],
            on_event=self._event,
        )

    def state(self) -> State:
        """Return what the last update left."""
        return State(
            resources=[
                Kept(
                    urn=each.urn,
                    type=each.type,
                    id=each.id,
                    inputs=_plain_all(each.inputs),
                    outputs=_plain_all(each.outputs),
                )
                for each in load(self._state_file)
            ]
        )

    def preview(self, config: Path) -> Preview:
        """Say what `up` would do; nothing changes."""
        flat = StackFile.load(config.name, config.parent).flat()
        before = {str(state.urn): state for state in load(self._state_file)}
        result = self._engine.preview(flat)
        return preview_of(flat, result, before, self._witness.take())

    def up(self, config: Path, told: Told) -> str:
        """Bring the stack to what the program says; return why that failed, empty where it did not."""
        self._told = told
        return self._engine.up(StackFile.load(config.name, config.parent).flat()).error or ""

    def _event(self, event: StepEvent) -> None:
        if event.state == "finished":
            self._told(event.step.urn)


class Witness(Analyzer):
    """Sees what policies see, the resources of a run as they are registered, and has no opinion."""

    def __init__(self) -> None:
        super().__init__(())
        self._states: dict[str, ResourceState] = {}

    def take(self) -> Mapping[str, ResourceState]:
        """Hand over what the last run showed, and forget it."""
        taken, self._states = self._states, {}
        return taken

    def analyze(self, state: ResourceState, provider: ResourceState | None = None) -> list[Violation]:  # noqa: ARG002 - the engine's
        """Keep a resource as it is asked for: a run that fails shows no more of it."""
        self._states[state.urn] = replace(state)
        return []

    def analyze_stack(self, states: Iterable[ResourceState]) -> list[Violation]:
        """Keep all of them as they are at the end."""
        self._states = {state.urn: replace(state) for state in states}
        return []


def preview_of(
    config: Mapping[str, str],
    result: Result,
    before: Mapping[str, ResourceState],
    after: Mapping[str, ResourceState],
) -> Preview:
    """Write what a preview of the embedded engine found as one by Pulumi; the states are by URN."""
    steps = [
        Step(
            op=step.op,
            urn=step.urn,
            old_state=_side(before.get(step.urn)),
            new_state=None if step.op == "delete" else _side(after.get(step.urn)),
            diff_reasons=step.changed,
            replace_reasons=step.changed if step.op == "replace" else None,
        )
        for step in result.steps
    ]
    lines = [Diagnostic(urn=line.urn, message=line.message, severity=line.severity) for line in result.diagnostics]
    return Preview(config=config, steps=steps, diagnostics=lines)


def _side(state: ResourceState | None) -> Side | None:
    if state is None:
        return None
    return Side(
        custom=state.custom,
        inputs=_plain_all(state.inputs),
        outputs=_plain_all(state.outputs),
        property_dependencies=dict[str, Sequence[str] | None](state.property_dependencies),
    )


def _plain_all(properties: Properties) -> Properties:
    return {key: _plain(value) for key, value in properties.items()}


def _plain(value: JsonValue) -> JsonValue:
    """Hide what is secret and write whole numbers as such, as the Pulumi CLI does."""
    match value:
        case _ if is_secret(value):
            return "[secret]"
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value
