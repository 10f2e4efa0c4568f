"""Copies of the AWS process, each as it was at one moment, of which any can take over.

A fork copies nothing until someone writes, so one can be kept after every call. All of them share the socket on
which AWS listens: whoever takes over is found at the same address, and clients need not know.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Callable

from moto.moto_api._internal import mock_random

__all__ = ["WAKE", "Checkpoints", "end_with_parent"]

WAKE = b"!"

_PARENT = 0
"""Standard input, to which nobody writes."""
_LAST = 4096
"""Above any file descriptor of this process."""


class Checkpoints:
    """Makes copies of this process. In a copy that takes over `serve` begins to answer."""

    def __init__(self, listening: socket.socket, serve: Callable[[], None]) -> None:
        self._listening, self._serve = listening, serve
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for copies

    def take(self) -> int:
        """Keep a copy of this process; returns the port on which it waits to be woken.

        Told `WAKE` there it lets a copy of itself take over, answers with the same byte as soon as that serves, and
        waits on, so that it can be woken again. When the connection ends without it, it ends.
        """
        waiting = socket.create_server(("127.0.0.1", 0))
        port: int = waiting.getsockname()[1]
        if os.fork() == 0:
            self._wait(waiting)
        waiting.close()
        return port

    def _wait(self, waiting: socket.socket) -> None:
        """Be a copy. Only this thread is left, and clients' connections belong to the process that went on."""
        _close_all_but(waiting, self._listening)
        while waiting in select.select([waiting, _PARENT], [], [])[0]:
            caller, _ = waiting.accept()
            if caller.recv(1) != WAKE:
                break
            if os.fork() == 0:
                mock_random.seed()  # or it would give new things the ids that whoever went on has given to others
                waiting.close()
                self._serve()
                caller.sendall(WAKE)
                caller.close()
                end_with_parent()
            caller.close()
        os._exit(0)


def end_with_parent() -> None:
    """End this process when whoever started the first one closes the pipe to it, or dies."""
    os.read(_PARENT, 1)  # not by sys.stdin, whose lock a fork may inherit locked
    os._exit(0)  # nothing is left to tidy, and tearing moto down takes most of a second


def _close_all_but(*kept: socket.socket) -> None:
    first = 3
    for descriptor in sorted(each.fileno() for each in kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, _LAST)
