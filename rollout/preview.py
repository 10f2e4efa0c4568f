"""What `pulumi preview --json` writes, read once into typed models; what is not that is refused in words.

https://github.com/pulumi/pulumi/blob/master/pkg/display/json.go
"""

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from components.errors import BlueGreenError
from infra.config import NAMESPACE
from policies.stack import UNKNOWN, Resource

__all__ = ["STACK", "Diagnostic", "Preview", "PreviewError", "State", "Step", "parse", "read"]

STACK = "pulumi:pulumi:Stack"
"""Type of the resource whose outputs are the stack's."""

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How Pulumi writes a value that a preview cannot know."""
_AGAIN = "write it again, whole: pulumi preview --json > FILE"
_QUIET = {"same", "read", "refresh", "import", "discard"}
_PARTS_OF_REPLACE = {"create-replacement", "delete-replaced", "discard-replaced", "read-replacement"}


class PreviewError(BlueGreenError):
    """What was given is no preview, or not the one that was asked for."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, validate_by_name=True, hide_input_in_errors=True)


class State(_Read):
    """A resource before or after: what the program asked for, and what its provider answered."""

    custom: bool = False
    """Whether a provider manages it; a component is only a name."""
    inputs: Mapping[str, JsonValue] = {}
    outputs: Mapping[str, JsonValue] = {}
    property_dependencies: Mapping[str, Sequence[str] | None] = {}
    """Per property, the URNs of the resources whose outputs went into it."""


class Step(_Read):
    """One operation on one resource."""

    op: str
    urn: str = Field(pattern=r"^urn:pulumi:[^:]+::[^:]+::[^:].*::.+$")
    old_state: State | None = None
    new_state: State | None = None
    diff_reasons: Sequence[str] | None = None
    replace_reasons: Sequence[str] | None = None
    detailed_diff: Mapping[str, object] | None = None
    """Path → kind of each difference, where the provider tells."""

    @property
    def type(self) -> str:
        """Type token of the resource."""
        return self.urn.split("::", 3)[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.urn.split("::", 3)[3]

    @property
    def project(self) -> str:
        """The project whose resource it is."""
        return self.urn.split("::", 3)[1]

    @property
    def stack(self) -> str:
        """The stack whose resource it is."""
        return self.urn.split("::", 1)[0].rpartition(":")[2]

    @property
    def touches(self) -> bool:
        """Whether it changes anything in AWS or Kubernetes."""
        managed = any(state and state.custom for state in (self.old_state, self.new_state))
        return managed and self.op not in _QUIET and not self.type.startswith("pulumi:")

    @property
    def replaces(self) -> bool:
        """Whether the old resource goes and another one comes."""
        return "replace" in self.op

    @property
    def deletes(self) -> bool:
        """Whether the resource goes for good."""
        return self.op in {"delete", "discard"}

    @property
    def changed(self) -> tuple[str, ...]:
        """Top-level properties that differ, or that force the replacement."""
        paths = [*(self.diff_reasons or ()), *(self.replace_reasons or ()), *(self.detailed_diff or {})]
        return tuple(sorted({path.partition(".")[0].partition("[")[0] for path in paths}))

    @cached_property
    def before(self) -> Resource | None:
        """It as it is: what its provider last answered, else what the program last asked for."""
        state = self.old_state
        return state and _resource(self, state, {**state.inputs, **state.outputs})

    @cached_property
    def after(self) -> Resource | None:
        """It as it will be: what the program asks for."""
        return self.new_state and _resource(self, self.new_state, self.new_state.inputs)

    @property
    def resource(self) -> Resource:
        """It as it will be, or as it was where it goes."""
        return self.after or self.before or Resource(self.type, self.urn, {})


class Diagnostic(_Read):
    """A line for a person to read."""

    urn: str = ""
    message: str = ""
    severity: str = "info"


class Preview(_Read):
    """What an update would do."""

    config: Mapping[str, str] = {}
    """The configuration that was previewed, as the program sees it."""
    steps: Sequence[Step] = ()
    """In the order in which they start. Unchanged resources are among them only with `--show-sames`."""
    diagnostics: Sequence[Diagnostic] = ()
    change_summary: Mapping[str, int] = {}

    @field_validator("steps")
    @classmethod
    def _one_step_for_a_replacement(cls, given: Sequence[Step]) -> Sequence[Step]:
        return tuple(step for step in given if step.op not in _PARTS_OF_REPLACE)

    @property
    def stack_step(self) -> Step | None:
        """The stack itself, with its outputs."""
        return next((step for step in self.steps if step.type == STACK), None)

    @property
    def outputs(self) -> Mapping[str, JsonValue]:
        """The stack's outputs before the change; empty for a new stack."""
        step = self.stack_step
        return step.old_state.outputs if step and step.old_state else {}

    @property
    def errors(self) -> tuple[str, ...]:
        """Why an update would stop."""
        return tuple(line.message.strip() for line in self.diagnostics if line.severity == "error")


def read(path: Path | None, stack: str) -> Preview:
    """Read the preview of a stack from a file, or from standard input. Raises PreviewError."""
    if path is None:
        if sys.stdin.isatty():
            raise PreviewError(
                f"there is no preview: pulumi preview --json | bluegreen impact {stack}; "
                f"without an account: bluegreen impact {stack} --from main"
            )
        return parse(sys.stdin.buffer.read(), "standard input", stack)
    try:
        return parse(path.read_bytes(), str(path), stack)
    except OSError as error:
        raise PreviewError(f"{path}: cannot be read: {error.strerror}; {_AGAIN}") from None


def parse(text: bytes, source: str, stack: str) -> Preview:
    """Read the preview of a stack; `source` is what to call it in an error. Raises PreviewError."""
    if not text.strip():
        raise PreviewError(f"{source}: is empty; {_AGAIN}")
    try:
        preview = Preview.model_validate_json(text)
    except ValidationError as error:
        raise PreviewError(f"{source}: {_reason(error)}") from None
    if not (preview.steps or preview.diagnostics or preview.config):
        raise PreviewError(f"{source}: holds neither steps nor configuration; {_AGAIN}")
    for step in preview.steps:
        if step.project != NAMESPACE:
            raise PreviewError(f"{source}: is of the project {step.project}; give a preview of {NAMESPACE}")
        if step.stack != stack:
            raise PreviewError(f"{source}: is of the stack {step.stack}, not of {stack}; give one of the two")
    return preview


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        if "trailing characters" in first["msg"]:
            return (
                "holds more than one JSON document, perhaps a stream of events; "
                f"unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW and {_AGAIN}"
            )
        return f"is not whole JSON, perhaps cut off ({first['msg'].removeprefix('Invalid JSON: ')}); {_AGAIN}"
    place = ".".join(str(part) for part in first["loc"])
    told = f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}" if place else "it is no JSON object"
    return f"is not what pulumi preview --json writes ({told}); {_AGAIN}"


def _resource(step: Step, state: State, props: Mapping[str, JsonValue]) -> Resource:
    references = {key: tuple(urns or ()) for key, urns in state.property_dependencies.items()}
    return Resource(step.type, step.urn, cast("Mapping[str, object]", _known(dict(props))), references=references)


def _known(value: JsonValue) -> object:
    match value:
        case dict():
            return {key: _known(item) for key, item in value.items()}
        case list():
            return [_known(item) for item in value]
        case _:
            return UNKNOWN if value == _UNKNOWN else value
