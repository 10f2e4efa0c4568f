"""Providers in the engine's own process, without gRPC between them, which takes longer than what they do."""

import asyncio
from collections.abc import Coroutine, Mapping, MutableMapping
from hashlib import blake2b
from itertools import count
from typing import Any, NoReturn, cast

import grpc
from google.protobuf.message import Message
from pulumi.provider.experimental import provider as sdk
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, resource_pb2_grpc

from rehearsal.near import Near
from rehearsal.providers.loops import Loops, explain
from rehearsal.providers.servicer import PureProvider, Servicer

__all__ = ["Connection", "Direct", "UnansweredError"]


class UnansweredError(Exception):
    """A call that failed, in the words of the provider."""

    def __init__(self, why: str, *, unimplemented: bool = False) -> None:
        super().__init__(why)
        self.unimplemented = unimplemented


class Direct:
    """Connects an engine to providers by their package, for one run."""

    def __init__(self, packages: Mapping[str, sdk.Provider]) -> None:
        self.packages = packages
        self._loops, self._numbers = Loops(), count(1)
        self._connections: list[Connection] = []

    def connect(self, package: str) -> "Connection":
        """A connection of its own."""
        provider = self.packages[package]
        kept = provider.answers if isinstance(provider, PureProvider) else None
        name = f"{package} {id(self)}-{next(self._numbers)}"
        connection = Connection(Servicer(package, provider), self._loops, name, kept)
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Give up the calls that are still under way."""
        for connection in self._connections:
            connection.close()
        self._loops.close()


class Connection:
    """Asks one provider."""

    def __init__(
        self, servicer: Servicer, loops: Loops, name: str, kept: MutableMapping[bytes, Message] | None
    ) -> None:
        self._servicer, self._loops, self._name = servicer, loops, name
        self._kept, self._configuration = kept, b""
        self._under_way: set[asyncio.Task[Message]] = set()

    def ask(self, method: str, request: Message) -> Message:
        """Call a method of Pulumi's provider protocol. Raises UnansweredError."""

        def answer() -> Message:
            return self._answer(getattr(self._servicer, method)(request, _Refusing()))

        if method == "Configure":
            self._configuration = request.SerializeToString(deterministic=True)
        if self._kept is None or method not in ("Check", "Diff") or getattr(request, "randomSeed", b""):
            return answer()
        asked = b"".join([method.encode(), self._configuration, request.SerializeToString(deterministic=True)])
        question = blake2b(asked, digest_size=16).digest()
        if question not in self._kept:
            self._kept[question] = answer()
        return self._kept[question]

    def construct(
        self,
        request: provider_pb2.ConstructRequest,
        monitor: resource_pb2_grpc.ResourceMonitorServicer,
        engine: engine_pb2_grpc.EngineServicer,
    ) -> Message:
        """Have a component built, which registers its children with this engine. Raises UnansweredError."""
        servicer = self._servicer.registering_with(Near(monitor), Near(engine))
        return self._answer(servicer.Construct(request, cast("Any", _Refusing())))

    def _answer(self, call: Coroutine[object, object, Message]) -> Message:
        try:
            return self._loops.run(self._noted(call), self._name)
        except UnansweredError:
            raise
        except asyncio.CancelledError:
            raise UnansweredError("the engine has given up the call") from None
        except NotImplementedError as error:
            raise UnansweredError(str(error), unimplemented=True) from None
        except Exception as error:
            raise UnansweredError(explain(error)) from error

    async def _noted(self, call: Coroutine[object, object, Message]) -> Message:
        """Let a call be given up.

        Without an engine the SDK cannot even log, and leaves the outputs of a component open for ever.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine that runs is in one
        self._under_way.add(task)
        try:
            return await call
        finally:
            self._under_way.discard(task)

    def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._under_way):
            task.get_loop().call_soon_threadsafe(task.cancel)


class _Refusing:
    """What a servicer uses of gRPC's context."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise UnansweredError(details, unimplemented=code is grpc.StatusCode.UNIMPLEMENTED)

    def abort_with_status(self, status: grpc.Status) -> NoReturn:
        raise UnansweredError(status.details, unimplemented=status.code is grpc.StatusCode.UNIMPLEMENTED)
