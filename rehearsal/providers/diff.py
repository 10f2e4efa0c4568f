"""What changes between two sets of inputs, and what of it replaces the resource."""

import json
from collections.abc import Collection, Iterable, Iterator

from pulumi.provider.experimental.provider import PropertyDiff, PropertyDiffKind

from rehearsal.providers.values import Props, Value

__all__ = ["changed_inputs", "detailed_diff", "shaped", "with_added"]


def changed_inputs(old: Props, new: Props, *, sets: Collection[str] = (), documents: Collection[str] = ()) -> set[str]:
    """Name the inputs that differ; those that begin with `__` are the provider's own.

    Absent is the same as empty, false or 0, as in every bridged provider. `sets` are lists whose order means
    nothing, `documents` JSON texts whose spelling means nothing.
    """

    def same(key: str) -> bool:
        before, after = old.get(key) or None, new.get(key) or None
        if key in sets:
            return _as_set(before) == _as_set(after)
        return before == after or (key in documents and _same_document(before, after))

    return {key for key in old.keys() | new.keys() if not key.startswith("__") and not same(key)}


def _as_set(value: Value) -> object:
    return sorted(map(repr, value)) if isinstance(value, list) else value


def _same_document(before: Value, after: Value) -> bool:
    """Tell whether two texts are the same JSON."""
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    try:
        return json.loads(before) == json.loads(after)
    except ValueError:  # not known yet
        return False


def detailed_diff(
    old: Props, new: Props, changed: Collection[str], replacing: Collection[str]
) -> dict[str, PropertyDiff]:
    """Say for each changed path, such as `defaultActions[0].forward`, what happens to it."""
    return {
        path: PropertyDiff(PropertyDiffKind[f"{kind}_REPLACE" if key in replacing else kind], input_diff=True)
        for key in sorted(changed)
        for path, kind in _paths(key, old.get(key), new.get(key))
    }


def _paths(path: str, old: Value, new: Value) -> Iterator[tuple[str, str]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{path}.{key}" if key.isidentifier() else f'{path}["{key}"]'
            yield from _paths(inner, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else None for items in (old, new))
            yield from _paths(f"{path}[{index}]", before, after)
    else:
        yield path, "ADD" if old is None else "DELETE" if new is None else "UPDATE"


def shaped(values: Props, like: Props) -> Props:
    """Keep of `values` only what `like` speaks of too: AWS fills in much that a program leaves out."""
    return {key: _shaped(values[key], like[key]) for key in like if key in values}


def with_added(keys: Iterable[str], old: Props, new: Props, state: Props) -> Props:
    """The new values of these mappings, each with what AWS had added to the `old` one in the `state`."""
    return {
        key: {inner: value for inner, value in state[key].items() if inner not in old[key]} | new[key]
        for key in keys
        if all(isinstance(values.get(key), dict) for values in (old, new, state))
    }


def _shaped(value: Value, like: Value) -> Value:
    if isinstance(value, dict) and isinstance(like, dict):
        return {key: _shaped(value[key], like[key]) for key in like if key in value}
    if isinstance(value, list) and isinstance(like, list) and len(value) == len(like):
        return [_shaped(item, model) for item, model in zip(value, like, strict=True)]
    return value
