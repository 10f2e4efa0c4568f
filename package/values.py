"""Between property values, as Pulumi's protocol has them, and the inputs and outputs of components."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import pulumi
from pulumi.output import contains_unknowns
from pulumi.provider.experimental.property_value import PropertyValue, ResourceReference
from pulumi.resource import DependencyResource
from pulumi.runtime.rpc import UNKNOWN, deserialize_properties

__all__ = ["bare", "input_of", "plain", "resolved", "state_of"]

_Value: TypeAlias = Any
"""A plain value, a resource, or an Output of either: what of these it is, is only known at run time."""


def input_of(value: PropertyValue) -> _Value:
    """Give an input of a component; what depends on resources, or is not known yet, is an Output."""
    given = plain(bare(value))
    known, urns, secret = not contains_unknowns(given), value.all_dependencies(), value.contains_secret()
    if known and not urns and not secret:
        return given
    resources = {DependencyResource(urn) for urn in urns}
    return pulumi.Output(resolved(resources), resolved(given), resolved(known), resolved(secret))


def plain(value: PropertyValue) -> _Value:
    """Give a value as the SDK would, its unknowns as `Unknown`."""
    return deserialize_properties(PropertyValue.marshal_map({"value": value}), keep_unknowns=True)["value"]


def bare(value: PropertyValue, *, references: bool = True) -> PropertyValue:
    """Take off the marks for secrets and dependencies, which an Output carries as a whole."""
    inner = value.value
    if isinstance(inner, Mapping):
        return PropertyValue({key: bare(item, references=references) for key, item in inner.items()})
    if isinstance(inner, tuple):
        return PropertyValue([bare(item, references=references) for item in inner])
    if isinstance(inner, ResourceReference) and not references:
        return PropertyValue(inner.urn)
    return PropertyValue(inner)


def resolved(value: _Value) -> "asyncio.Future[_Value]":
    """Give a future that has this value."""
    future: asyncio.Future[_Value] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


async def state_of(outputs: Mapping[str, _Value]) -> dict[str, PropertyValue]:
    """Resolve the outputs of a component; None is left out."""
    values = await asyncio.gather(*(_property(value) for value in outputs.values()))
    return {key: value for key, value in zip(outputs, values, strict=True) if value.value is not None}


async def _property(value: _Value) -> PropertyValue:
    if isinstance(value, pulumi.Output):
        return await _output(cast("pulumi.Output[_Value]", value))
    if isinstance(value, pulumi.Resource):
        urn = await value.urn.future()
        return PropertyValue(ResourceReference(str(urn)))
    if isinstance(value, Mapping):
        return PropertyValue(await state_of(cast("Mapping[str, _Value]", value)))
    if isinstance(value, list | tuple):
        return PropertyValue(await asyncio.gather(*map(_property, cast("Sequence[_Value]", value))))
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


async def _output(output: "pulumi.Output[_Value]") -> PropertyValue:
    resources = await output.resources()
    urns = {str(urn) for urn in await asyncio.gather(*(item.urn.future() for item in resources)) if urn}
    known = await output.is_known()
    value = await _property(await output.future()) if known else PropertyValue(UNKNOWN)
    return value.with_dependencies(urns).with_secret(await output.is_secret())
