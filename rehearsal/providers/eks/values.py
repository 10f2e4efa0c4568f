"""Between property values and the inputs and outputs of a component."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import pulumi
from pulumi.output import contains_unknowns
from pulumi.provider.experimental.property_value import PropertyValue, ResourceReference
from pulumi.resource import DependencyResource
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN, deserialize_properties
from pulumi.runtime.settings import get_monitor

__all__ = ["Inputs", "component_inputs", "component_state", "output_of"]

Inputs: TypeAlias = Mapping[str, Any]
"""Inputs of a component as its program gave them: plain values, resources, or Outputs of them.

A component of this package is known by its URN alone: it has no class here, as pulumi-eks's own would import, for its
types, a large part of two other SDKs. `output_of` asks for more.
"""

_Value: TypeAlias = Any


def component_inputs(values: Mapping[str, PropertyValue]) -> Inputs:
    """Give the inputs of a component; what depends on resources, or is not known yet, is an Output."""
    return {key: _input(value) for key, value in values.items()}


def _input(value: PropertyValue) -> _Value:
    if isinstance(value.value, ResourceReference) and _type(value.value.urn).startswith("eks:"):
        return DependencyResource(value.value.urn)
    plain = _plain(_bare(value))
    known, urns, secret = not contains_unknowns(plain), value.all_dependencies(), value.contains_secret()
    if known and not urns and not secret:
        return plain
    resources = {DependencyResource(urn) for urn in urns}
    return pulumi.Output(_resolved(resources), _resolved(plain), _resolved(known), _resolved(secret))


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def output_of(resource: pulumi.Resource, name: str) -> "pulumi.Output[_Value]":
    """Ask the engine for one output of a resource; a resource in it is only its URN.

    The SDK would make an object of the resource and of each in its outputs, with an Output for every property.
    """
    found = asyncio.ensure_future(_look_up(resource, name))

    async def value() -> _Value:
        return _plain(_bare(await found, references=False))

    async def secret() -> bool:
        return (await found).contains_secret()

    return pulumi.Output({resource}, value(), _resolved(value=True), secret())


async def _look_up(resource: pulumi.Resource, name: str) -> PropertyValue:
    urn = PropertyValue(await resource.urn.future())
    request = resource_pb2.ResourceInvokeRequest(
        tok="pulumi:pulumi:getResource", args=PropertyValue.marshal_map({"urn": urn}), acceptResources=True
    )
    monitor = cast("Any", get_monitor())  # a stub, whose calls the SDK leaves untyped
    answer: resource_pb2.ResourceInvokeResponse = await asyncio.to_thread(monitor.Invoke, request)
    outputs = PropertyValue.unmarshal_map(getattr(answer, "return"))["state"].value
    assert isinstance(outputs, Mapping)  # noqa: S101  what the engine's function returns
    absent = PropertyValue(UNKNOWN if pulumi.runtime.is_dry_run() else None)
    return outputs.get(name, absent)


def _plain(value: PropertyValue) -> _Value:
    return deserialize_properties(PropertyValue.marshal_map({"value": value}), keep_unknowns=True)["value"]


def _bare(value: PropertyValue, *, references: bool = True) -> PropertyValue:
    """Take off the marks for secrets and dependencies, which an Output carries as a whole."""
    inner = value.value
    if isinstance(inner, Mapping):
        return PropertyValue({key: _bare(item, references=references) for key, item in inner.items()})
    if isinstance(inner, tuple):
        return PropertyValue([_bare(item, references=references) for item in inner])
    if isinstance(inner, ResourceReference) and not references:
        return PropertyValue(inner.urn)
    return PropertyValue(inner)


def _resolved(value: _Value) -> "asyncio.Future[_Value]":
    future: asyncio.Future[_Value] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


async def component_state(outputs: Mapping[str, _Value]) -> dict[str, PropertyValue]:
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
        return PropertyValue(await component_state(cast("Mapping[str, _Value]", value)))
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
