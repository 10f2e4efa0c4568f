"""Stack files: read as Pulumi reads them, from the working tree or from a git revision."""

import json
import re
import subprocess
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.errors import BlueGreenError, ConfigError

__all__ = ["Settings", "StackFile", "flatten", "stacks"]

Settings = Mapping[str, object]
"""A stack file's `config`, as nested as it is written."""


class StackFile:
    """One `Pulumi.<stack>.yaml` and what it says."""

    def __init__(self, stack: str, settings: Settings) -> None:
        self.stack, self.settings = _stack_name(stack), settings
        self.name = _file_name(stack)

    @classmethod
    def load(cls, stack: str, root: Path = Path()) -> "StackFile":
        """Read the file in the working tree; `stack` may be the file's own name.

        Raises ConfigError naming the file and what is wrong.
        """
        path = root / _file_name(stack)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            known = ", ".join(stacks(root)) or "none; is this the repository's root?"
            raise ConfigError(f"{_stack_name(stack)}: there is no {path.name} here; stacks: {known}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path.name}: cannot be read: {error}") from None
        return cls(stack, _parse(text, path.name))

    @classmethod
    def at(cls, revision: str, stack: str, root: Path = Path()) -> "StackFile":
        """Read the file as it was at a git revision. Raises BlueGreenError, in git's own words where they help."""
        name = _file_name(stack)
        shown = _git(root, "show", "--end-of-options", f"{revision}:./{name}")
        if shown.returncode:
            commits = _git(root, "rev-list", "--all", "--max-count=1")
            if commits.returncode == 0 and not commits.stdout:
                raise BlueGreenError(f"{name} at {revision}: there is no commit yet; commit the file, then edit it")
            raise BlueGreenError(f"{name} at {revision}: {shown.stderr.strip()}")
        return cls(stack, _parse(shown.stdout, f"{revision}:{name}"))

    def flat(self) -> dict[str, str]:
        """The settings as Pulumi hands them to the program."""
        return flatten(self.settings, self.name)


def stacks(root: Path = Path()) -> list[str]:
    """Names of the stacks that have a file, in alphabetical order."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))


def flatten(settings: Settings, source: str) -> dict[str, str]:
    """Pulumi's flat map: scalars as text, everything else as JSON. Raises ConfigError at a secret."""
    flat: dict[str, str] = {}
    for key, value in settings.items():
        if isinstance(value, dict) and "secure" in value:
            raise ConfigError(f"{source}: {key}: is a secret, which a rehearsal cannot read; nothing here needs one")
        if isinstance(value, str):
            flat[key] = value
        elif isinstance(value, bool | int | float | list | dict):
            flat[key] = json.dumps(value)
        else:
            raise ConfigError(f"{source}: {key}: {value!r} is no configuration value; quote it, or remove the key")
    return flat


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # No shell; callers put what a user gave after --end-of-options.
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - the user's git


def _stack_name(given: str) -> str:
    """The stack that is meant: by its name, or by its file's, as a shell completes it."""
    found = re.fullmatch(r"Pulumi\.(.+)\.yaml", given)
    return found[1] if found else given


def _file_name(given: str) -> str:
    stack = _stack_name(given)
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", stack):
        raise ConfigError(f"{stack!r} is not the name of a stack: letters, digits, hyphens, underscores and dots")
    return f"Pulumi.{stack}.yaml"


def _parse(text: str, source: str) -> Settings:
    try:
        document: object = YAML(typ="safe", pure=True).load(StringIO(text))  # pyright: ignore[reportUnknownMemberType] - ruamel.yaml is untyped here
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        hint = "; it holds the marks of a merge conflict" if "<<<<<<< " in text else ""
        raise ConfigError(f"{source}:{line} is not YAML: {problem}{hint}") from None
    if document is None:
        raise ConfigError(f"{source}: is empty; it needs a config section, see the other stack files")
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict):  # pyright: ignore[reportUnknownMemberType] - untyped document
        raise ConfigError(f"{source}: has no config section; see the other stack files")
    settings = cast("dict[object, object]", document["config"])
    return {str(key): value for key, value in settings.items()}
