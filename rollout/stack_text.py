"""The stack file under a rollout's hand: written whole or not at all, and by nobody else meanwhile."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from components.errors import BlueGreenError
from components.traffic import Weights
from infra.config import NAMESPACE, StackConfig, parse
from rehearsal.stack_file import StackFile
from rollout.editing import Value, put, with_service_weights, with_weights

__all__ = ["StackText", "replace"]


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    if path.exists():
        shutil.copymode(path, partial)
    partial.replace(path)


class StackText:
    """One `Pulumi.<stack>.yaml`. Raises ConfigError where it is wrong."""

    def __init__(self, stack: str, root: Path) -> None:
        file = StackFile.load(stack, root)
        self.stack, self.name = file.stack, file.name
        self._path = (root / file.name).resolve()
        self.text = self._path.read_text(encoding="utf-8")
        self.config = parse(file.flat(), file.name)
        profile = file.settings.get("aws:profile")
        self.profile = str(profile) if profile else None

    def write(self, text: str) -> None:
        """Replace the file. Raises BlueGreenError where somebody has changed it since it was read."""
        if self._path.read_text(encoding="utf-8") != self.text:
            raise BlueGreenError(f"{self.name}: somebody has changed it meanwhile; look at it, and begin again")
        if text == self.text:
            return
        replace(self._path, text)
        self.text = text

    def with_weights(self, weights: Weights, service: str | None = None) -> str:
        """The text with other weights, of the stack or of one service; one that has what the stack has follows it."""
        if service is None:
            return with_weights(self.text, weights)
        follows = len(weights.live) == 1 and weights == self.config.weights
        return with_service_weights(self.text, service, None if follows else weights)

    def for_run(self, text: str, directory: Path, gates: Mapping[str, Value]) -> tuple[Path, StackConfig]:
        """Write a text for one run, with settings of the gates that the file itself does not get."""
        for key, value in gates.items():
            text = put(text, ("config", f"{NAMESPACE}:gates", key), value)
        path = directory / self.name
        path.write_text(text, encoding="utf-8")
        file = StackFile.load(self.stack, directory)
        return path, parse(file.flat(), f"{self.name}, as this run has it")
