"""Serves Pulumi providers written in Python to any engine, over gRPC.

Each package has a port of its own on 127.0.0.1. An engine attaches to it: the Pulumi CLI when
`PULUMI_DEBUG_PROVIDERS` names the ports, the embedded engine by itself.

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
from types import TracebackType
from typing import Any, Self, cast

import grpc
from google.protobuf.message import Message
from pulumi.errors import RunError
from pulumi.provider.experimental import provider as sdk
from pulumi.runtime.proto import provider_pb2_grpc

from components.errors import BlueGreenError
from rehearsal.providers.servicer import Servicer

__all__ = ["ProviderServer", "peer"]

_peer: contextvars.ContextVar[str] = contextvars.ContextVar("peer")
_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]  # what Pulumi's own channels allow
_GONE = ("Resource monitor has terminated, shutting down", "grpc: the client connection is closing")
"""How an invoke ends whose engine has gone: in the SDK's words, and in the Pulumi CLI's."""
_THREADS = 64  # above any engine's parallelism: a Construct waits for the calls that it causes


def peer() -> str:
    """Name the connection that the present call came on.

    An engine dials once for each provider instance, so two explicit providers of one package, which share
    a port, differ in this.
    """
    return _peer.get()


class _Threads:
    """The threads that serve one package, each with an event loop of its own."""

    def __init__(self) -> None:
        self._executor = futures.ThreadPoolExecutor(_THREADS, "engine call")
        self._local = threading.local()
        self._runners: list[asyncio.Runner] = []
        self.pool = futures.ThreadPoolExecutor(_THREADS, "provider", initializer=self._enter)

    def _enter(self) -> None:
        runner = self._local.runner = asyncio.Runner()
        runner.get_loop().set_exception_handler(_report)
        runner.get_loop().set_default_executor(self._executor)
        self._runners.append(runner)

    def run(self, call: Coroutine[object, object, Message], context: grpc.ServicerContext) -> Message:
        variables = contextvars.copy_context()
        variables.run(_peer.set, context.peer())
        return self._local.runner.run(_while_connected(call, context), context=variables)

    def close(self) -> None:
        self.pool.shutdown()
        for runner in self._runners:
            runner.close()


async def _while_connected(call: Coroutine[object, object, Message], context: grpc.ServicerContext) -> Message:
    """Cancel a call that its engine no longer waits for.

    Without the engine the SDK cannot even log, and leaves the outputs of a component open for ever.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101  a coroutine that runs is in one

    def cancel() -> None:
        loop.call_soon_threadsafe(task.cancel)

    if not context.add_callback(cancel):  # the engine has gone already: begin nothing
        call.close()
        raise asyncio.CancelledError
    return await call


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what nobody awaited, but not that the engine of a failed Construct has gone meanwhile."""
    error = context.get("exception")
    if not isinstance(error, grpc.RpcError | RunError) and not str(error).endswith(_GONE):
        loop.default_exception_handler(context)


class _Blocking:
    """Offers an asynchronous servicer to gRPC's server of one thread per call."""

    def __init__(self, servicer: Servicer, threads: _Threads) -> None:
        self._servicer = servicer
        self._threads = threads

    def __getattr__(self, method: str) -> Callable[[Message, grpc.ServicerContext], Message]:
        handler = getattr(self._servicer, method)

        def serve(request: Message, context: grpc.ServicerContext) -> Message:
            try:
                return self._threads.run(handler(request, context), context)
            except asyncio.CancelledError:
                code, message = grpc.StatusCode.CANCELLED, "the engine has given up the call"
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
        servicer = cast("provider_pb2_grpc.ResourceProviderServicer", _Blocking(Servicer(package, provider), threads))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._stack.callback(lambda: server.stop(grace=None).wait())
        return port

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
