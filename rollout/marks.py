"""Where in a YAML text each key and value stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

__all__ = ["Mark", "Pair", "marks"]


@dataclass(frozen=True)
class Pair:
    """A key and its value."""

    key: "Mark"
    value: "Mark"


@dataclass(frozen=True)
class Mark:
    """One node of the document: a scalar, a sequence or a mapping."""

    start: int
    end: int
    """Offset behind its last character; comments that follow a block do not belong to it."""
    column: int
    text: str | None
    """Of a scalar."""
    quoted: bool
    flow: bool
    """Whether it is written in brackets."""
    pairs: Sequence[Pair] | None
    """Of a mapping."""

    def __getitem__(self, key: str) -> Pair | None:
        return next((pair for pair in self.pairs or () if pair.key.text == key), None)


def marks(text: str) -> Mark:
    """Parse a text that is known to be YAML."""
    return _mark(YAML(pure=True).compose(StringIO(text)))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - ruamel.yaml is untyped here


def _mark(node: Any) -> Mark:  # noqa: ANN401 - ruamel.yaml's nodes, which are untyped
    end = node.end_mark.index
    pairs: Sequence[Pair] | None = None
    if node.id == "mapping":
        pairs = [Pair(_mark(key), _mark(value)) for key, value in node.value]
        end = end if node.flow_style or not pairs else pairs[-1].value.end
    elif node.id == "sequence" and not node.flow_style and node.value:
        end = _mark(node.value[-1]).end
    scalar = node.id == "scalar"
    return Mark(
        start=node.start_mark.index,
        end=end,
        column=node.start_mark.column,
        text=node.value if scalar else None,
        quoted=scalar and node.style == '"',
        flow=not scalar and bool(node.flow_style),
        pairs=pairs,
    )
