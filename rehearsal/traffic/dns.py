"""An authoritative DNS server on loopback that answers as Route 53 does for what AWS holds."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from rehearsal.oracle.state import Record, Snapshot
from rehearsal.traffic.dns_wire import MalformedError, Resource, pack_reply, read_query
from rehearsal.traffic.route53 import PROPAGATION, answer

__all__ = ["DnsServer"]

_GOLDEN = 0.6180339887498949


class DnsServer(asyncio.DatagramProtocol):
    """Answers for every record and every load balancer of the snapshots that it follows.

    `address_of` gives the address of a load balancer by its ARN; `speed` is model seconds per real second. Lots are
    not drawn at random, as Route 53 draws them, but spread evenly (multiples of the golden ratio), so that a hundred
    answers already show the weights and a story can be repeated.
    """

    def __init__(self, address_of: Callable[[str], str], speed: float) -> None:
        self._address_of, self._speed = address_of, speed
        self._held = Snapshot()
        """What is answered: load balancers as they are now, records once they are propagated."""
        self._latest: tuple[Record, ...] | None = None
        self._spreading: deque[tuple[float, tuple[Record, ...]]] = deque()
        """Records that are still to be answered, and from when on."""
        self._seen_at, self._seen = 0.0, monotonic()
        self._asked = Counter[str]()
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> int:
        """Serve in the running event loop; return the UDP port on 127.0.0.1."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def close(self) -> None:
        """Stop serving."""
        if self._transport:
            self._transport.close()

    def follow(self, snapshot: Snapshot, at: float) -> None:
        """Take over what AWS holds at a model time. The first records are no change: they are answered at once."""
        self._seen_at, self._seen = at, monotonic()
        if self._latest is None:
            self._held = snapshot
        elif snapshot.records != self._latest:
            self._spreading.append((at + PROPAGATION, snapshot.records))
        self._latest = snapshot.records
        self._held = replace(snapshot, records=self._held.records)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a query; what is none is dropped."""
        with suppress(MalformedError):
            query = read_query(data)
            if self._transport:
                self._transport.sendto(pack_reply(data, self._resources(query.name, query.type)), addr)

    def _resources(self, name: str, kind: str) -> list[Resource] | None:
        self._propagate()
        self._asked[name] += 1
        found = answer(self._held, name, self._asked[name] * _GOLDEN % 1)
        if found is None:
            return None
        if kind != "A":
            return []
        names = [Resource(step.name, "CNAME", step.target, step.ttl) for step in found.names]
        if not found.balancer:
            return names
        end = found.names[-1].target if found.names else name
        return [*names, Resource(end, "A", self._address_of(found.balancer), found.ttl)]

    def _propagate(self) -> None:
        now = self._seen_at + self._speed * (monotonic() - self._seen)
        while self._spreading and self._spreading[0][0] <= now:
            self._held = replace(self._held, records=self._spreading.popleft()[1])
