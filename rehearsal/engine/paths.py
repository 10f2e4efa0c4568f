"""Property paths, such as `tags.team`, `rules[0].port` or `rules[*]["a.b"]`."""

import re
from collections.abc import Iterable

from pydantic import JsonValue

from rehearsal.engine.values import Properties, is_secret, secret, uncover

__all__ = ["PropertyPath", "ignore_changes"]

_PART = re.compile(r'\.?(?:\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.\[\]]+))')


class PropertyPath(tuple[str | int, ...]):
    """Keys and indices from the outside in; `*` stands for every key or index."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "PropertyPath":
        """Read a path; what is not one names a single property."""
        parts = list[str | int]()
        position = 0
        while match := _PART.match(text, position):
            quoted, index, key = match.groups()
            if quoted is not None:
                parts.append(quoted.replace('\\"', '"'))
            elif index is not None:
                parts.append(index if index == "*" else int(index))
            else:
                parts.append(key)
            position = match.end()
        return cls(parts if position == len(text) else [text])

    def contains(self, other: "PropertyPath") -> bool:
        """Tell whether `other` is this path or lies below it."""
        return len(other) >= len(self) and all(own in ("*", part) for own, part in zip(self, other, strict=False))


def ignore_changes(new: Properties, old: Properties, paths: Iterable[str]) -> tuple[Properties, list[str]]:
    """Give each path the value that it had; what had none, loses it.

    Also returns the paths for which that is impossible, because a part on the way was added or removed.
    """
    result: JsonValue = dict(new)
    refused = list[str]()
    for path in paths:
        try:
            result = _reset(result, dict(old), PropertyPath.parse(path))
        except _PathError:
            refused.append(path)
    assert isinstance(result, dict)  # noqa: S101  resetting a part of an object leaves an object
    return result, refused


class _PathError(Exception):
    pass


def _reset(new: JsonValue, old: JsonValue, path: tuple[str | int, ...]) -> JsonValue:
    """Copy `new` with the value at `path` as in `old`; secrets on the way stay secret."""
    if is_secret(new) or is_secret(old):
        return secret(_reset(uncover(new), uncover(old), path))
    if not path:
        return old
    head, rest = path[0], path[1:]
    match new, old:
        case dict(), dict():
            keys = dict.fromkeys([*new, *old]) if head == "*" else [str(head)]
            return _reset_keys(new, old, list(keys), rest)
        case list(), list():
            if head == "*":
                if len(new) != len(old):
                    raise _PathError
                return [_reset(a, b, rest) for a, b in zip(new, old, strict=True)]
            return _reset_index(new, old, head, rest)
        case _:
            if isinstance(new, dict | list) or isinstance(old, dict | list):
                raise _PathError
            return new


def _reset_keys(
    new: dict[str, JsonValue], old: dict[str, JsonValue], keys: list[str], rest: tuple[str | int, ...]
) -> JsonValue:
    result = dict(new)
    for key in keys:
        if rest and key in new:
            result[key] = _reset(new[key], old.get(key, {}), rest)
        elif rest and key in old:
            raise _PathError
        elif key in old:
            result[key] = old[key]
        else:
            result.pop(key, None)
    return result


def _reset_index(
    new: list[JsonValue], old: list[JsonValue], index: str | int, rest: tuple[str | int, ...]
) -> JsonValue:
    if not isinstance(index, int) or (index < len(new)) != (index < len(old)):
        raise _PathError
    if index >= len(new):
        return new
    return [*new[:index], _reset(new[index], old[index], rest), *new[index + 1 :]]
