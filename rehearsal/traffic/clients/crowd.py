"""Many machines that send at fixed instants, whatever comes back: an open loop.

Latency counts from the instant at which a request was due, so a wait that holds others up is not hidden in a lower
rate of requests (https://www.scylladb.com/2021/04/22/on-coordinated-omission/).
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count, cycle
from math import ceil
from time import monotonic

from rehearsal.oracle.verdict import Probe
from rehearsal.traffic.clients.machine import HABITS, Machine, Network
from rehearsal.traffic.recording import ClientKind, Sample

__all__ = ["Crowd"]

_TURNS = (ClientKind.FRESH, ClientKind.POOLED, ClientKind.FRESH, ClientKind.POOLED, ClientKind.STUBBORN)
"""40 % of the requests from fresh clients, 40 % from pooled and 20 % from stubborn ones."""
_MACHINES = {ClientKind.FRESH: 50, ClientKind.POOLED: 20, ClientKind.STUBBORN: 20, ClientKind.STREAMING: 5}
"""Machines of each kind: so many that a split of their connections shows, so few that each sends often enough (ten
requests a second at a rate of 500) to keep a connection."""
_PAUSE = 0.05
"""Real seconds between two streams of a machine."""
_STAGGER = 0.6
"""Real seconds between the first streams of two machines, so that at any moment some are in their middle."""


class Crowd:
    """Machines of all kinds, spread evenly over the probes; `record` gets what each request met."""

    def __init__(self, network: Network, probes: Sequence[Probe], record: Callable[[Sample], None]) -> None:
        self._record = record
        self._machines = {kind: _machines(kind, network, probes) for kind in _MACHINES}

    async def send(self, rate: float, stop: asyncio.Event) -> None:
        """Send so many requests per real second, and streams beside them; once stopped, wait for what is in flight."""
        async with asyncio.TaskGroup() as flying:
            for place, machine in enumerate(self._machines[ClientKind.STREAMING]):
                flying.create_task(self._stream(machine, stop, wait=place * _STAGGER))
            turns = {kind: cycle(self._machines[kind]) for kind in _TURNS}
            start = monotonic()
            for number in count():
                due = start + number / rate
                await asyncio.sleep(due - monotonic())
                if stop.is_set():
                    break
                flying.create_task(self._request(next(turns[_TURNS[number % len(_TURNS)]]), due))

    def close(self) -> None:
        """Close all connections."""
        for machines in self._machines.values():
            for machine in machines:
                machine.close()

    async def _request(self, machine: Machine, due: float) -> None:
        self._record(await machine.send(due))

    async def _stream(self, machine: Machine, stop: asyncio.Event, *, wait: float) -> None:
        await asyncio.sleep(wait)
        while not stop.is_set():
            await self._request(machine, monotonic())
            await asyncio.sleep(_PAUSE)


def _machines(kind: ClientKind, network: Network, probes: Sequence[Probe]) -> list[Machine]:
    """As many machines for one probe as for another."""
    number = len(probes) * ceil(_MACHINES[kind] / len(probes))
    return [
        Machine(HABITS[kind], probes[place % len(probes)], network, phase=(place + 1) / number)
        for place in range(number)
    ]
