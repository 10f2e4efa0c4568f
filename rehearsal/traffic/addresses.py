"""Loopback addresses that belong to one run alone, so that several rehearsals never meet."""

import random
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from components.errors import BlueGreenError

__all__ = ["Addresses", "free_port_offset"]

_BLOCKS = range(16, 240)
"""The second numbers of 127.x.0.0/16 to choose from; what else lives on loopback keeps to low or high ones."""
_LOCK_PORT = 19_999
_OFFSETS = range(20_000, 60_000, 10_000)
_LISTENING = "0A"
_ANY = ("00000000", "0" * 32)


class Addresses:
    """Gives every name a loopback address of its own, for as long as the run lasts.

    An address is not given again when its owner is gone: flows of the old owner must not meet a new one.
    """

    def __init__(self) -> None:
        """Take a block that no other run has; BlueGreenError if every one is taken."""
        self._given: dict[str, str] = {}
        for block in random.sample(_BLOCKS, len(_BLOCKS)):
            self._lock = socket.socket()
            try:
                self._lock.bind((f"127.{block}.0.1", _LOCK_PORT))
            except OSError:
                self._lock.close()
            else:
                self._free = _hosts(block)
                return
        raise BlueGreenError(f"every block of loopback addresses is taken (port {_LOCK_PORT}); end other rehearsals")

    def of(self, name: str) -> str:
        """Return the address of a name: the ARN of a load balancer, or `ip:port` of a pod."""
        if name not in self._given:
            self._given[name] = next(self._free)
        return self._given[name]

    def close(self) -> None:
        """Leave the block to others."""
        self._lock.close()


def free_port_offset() -> int:
    """Return how far ports are moved up, so that none needs privileges or meets a server on all addresses.

    A model port may be anything below 10 000; higher ones work as long as nobody else listens there.
    """
    busy = set(_listening_everywhere())
    for offset in _OFFSETS:
        if not any(offset <= port < offset + _OFFSETS.step for port in busy):
            return offset
    raise BlueGreenError("servers on all addresses (0.0.0.0) occupy every range of 10 000 ports above 20 000")


def _hosts(block: int) -> Iterator[str]:
    return (f"127.{block}.{number // 250}.{number % 250 + 2}" for number in count())


def _listening_everywhere() -> Iterator[int]:
    """Read the ports on which somebody listens on every address, which nobody else may then bind on one."""
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            local, state = line.split()[1::2][:2]
            address, port = local.split(":")
            if state == _LISTENING and address in _ANY:
                yield int(port, 16)
