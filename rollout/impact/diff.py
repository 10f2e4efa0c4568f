"""What changes of each resource, line by line, from the states in a preview. Pure."""

import json
from collections.abc import Iterator, Mapping

from policies.stack import UNKNOWN, mapping, sequence
from rollout.impact.model import Diff
from rollout.preview import Preview, Step

__all__ = ["diffs"]

_SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±"}
_LONGEST = 300


def diffs(preview: Preview) -> Iterator[Diff]:
    """The resources that change, and how; of new and old ones only the name."""
    for step in preview.steps:
        if not step.touches:
            continue
        lines = tuple(_changed(step)) if step.op == "update" or step.replaces else ()
        yield Diff(op=_SIGNS.get(step.op, step.op), type=step.type, name=step.name, lines=lines)


def _changed(step: Step) -> Iterator[str]:
    # Inputs against inputs: outputs hold what the provider filled in.
    old: Mapping[str, object] = step.old_state.inputs if step.old_state else {}
    new: Mapping[str, object] = step.after.props if step.after else {}
    for key in step.changed:
        for path, before, after in _leaves(key, old.get(key), new.get(key)):
            if before is not None:
                yield f"- {path}: {before}"
            if after is not None:
                yield f"+ {path}: {after}"


def _leaves(path: str, old: object, new: object) -> Iterator[tuple[str, str | None, str | None]]:
    if old == new:
        return
    before, after = _parts(old), _parts(new)
    if (before or after) and (before or old is None) and (after or new is None):
        for key in dict.fromkeys([*before, *after]):
            yield from _leaves(f"{path}{key}", before.get(key), after.get(key))
    else:
        yield path, _text(old), _text(new)


def _parts(value: object) -> Mapping[str, object]:
    """What is inside an object or an array, by how a path names it; empty for anything else."""
    items = {f"[{place}]": item for place, item in enumerate(sequence(value))}
    return items or {f".{key}": item for key, item in mapping(value).items()}


def _text(value: object) -> str | None:
    if value is None:
        return None
    if value is UNKNOWN:
        return "(known when it is applied)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
    text = text.replace("\n", "\\n")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
