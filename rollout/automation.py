"""Stacks on the real Pulumi CLI, by the command of the Automation API, in the current directory."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pulumi import automation

from components.errors import BlueGreenError
from rollout.preview import Preview, parse
from rollout.stacks import LockedError, Told
from rollout.state import State

__all__ = ["PulumiStack"]

_MARKUP = re.compile(r"<\{%.*?%\}>")
_CLOSING = ("update failed", "an unhandled error occurred: program exited")
"""What the CLI adds to the reason of a failure."""


class PulumiStack:
    """One stack of the backend that the CLI is logged in to. No stack is selected by it.

    The policy pack of the directory, `policies`, judges every preview and update, where there is one. Raises
    BlueGreenError where there is no CLI.
    """

    engine = "Pulumi CLI"
    afterwards = "The stack file says so too: commit it."

    def __init__(self, stack: str, root: Path = Path()) -> None:
        if not shutil.which("pulumi"):
            raise BlueGreenError(
                "there is no pulumi on PATH; install it, or try the same on an embedded AWS: --engine rehearsal"
            )
        self._stack, self._root = stack, root.resolve()

    def state(self) -> State:
        """Return what the last update left."""
        try:
            exported = json.loads(self._run("stack", "export").stdout)
        except automation.CommandError as error:
            raise BlueGreenError(f"{self._stack}: {_reason(str(error))}") from None
        held = cast("Mapping[str, Any]", exported.get("deployment") or {})
        pending = held.get("pending_operations") or ()
        return State.model_validate(
            {
                "resources": held.get("resources") or (),
                "pending": [f"{each['type']} {each['resource']['urn'].split('::', 3)[-1]}" for each in pending],
            }
        )

    def weights(self) -> Mapping[str, Any]:
        """Return the weights among the stack's outputs; empty where it has none."""
        outputs = json.loads(self._run("stack", "output", "--json").stdout)
        return outputs.get("weights") or {}

    def preview(self, config: Path) -> Preview:
        """Say what `up` would do; nothing changes."""
        try:
            written = self._run("preview", "--json", *self._of(config)).stdout
        except automation.CommandError as error:
            written = str(error).partition("\n stdout: ")[2].partition("\n stderr: ")[0]
            if not written.lstrip().startswith("{"):
                raise BlueGreenError(f"{self._stack}: {_reason(str(error))}") from None
        return parse(written.encode(), f"the preview of {self._stack}", self._stack)

    def up(self, config: Path, told: Told) -> str:
        """Bring the stack to what the program says; return why that failed, empty where it did not."""
        errors: list[str] = []

        def hear(line: str) -> None:
            if not line.startswith("{"):
                return
            event = automation.EngineEvent.from_json(json.loads(line))  # pyright: ignore[reportUnknownMemberType] - takes a bare dict
            if event.res_outputs_event:
                told(event.res_outputs_event.metadata.urn)
            elif event.diagnostic_event and event.diagnostic_event.severity == "error":
                errors.append(_MARKUP.sub("", event.diagnostic_event.message).strip())

        try:
            self._run("up", "--yes", "--skip-preview", "--json", *self._of(config), hear=hear)
        except automation.ConcurrentUpdateError as error:
            raise LockedError(
                f"{self._stack}: somebody else is at it: {_reason(str(error))}\nWait for its end. If it was killed: "
                f"`pulumi cancel --stack {self._stack}`, then the same command again"
            ) from None
        except automation.CommandError as error:
            reasons = [each for each in errors if not each.startswith(_CLOSING)]
            return "\n".join(dict.fromkeys(reasons or errors)) or _reason(str(error))
        return ""

    def _of(self, config: Path) -> Sequence[str]:
        pack = self._root / "policies"
        packs = ["--policy-pack", str(pack)] if (pack / "PulumiPolicy.yaml").exists() else []
        return ["--config-file", str(config.resolve()), *packs]

    def _run(self, *arguments: str, hear: Told | None = None) -> automation.CommandResult:
        command = [*arguments, "--stack", self._stack]
        return self._cli.run(command, str(self._root), {"PULUMI_SKIP_UPDATE_CHECK": "true"}, hear)

    @cached_property
    def _cli(self) -> automation.PulumiCommand:
        return automation.PulumiCommand()


def _reason(text: str) -> str:
    """What the CLI says on standard error, without how it was called."""
    said = text.partition("\n stderr: ")[2] or text
    lines = [line.strip().removeprefix("error: ") for line in said.splitlines() if line.strip()]
    return " ".join(lines) or "the Pulumi CLI gave no reason"
