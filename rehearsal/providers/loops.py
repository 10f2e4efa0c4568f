"""Where a provider's calls run: each on the thread that asks, in an event loop and with context variables of its own.

So a provider may block, and two `Construct`s at once do not see each other's Pulumi settings, which the SDK keeps in
context variables.
"""

import asyncio
import contextvars
import traceback
from collections.abc import Coroutine
from concurrent import futures
from typing import Any, TypeVar

import grpc
from pulumi.errors import RunError
from pulumi.runtime._callbacks import _CallbackServicer  # pyright: ignore[reportPrivateUsage]  it has no other end

from components.errors import BlueGreenError

__all__ = ["THREADS", "Loops", "explain", "peer"]

THREADS = 64
"""Above any engine's parallelism: a Construct waits for the calls that it causes."""

_peer: contextvars.ContextVar[str] = contextvars.ContextVar("peer")
_GONE = ("Resource monitor has terminated, shutting down", "grpc: the client connection is closing")
"""How an invoke ends whose engine has gone: in the SDK's words, and in the Pulumi CLI's."""

_Answer = TypeVar("_Answer")


def peer() -> str:
    """Name the connection that the present call came on.

    An engine connects once for each provider instance, so two explicit providers of one package differ in this.
    """
    return _peer.get()


class Loops:
    """Event loops that serve one call after the other, as many as there are calls at once."""

    def __init__(self) -> None:
        self._idle: list[asyncio.Runner] = []
        self._closed = False
        self._executor = futures.ThreadPoolExecutor(THREADS, "engine call")

    def run(self, call: Coroutine[object, object, _Answer], caller: str) -> _Answer:
        """Run a call to its end; `peer` is the caller meanwhile."""
        variables = contextvars.copy_context()
        variables.run(_peer.set, caller)
        try:
            runner = self._idle.pop()
        except IndexError:
            runner = self._new()
        try:
            return runner.run(call, context=variables)
        finally:
            if self._closed:
                _end(runner)
            else:
                self._idle.append(runner)

    def _new(self) -> asyncio.Runner:
        runner = asyncio.Runner()
        runner.get_loop().set_exception_handler(self._report)
        runner.get_loop().set_default_executor(self._executor)
        return runner

    def _report(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report what nobody awaited, but not that the engine of a failed Construct has gone meanwhile."""
        error = context.get("exception")
        gone = self._closed or isinstance(error, grpc.RpcError | RunError) or str(error).endswith(_GONE)
        if not gone:
            loop.default_exception_handler(context)

    def close(self) -> None:
        """End the loops, those of calls under way with them."""
        self._closed = True
        while self._idle:
            _end(self._idle.pop())
        self._executor.shutdown(wait=False)


def _end(runner: asyncio.Runner) -> None:
    runner.run(_CallbackServicer.shutdown())  # a component's hooks were called there, which the SDK does not end itself
    runner.close()


def explain(error: BaseException) -> str:
    """Say in one line what a user can mend; of anything else show where it comes from.

    The SDK wraps what a provider raises in an Exception that has the traceback in its text.
    """
    cause = error if isinstance(error, BlueGreenError) else error.__context__ or error
    if isinstance(cause, BlueGreenError):
        return str(cause)
    return "".join(traceback.format_exception(cause, chain=False))
