"""Serves Pulumi providers written in Python to any engine, over gRPC.

Each package has a port of its own on 127.0.0.1. The Pulumi CLI attaches to it when `PULUMI_DEBUG_PROVIDERS` names the
ports.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from concurrent import futures
from types import TracebackType
from typing import Self, cast

import grpc
from google.protobuf.message import Message
from pulumi.provider.experimental import provider as sdk
from pulumi.runtime.proto import provider_pb2_grpc

from rehearsal.providers.loops import THREADS, Loops, explain
from rehearsal.providers.servicer import Servicer

__all__ = ["ProviderServer"]

_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]  # what Pulumi's own channels allow


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


class _Blocking:
    """Offers an asynchronous servicer to gRPC's server of one thread per call."""

    def __init__(self, servicer: Servicer, loops: Loops) -> None:
        self._servicer, self._loops = servicer, loops

    def __getattr__(self, method: str) -> Callable[[Message, grpc.ServicerContext], Message]:
        handler = getattr(self._servicer, method)

        def serve(request: Message, context: grpc.ServicerContext) -> Message:
            try:
                return self._loops.run(_while_connected(handler(request, context), context), context.peer())
            except asyncio.CancelledError:
                code, message = grpc.StatusCode.CANCELLED, "the engine has given up the call"
            except NotImplementedError as error:
                code, message = grpc.StatusCode.UNIMPLEMENTED, str(error)
            except Exception as error:
                if _ended(context):
                    raise
                code, message = grpc.StatusCode.UNKNOWN, explain(error)
            return context.abort(code, message)

        return serve


def _ended(context: grpc.ServicerContext) -> bool:
    """Tell whether the handler has called `abort` itself."""
    return context.code() is not None  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  the stubs lack it


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
        loops = Loops()
        self._stack.callback(loops.close)
        threads = self._stack.enter_context(futures.ThreadPoolExecutor(THREADS, "provider"))
        server = grpc.server(threads, options=_OPTIONS)
        servicer = cast("provider_pb2_grpc.ResourceProviderServicer", _Blocking(Servicer(package, provider), loops))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self._stack.callback(lambda: server.stop(grace=None).wait())
        return port

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
