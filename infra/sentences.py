"""Pydantic's errors in the words of whoever edits the stack file: the key, what was given, and the way out. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from components.schema import Model, shown

__all__ = ["sentences"]

_WORDS = {
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_parsing_size": "is not a whole number",
    "int_from_float": "is not a whole number",
    "finite_number": "is not a whole number",
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "dict_type": "is not a mapping; write {{key: value}}",
    "model_type": "is not a mapping; write {{key: value}}",
    "model_attributes_type": "is not a mapping; write {{key: value}}",
    "tuple_type": "is not a list; write [first, second]",
    "greater_than_equal": "is too small; at least {ge}",
    "less_than_equal": "is too large; at most {le}",
    "greater_than": "is too small; more than {gt}",
    "less_than": "is too large; less than {lt}",
    "string_too_long": "is too long; at most {max_length} characters",
    "enum": "is unknown; write {expected}",
    "literal_error": "is unknown; write {expected}",
}


def sentences(error: ValidationError, root: type[Model]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """For each error, the keys that lead to it in `root`, and what is wrong there."""
    for details in error.errors(include_url=False):
        location, given = details["loc"], details.get("input")
        if details["type"] == "too_short" and given:
            continue  # its items are wrong, and reported each
        model, path = _walk(root, location)
        if path and path[-1] == "[key]":
            path, given = path[:-1], path[-2]
        yield path, _sentence(details["type"], given, details.get("ctx", {}), details["msg"], model, path)


def _sentence(
    kind: str, given: object, context: Mapping[str, Any], message: str, model: type[Model], path: Sequence[str | int]
) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "problem":
        return message
    if kind == "missing":
        description = _fields(model)[str(path[-1])].description
        return f"is missing ({_first_sentence(description)})" if description else "is missing"
    if kind == "extra_forbidden":
        known = list(_fields(model))
        close = get_close_matches(str(path[-1]), known, n=1, cutoff=0.7)
        return f"is unknown; did you mean {close[0]}?" if close else f"is unknown; the keys here are {', '.join(known)}"
    if kind == "too_short":
        return "is empty; name at least one"
    if kind == "string_type":
        number = isinstance(given, int | float) and not isinstance(given, bool)
        return f"{shown(given)} is {'a number; put it in quotes' if number else 'not text'}"
    if kind in _WORDS:
        plain = {key: str(value).replace("'", "").removesuffix(".0") for key, value in context.items()}
        return f"{shown(given)} {_WORDS[kind].format(**plain)}"
    return f"{shown(given)}: {message[:1].lower()}{message[1:]}"


def _first_sentence(text: str) -> str:
    first = re.split(r"\.(?:\s|$)", " ".join(text.split()))[0].replace("`", "")
    is_name = len(first.split()[0]) > 1 and first[:2].isupper()
    return first if is_name else first[:1].lower() + first[1:]


def _walk(root: type[Model], location: Sequence[str | int]) -> tuple[type[Model], tuple[str | int, ...]]:
    """The model that the last key belongs to, and the keys without the names of a union's members."""
    here, members = root, dict[str, type[Model]]()
    path: list[str | int] = []
    for place, part in enumerate(location):
        if part in members and len(members) > 1:
            here, members = members[str(part)], {}
            continue
        path.append(part)
        field = _fields(here).get(str(part))
        inner = {model.__name__: model for model in _models(field.annotation)} if field else {}
        if inner and place + 1 < len(location):
            members = inner
            here = next(iter(inner.values()))
    return here, tuple(path)


def _fields(model: type[Model]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: object) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for inner in cast("tuple[object, ...]", get_args(annotation)):
        yield from _models(inner)
