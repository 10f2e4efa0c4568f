"""Runs a Pulumi program in the engine's own process, as Pulumi's Automation API does with an inline program."""

import asyncio
import contextvars
import io
import os
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

from pulumi.runtime import Settings

from rehearsal.engine.program import Launch, run_program
from rehearsal.engine.services import Services
from rehearsal.generated import load
from rehearsal.near import Near

__all__ = ["start"]


def start(launch: Launch, services: Services) -> tuple[Callable[[], int], IO[str]]:
    """Start a run of a program in Python on a thread of this process.

    It takes a fifth less of the processor's time than a process of its own, with gRPC to there and back. The program is
    to print nothing and to leave nothing behind in this process; what it changes in the environment, others see.
    """
    load()
    codes: list[int] = []

    def run() -> None:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda _loop, _context: None)  # a failed run leaves futures that nobody awaits
        with _AMBIENT.being(launch.environment):
            try:
                codes.append(run_program(launch, loop, Near(services.monitor), Near(services.engine)))
            finally:
                _end(loop)
                # The SDK keeps the last settings for whoever has none, and with them everything of this run.
                contextvars.Context().run(Settings, project=None, stack=None)

    thread = threading.Thread(target=contextvars.Context().run, args=(run,), name="program", daemon=True)
    thread.start()

    def wait() -> int:
        thread.join()
        return codes[0] if codes else 1

    return wait, io.StringIO()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Give up what a failed run has left, and the loop."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    with suppress(Exception):
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


class _Ambient:
    """The environment, which all programs that run in this process at the moment share."""

    def __init__(self) -> None:
        self._running = 0
        self._environment: Mapping[str, str] = {}
        self._before: Mapping[str, str] = {}
        self._changed = threading.Condition()

    @contextmanager
    def being(self, environment: Mapping[str, str]) -> Generator[None]:
        """Wait until no program needs another environment, and have this one for the block."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running or self._environment == environment)
            if not self._running:
                self._environment, self._before = environment, dict(os.environ)
                _become(environment)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                if not self._running:
                    _become(self._before)
                    self._changed.notify_all()


def _become(environment: Mapping[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


_AMBIENT = _Ambient()
