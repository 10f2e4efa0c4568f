"""Between the SDK's property values and plain Python data."""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from pulumi.provider.experimental.property_value import PropertyValue

__all__ = ["Props", "Value", "properties", "props"]

Props: TypeAlias = dict[str, Any]
"""Properties as plain data; an unknown is the text `pulumi.runtime.rpc.UNKNOWN`."""

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
"""One value of them."""


def props(values: Mapping[str, PropertyValue]) -> Props:
    """Unwrap property values. Secrets lose their mark: an engine puts it back on what it gets."""
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: PropertyValue) -> Value:
    inner = value.value
    if isinstance(inner, float):
        return int(inner) if inner.is_integer() else inner
    if isinstance(inner, Mapping):
        return props(inner)
    if isinstance(inner, tuple):
        return [_plain(item) for item in inner]
    return cast("Value", inner)  # what else there is (assets, references) no resource type here takes


def properties(values: Mapping[str, Value]) -> dict[str, PropertyValue]:
    """Wrap plain data; what is None is left out, as absent."""
    return {key: _property(value) for key, value in values.items() if value is not None}


def _property(value: Value) -> PropertyValue:
    if isinstance(value, dict):
        return PropertyValue(properties(value))
    if isinstance(value, list):
        return PropertyValue([_property(item) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)
