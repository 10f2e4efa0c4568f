"""What a terminal and a page may be given: text from files and previews holds whatever somebody put there. Pure."""

from collections.abc import Mapping
from typing import cast

__all__ = ["printable"]


def printable(value: object) -> object:
    """Replace what would move a cursor, colour a line or turn the direction of writing, in texts however nested."""
    match value:
        case str():
            return "".join(_shown(character) for character in value)
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            return {printable(key): printable(inner) for key, inner in items}
        case list() | tuple():
            return [printable(inner) for inner in cast("list[object]", value)]
        case _:
            return value


def _shown(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return " " if character.isspace() else "\ufffd"
