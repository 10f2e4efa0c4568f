"""What a run of the program did: the same words from the embedded engine and from the Pulumi CLI."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Diagnostic", "Engine", "Observer", "Operation", "Result", "Severity", "Step", "StepEvent"]

Severity = Literal["info", "warning", "error"]


class Operation(StrEnum):
    """Pulumi's names for what happens to one resource.

    A replacement is three steps: `replace` marks the resource, `create-replacement` makes the new one,
    `delete-replaced` removes the old one, later or (delete before replace) earlier.
    """

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Step(_Frozen):
    """One operation on one resource."""

    op: Operation
    urn: str
    type: str
    name: str
    changed: tuple[str, ...] = ()
    """Top-level properties that differ, or that force the replacement."""


class StepEvent(_Frozen):
    """Progress of a step, as it happens."""

    state: Literal["started", "finished", "failed"]
    step: Step


class Diagnostic(_Frozen):
    """A line that the program, a provider or the engine wants a person to read."""

    severity: Severity
    message: str
    urn: str = ""


class Result(_Frozen):
    """What a preview, an update or a destroy did, or would do."""

    steps: tuple[Step, ...]
    """In the order in which they started, `same` included."""
    outputs: Mapping[str, JsonValue]
    """The stack's outputs after an update, secrets in the clear; empty after a preview."""
    secret_outputs: frozenset[str] = frozenset()
    """Names of the outputs that are secret."""
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str | None = None
    """Why it failed, in the words of whoever refused; None if it ended well."""

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that touch something: neither unchanged resources nor reads."""
        quiet = {Operation.SAME, Operation.READ}
        return tuple(step for step in self.steps if step.op not in quiet)


Observer = Callable[[StepEvent], None]


class Engine(Protocol):
    """Runs one program for one stack and keeps the stack's state between runs.

    `config` is the configuration as the program sees it: full keys (`dkms:active`), values as text,
    objects as JSON text.
    """

    def preview(self, config: Mapping[str, str]) -> Result:
        """Say what `up` would do; nothing changes."""
        ...

    def up(self, config: Mapping[str, str]) -> Result:
        """Bring the stack to what the program says."""
        ...

    def destroy(self) -> Result:
        """Delete what the stack's state holds; the program does not run."""
        ...
