"""Edits of a stack file as a careful person makes them: what is not meant stays as it is, byte by byte.

The text is changed in place, at the marks that the parser gives. Writing the document anew would lose the comments that
stand after a removed key, and move the others.
"""

import json
from collections.abc import Mapping
from io import StringIO
from typing import cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from infra.config import NAMESPACE
from rollout.marks import Mark, marks

__all__ = ["Value", "drop", "put", "with_service_weights", "with_weights"]

Value = str | int | Mapping[str, str | int]
"""What can be put into a stack file; a mapping is written on one line."""


def with_service_weights(text: str, service: str, weights: Weights | None) -> str:
    """Write a stack file with these weights of one service; None lets it follow the stack's."""
    path = ("config", f"{NAMESPACE}:services", service, "weights")
    return put(text, path, {colour.value: weights[colour] for colour in Colour}) if weights else drop(text, path)


def with_weights(text: str, weights: Weights) -> str:
    """Write a stack file with these weights: a colour that has all traffic is `active`, and `weights` goes."""
    if len(weights.live) == 1:
        text = put(text, ("config", f"{NAMESPACE}:active"), weights.live[0].value)
        return drop(text, ("config", f"{NAMESPACE}:weights"))
    split = {colour.value: weights[colour] for colour in Colour}
    return put(text, ("config", f"{NAMESPACE}:weights"), split, after=f"{NAMESPACE}:active")


def put(text: str, path: tuple[str, ...], value: Value, *, after: str | None = None) -> str:
    """Set the value at a path of keys; a new key comes after the key `after`, else last.

    Raises BlueGreenError where the text is written in a way that cannot be changed in place.
    """
    *parents, key = path
    parent = _find(marks(text), parents)
    if parent is None:
        return put(text, tuple(parents), {key: cast("str | int", value)})
    if not parent.pairs:
        raise _by_hand(path)
    if pair := parent[key]:
        between = text[pair.key.end : pair.value.start]
        # What was written over several lines comes onto the line of its key, unless a comment is in between.
        between = between if "#" in between else between.split("\n")[0].rstrip() + " "
        edited = text[: pair.key.end] + between + _written(value, parent) + text[pair.value.end :]
    else:
        edited = _insert(text, parent, key, value, after)
    return _proven(text, edited, path, value)


def drop(text: str, path: tuple[str, ...]) -> str:
    """Remove a key and its value; nothing happens where there is none. Raises BlueGreenError as `put` does."""
    *parents, key = path
    parent = _find(marks(text), parents)
    pair = parent[key] if parent else None
    if not parent or not parent.pairs or not pair:
        return text
    place = parent.pairs.index(pair)
    if not parent.flow:
        start = text.rfind("\n", 0, pair.key.start) + 1
        edited = text[:start] + text[_line_end(text, pair.value.end) :]
    elif place + 1 < len(parent.pairs):
        edited = text[: pair.key.start] + text[parent.pairs[place + 1].key.start :]
    else:
        start = parent.pairs[place - 1].value.end if place else pair.key.start
        edited = text[:start] + text[pair.value.end :]
    return _proven(text, edited, path, None)


def _find(mark: Mark, path: list[str]) -> Mark | None:
    for key in path:
        pair = mark[key]
        if pair is None:
            return None
        mark = pair.value
    return mark


def _insert(text: str, parent: Mark, key: str, value: Value, after: str | None) -> str:
    before = (parent[after] if after else None) or [*(parent.pairs or ())][-1]
    quote = '"' if before.key.quoted else ""
    written = f"{quote}{key}{quote}: {_written(value, parent)}"
    if parent.flow:
        return f"{text[: before.value.end]}, {written}{text[before.value.end :]}"
    end = _line_end(text, before.value.end)
    first = "" if text[:end].endswith("\n") else "\n"
    return f"{text[:end]}{first}{' ' * before.key.column}{written}\n{text[end:]}"


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _written(value: Value, parent: Mark) -> str:
    """Write a value on one line, with quotes where the keys around it have them."""
    quote = '"' if parent.flow and any(pair.key.quoted for pair in parent.pairs or ()) else ""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return json.dumps(value) if quote or _plain(value) != value else value
        case _:
            inner = (f"{quote}{key}{quote}: {_written(each, parent)}" for key, each in value.items())
            return f"{{{', '.join(inner)}}}"


def _plain(text: str) -> object:
    """What YAML makes of a text: `1.30` without quotes is a number."""
    return cast("object", YAML(typ="safe", pure=True).load(StringIO(text)))  # pyright: ignore[reportUnknownMemberType] - ruamel.yaml is untyped here


def _proven(text: str, edited: str, path: tuple[str, ...], value: Value | None) -> str:
    """Read the text back: where an anchor repeats what is edited, something else may have changed too, or broken."""
    try:
        after = _plain(edited)
    except YAMLError:
        raise _by_hand(path) from None
    wanted = _plain(text)
    inner = cast("dict[str, object]", wanted)
    for key in path[:-1]:
        inner = cast("dict[str, object]", inner[key])
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    if after != wanted:
        raise _by_hand(path)
    return edited


def _by_hand(path: tuple[str, ...]) -> BlueGreenError:
    where = ".".join(path[1:] or path)
    return BlueGreenError(f"{where}: cannot be edited as it is written; write it as plain `key: value`, with no anchor")
