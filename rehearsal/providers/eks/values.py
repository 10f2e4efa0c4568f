"""Inputs and outputs of a component whose arguments refer to other components."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import pulumi
from pulumi.provider.experimental.property_value import PropertyValue, ResourceReference
from pulumi.resource import DependencyResource
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.settings import get_monitor

from package.values import bare, input_of, plain, resolved

__all__ = ["Inputs", "component_inputs", "output_of"]

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
    return input_of(value)


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def output_of(resource: pulumi.Resource, name: str) -> "pulumi.Output[_Value]":
    """Ask the engine for one output of a resource; a resource in it is only its URN.

    The SDK would make an object of the resource and of each in its outputs, with an Output for every property.
    """
    found = asyncio.ensure_future(_look_up(resource, name))

    async def value() -> _Value:
        return plain(bare(await found, references=False))

    async def secret() -> bool:
        return (await found).contains_secret()

    # A task, since the SDK does not await it where the value fails.
    return pulumi.Output({resource}, value(), resolved(value=True), asyncio.ensure_future(secret()))


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
