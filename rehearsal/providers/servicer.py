"""The SDK's server of Pulumi's provider protocol, completed where engines need what it leaves out."""

import copy
from importlib import metadata
from typing import Any, Self, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.settings import (
    SETTINGS,
    _load_monitor_feature_support,  # pyright: ignore[reportPrivateUsage]  as the SDK's servicer does it
)
from typing_extensions import override

__all__ = ["DiffRequest", "PureProvider", "Servicer", "UpdateRequest"]


class DiffRequest(sdk.DiffRequest):
    """The SDK's request and what the SDK leaves out: the inputs of the last run."""

    def __init__(self, request: provider_pb2.DiffRequest) -> None:
        super().__init__(
            request.urn,
            request.id,
            _unmarshal(request.olds),
            _unmarshal(request.news),
            list(request.ignoreChanges),
        )
        self.old_inputs = _unmarshal(request.old_inputs)


class UpdateRequest(sdk.UpdateRequest):
    """The SDK's request and what the SDK leaves out: the inputs of the last run."""

    def __init__(self, request: provider_pb2.UpdateRequest) -> None:
        super().__init__(
            request.urn,
            request.id,
            _unmarshal(request.olds),
            _unmarshal(request.news),
            request.timeout,
            list(request.ignoreChanges),
            request.preview,
        )
        self.old_inputs = _unmarshal(request.old_inputs)


class PureProvider(sdk.Provider):
    """A provider whose Check and Diff depend on nothing but its configuration and the request: answers are kept.

    A proof asks the same of it thousands of times. What is new, and so gets a random name, is always asked for.
    """

    def __init__(self) -> None:
        self.answers: dict[bytes, Message] = {}
        """By a digest of what was asked."""


class Servicer(ProviderServicer):
    """The SDK's servicer, completed: Attach, Handshake, and the old inputs for Diff and Update."""

    def __init__(self, package: str, provider: sdk.Provider) -> None:
        super().__init__([], _version(package), provider, engine_address="")

    def registering_with(self, monitor: object, engine: object) -> Self:
        """The same, for a `Construct` whose engine is in this process: these stand for gRPC's stubs."""
        near = copy.copy(self)
        near._engine_address = cast("Any", engine)  # the SDK takes either
        near._provider = _Registering(self._provider, monitor)
        return near

    @override
    async def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:
        self._engine_address = request.address
        return Empty()

    @override
    async def Handshake(self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext) -> None:
        """Leave it to Configure to say what the provider accepts; engines allow that."""
        self._engine_address = request.engine_address
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Configure says what this provider accepts")

    @override
    async def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        return _diff_response(await self._provider.diff(DiffRequest(request)))

    @override
    async def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        return _diff_response(await self._provider.diff_config(DiffRequest(request)))

    @override
    async def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        response = await self._provider.update(UpdateRequest(request))
        return provider_pb2.UpdateResponse(properties=PropertyValue.marshal_map(response.properties))


class _Registering(sdk.Provider):
    """Constructs by another provider, with a monitor of its own."""

    def __init__(self, provider: sdk.Provider, monitor: object) -> None:
        self._provider, self._monitor = provider, monitor

    @override
    async def construct(self, request: sdk.ConstructRequest) -> sdk.ConstructResponse:
        cast("Any", SETTINGS).monitor = self._monitor  # in the context of this call only
        await _load_monitor_feature_support()
        return await self._provider.construct(request)


def _unmarshal(values: Struct) -> dict[str, PropertyValue]:
    return PropertyValue.unmarshal_map(values)


def _diff_response(diff: sdk.DiffResponse) -> provider_pb2.DiffResponse:
    kinds = provider_pb2.DiffResponse
    changes = {None: kinds.DIFF_UNKNOWN, True: kinds.DIFF_SOME, False: kinds.DIFF_NONE}[diff.changes]
    return provider_pb2.DiffResponse(
        replaces=diff.replaces,
        stables=diff.stables,
        deleteBeforeReplace=diff.delete_before_replace,
        changes=changes,
        diffs=diff.diffs,
        detailedDiff={
            path: provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.Value(change.kind.name), inputDiff=change.input_diff
            )
            for path, change in diff.detailed_diff.items()
        },
        hasDetailedDiff=bool(diff.detailed_diff),
    )


def _version(package: str) -> str:
    """Give the version of the SDK that a program uses, which is what engines expect of a provider."""
    try:
        return metadata.version(f"pulumi-{package}")
    except metadata.PackageNotFoundError:  # a provider that only tests know
        return "0.0.0"
