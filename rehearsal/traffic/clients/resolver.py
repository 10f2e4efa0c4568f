"""Looks names up. It keeps nothing: each machine has a cache of its own."""

import asyncio
from contextlib import suppress
from itertools import count
from typing import NamedTuple

from rehearsal.traffic.clients.connection import RequestError
from rehearsal.traffic.dns_wire import MalformedError, Query, Reply, pack_query, read_reply

__all__ = ["Address", "Resolver"]

_PATIENCE = 1.0
"""Real seconds until a question is asked again."""
_TRIES = 5
"""As patient in all as the resolver of the C library is by default with one try: five seconds."""


class Address(NamedTuple):
    """Where a name leads, and for how many seconds that may be kept."""

    ip: str
    ttl: int


class Resolver(asyncio.DatagramProtocol):
    """Asks the DNS server on a port of 127.0.0.1."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, port: int) -> "Resolver":
        """Make a resolver in the running event loop."""
        loop = asyncio.get_running_loop()
        _, resolver = await loop.create_datagram_endpoint(cls, remote_addr=("127.0.0.1", port))
        return resolver

    async def look_up(self, name: str) -> Address:
        """Return the address of a name; RequestError when it has none, or nobody answers."""
        for _ in range(_TRIES):
            with suppress(TimeoutError):
                reply = await self._ask(name)
                ips = [resource.value for resource in reply.resources if resource.type == "A"]
                if not ips:
                    raise RequestError("name")
                return Address(ips[0], min(resource.ttl for resource in reply.resources))
        raise RequestError("name")

    def close(self) -> None:
        """Give the port up."""
        if self._transport:
            self._transport.close()

    async def _ask(self, name: str) -> Reply:
        number = next(self._numbers) % 65536
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            if self._transport:
                self._transport.sendto(pack_query(Query(number, name, "A")))
            async with asyncio.timeout(_PATIENCE):
                return await waiting
        finally:
            del self._waiting[number]

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Keep what to send by."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 - always the same
        """Hand an answer to who asked."""
        with suppress(MalformedError):
            reply = read_reply(data)
            waiting = self._waiting.get(reply.ident)
            if waiting and not waiting.done():
                waiting.set_result(reply)
