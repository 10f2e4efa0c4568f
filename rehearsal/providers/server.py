"""Serves Pulumi providers written in Python to any engine, over gRPC.

Each package has a port of its own on 127.0.0.1. An engine attaches to it: the Pulumi CLI when
`PULUMI_DEBUG_PROVIDERS` names the ports (`environment`), the embedded engine by itself.

Every call runs on a thread of its own with an event loop and context variables of its own. So a
provider may block, and two `Construct`s at once do not see each other's Pulumi settings, which the
SDK keeps in context variables.
"""

import asyncio
import contextlib
import contextvars
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping
from concurrent import futures
from importlib import metadata
from types import TracebackType
from typing import Any, Self, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.errors import RunError
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from typing_extensions import override

from components.errors import BlueGreenError

__all__ = ["DiffRequest", "ProviderServer", "UpdateRequest", "peer"]

_peer: contextvars.ContextVar[str] = contextvars.ContextVar("peer")
_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]  # what Pulumi's own channels allow
_THREADS = 64  # above any engine's parallelism: a Construct waits for the calls that it causes


def peer() -> str:
    """Name the connection that the present call came on.

    An engine dials once for each provider instance, so two explicit providers of one package, which share
    a port, differ in this.
    """
    return _peer.get()


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


class _Servicer(ProviderServicer):
    """The SDK's servicer, completed: Attach, Handshake, and the old inputs for Diff and Update."""

    def __init__(self, package: str, provider: sdk.Provider) -> None:
        super().__init__([], _version(package), provider, engine_address="")

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


class _Threads:
    """The threads that serve one package, each with an event loop of its own."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._runners: list[asyncio.Runner] = []
        self.pool = futures.ThreadPoolExecutor(_THREADS, "provider", initializer=self._enter)

    def _enter(self) -> None:
        runner = self._local.runner = asyncio.Runner()
        runner.get_loop().set_exception_handler(_report)
        self._runners.append(runner)

    def run(self, call: Coroutine[object, object, Message], peer_name: str) -> Message:
        context = contextvars.copy_context()
        context.run(_peer.set, peer_name)
        return self._local.runner.run(call, context=context)

    def close(self) -> None:
        self.pool.shutdown()
        for runner in self._runners:
            runner.close()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what nobody awaited, but not that the engine of a failed Construct has gone meanwhile."""
    if not isinstance(context.get("exception"), grpc.RpcError | RunError):
        loop.default_exception_handler(context)


class _Blocking:
    """Offers an asynchronous servicer to gRPC's server of one thread per call."""

    def __init__(self, servicer: _Servicer, threads: _Threads) -> None:
        self._servicer = servicer
        self._threads = threads

    def __getattr__(self, method: str) -> Callable[[Message, grpc.ServicerContext], Message]:
        handler = getattr(self._servicer, method)

        def serve(request: Message, context: grpc.ServicerContext) -> Message:
            try:
                return self._threads.run(handler(request, context), context.peer())
            except NotImplementedError as error:
                code, message = grpc.StatusCode.UNIMPLEMENTED, str(error)
            except Exception as error:
                if _ended(context):
                    raise
                code, message = grpc.StatusCode.UNKNOWN, _explain(error)
            return context.abort(code, message)

        return serve


def _ended(context: grpc.ServicerContext) -> bool:
    """Tell whether the handler has called `abort` itself."""
    return context.code() is not None  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  the stubs lack it


def _explain(error: BaseException) -> str:
    """Say in one line what a user can mend; of anything else show where it comes from.

    The SDK wraps what a provider raises in an Exception that has the traceback in its text.
    """
    cause = error if isinstance(error, BlueGreenError) else error.__context__ or error
    if isinstance(cause, BlueGreenError):
        return str(cause)
    return "".join(traceback.format_exception(cause, chain=False))


class ProviderServer:
    """Hosts one provider per package, from `with` to the end of the block.

    `ports` says on which port of 127.0.0.1 each package listens.
    """

    def __init__(self, packages: Mapping[str, sdk.Provider]) -> None:
        self._packages = packages
        self._stack = contextlib.ExitStack()
        self.ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        with self._stack:
            for package, provider in self._packages.items():
                self.ports[package] = self._serve(package, provider)
            self._stack = self._stack.pop_all()
        return self

    def _serve(self, package: str, provider: sdk.Provider) -> int:
        threads = _Threads()
        self._stack.callback(threads.close)
        server = grpc.server(threads.pool, options=_OPTIONS)
        servicer = cast("provider_pb2_grpc.ResourceProviderServicer", _Blocking(_Servicer(package, provider), threads))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._stack.callback(lambda: server.stop(grace=None).wait())
        return port

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """Variables that make the Pulumi CLI attach to these providers instead of installing plugins."""
        attach = ",".join(f"{package}:{port}" for package, port in self.ports.items())
        return {"PULUMI_DEBUG_PROVIDERS": attach, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
