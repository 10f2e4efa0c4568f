"""Stack files: read as Pulumi reads them, from the working tree or from a git revision."""

import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.errors import BlueGreenError, ConfigError
from rehearsal.git import GitError, git

__all__ = ["Settings", "StackFile", "flatten", "stack_name", "stacks"]

Settings = Mapping[str, object]
"""A stack file's `config`, as nested as it is written."""


MAX_BYTES, MAX_VALUES, MAX_DEPTH, MAX_NUMBER = 256 * 1024, 20_000, 20, 2**63
"""Far more than a stack file needs; what is beyond is a mistake, or made to be too much."""

_TOO_DEEP = "is nested too deeply, or holds itself by an anchor"


class StackFile:
    """One `Pulumi.<stack>.yaml` and what it says."""

    def __init__(self, stack: str, settings: Settings) -> None:
        self.stack, self.settings = stack_name(stack), settings
        self.name = _file_name(stack)

    @classmethod
    def load(cls, stack: str, root: Path = Path()) -> "StackFile":
        """Read the file in the working tree; `stack` may be the file's own name.

        Raises ConfigError naming the file and what is wrong.
        """
        path = root / _file_name(stack)
        try:
            if path.exists() and not path.is_file():
                raise ConfigError(f"{path.name}: is not a file; the other stack files show what belongs there")
            written = path.read_bytes()
        except FileNotFoundError:
            known = ", ".join(stacks(root)) or "none; is this the repository's root?"
            raise ConfigError(f"{stack_name(stack)}: there is no {path.name} here; stacks: {known}") from None
        except OSError as error:
            raise ConfigError(f"{path.name}: cannot be read: {error.strerror}") from None
        return cls(stack, _parse(written, path.name))

    @classmethod
    def of(cls, stack: str, text: str) -> "StackFile":
        """Read a text that is no file yet. Raises ConfigError as `load` does."""
        return cls(stack, _parse(text.encode(), _file_name(stack)))

    @classmethod
    def at(cls, revision: str, stack: str, root: Path = Path()) -> "StackFile":
        """Read the file as it was at a git revision. Raises BlueGreenError, in git's own words where they help."""
        name = _file_name(stack)
        written = _at(revision, name, root, "show", "--end-of-options", f"{revision}:./{name}")
        return cls(stack, _parse(written, f"{revision}:{name}"))

    @classmethod
    def existed(cls, revision: str, stack: str, root: Path = Path()) -> bool:
        """Tell whether a git revision has the file. Raises BlueGreenError for what is no revision."""
        name = _file_name(stack)
        return bool(_at(revision, name, root, "ls-tree", "--name-only", "--end-of-options", revision, "--", name))

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


def _at(revision: str, name: str, root: Path, *arguments: str) -> bytes:
    try:
        return git(*arguments, root=root)
    except GitError as error:
        raise BlueGreenError(f"{name} at {revision}: {_why(error, root)}") from None


def _why(error: GitError, root: Path) -> str:
    try:
        nothing = not git("rev-list", "--all", "--max-count=1", root=root)
    except GitError:
        nothing = False
    return "there is no commit yet; commit the file, then edit it" if nothing else str(error)


def stack_name(given: str) -> str:
    """The stack that is meant: by its name, or by its file's, as a shell completes it. Raises ConfigError."""
    found = re.fullmatch(r"Pulumi\.(.+)\.yaml", given)
    stack = found[1] if found else given
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", stack):
        raise ConfigError(f"{stack!r:.100} is not the name of a stack: letters, digits, hyphens, underscores and dots")
    return stack


def _file_name(given: str) -> str:
    return f"Pulumi.{stack_name(given)}.yaml"


def _parse(written: bytes, source: str) -> Settings:
    if len(written) > MAX_BYTES:
        raise ConfigError(f"{source}: has {len(written)} bytes; a stack file has a few thousand")
    try:
        document: object = YAML(typ="safe", pure=True).load(StringIO(written.decode()))  # pyright: ignore[reportUnknownMemberType] - ruamel.yaml is untyped here
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: cannot be read: {error.reason} at {error.start}; write UTF-8") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        problem = problem.partition(" with value ")[0]  # of a key that is there twice, and may be a secret's
        hint = "; it holds the marks of a merge conflict" if b"<<<<<<< " in written else ""
        raise ConfigError(f"{source}:{line} is not YAML: {problem}{hint}") from None
    except (ValueError, LookupError) as error:  # the parser takes 2026-02-30 for a date
        raise ConfigError(f"{source}: a value is not what it looks like: {error}; put it in quotes") from None
    except RecursionError:
        raise ConfigError(f"{source}: {_TOO_DEEP}") from None
    if document is None:
        raise ConfigError(f"{source}: is empty; it needs a config section, see the other stack files")
    for wrong in _wrong(document):
        raise ConfigError(f"{source}: {wrong}")
    config = cast("dict[str, object]", document).get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise ConfigError(f"{source}: has no config section; see the other stack files")
    return cast("Settings", config)


def _wrong(document: object) -> Iterator[str]:
    """Find what Pulumi could not hand over as JSON, an anchor that holds itself, and one that grows without end."""
    ahead: list[tuple[tuple[str, ...], object]] = [((), document)]
    for _ in range(MAX_VALUES):
        if not ahead:
            return
        path, value = ahead.pop()
        where = ".".join(path[1:] or path)
        match value:
            case dict() | list() if len(path) > MAX_DEPTH:
                yield f"{where}: {_TOO_DEEP}"
            case dict():
                for key, inner in cast("dict[object, object]", value).items():
                    if not isinstance(key, str):
                        yield f"{where}: {key!r} is no key; put it in quotes"
                    ahead.append(((*path, str(key)), inner))
            case list():
                ahead += [((*path, str(place)), inner) for place, inner in enumerate(cast("list[object]", value))]
            case None | str() | bool():
                pass
            case int() | float() if abs(value) < MAX_NUMBER:
                pass
            case _:
                yield f"{where}: {value!r:.80} is no configuration value; quote it, or remove the key"
    yield f"holds more than {MAX_VALUES} values; do anchors repeat each other?"
