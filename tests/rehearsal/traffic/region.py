"""A load balancer of each colour, made of a few lines: it answers as told, and notes who asked what."""

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from time import monotonic

from rehearsal.oracle import Probe
from rehearsal.traffic.access import Access
from rehearsal.traffic.clients.connection import RequestError
from rehearsal.traffic.clients.machine import HABITS, Machine, Network
from rehearsal.traffic.clients.resolver import Address

PROBE = Probe(service="dkms", entry="dkms.example.com", port=80, path="/v1/keys", headers={"x-tenant": "a"})


class Balancer:
    """Answers with its colour, or does what `does` says, once for every request or connection."""

    def __init__(self, colour):
        self.colour = colour
        self.does = []
        """What happens to the next requests: reset, close, last, fail, truncate, stall; or `refuse` to a connection."""
        self.greeting = b""
        """What a connection gets before it asks."""
        self.connections = 0
        self.requests = []
        self.answering = asyncio.Event()
        """While it is not set, requests wait."""
        self.answering.set()
        self._writers = []

    async def start(self, context=None):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.ip, self.port = self._server.sockets[0].getsockname()

    async def stop(self):
        self._server.close()
        await self._server.wait_closed()
        self.hang_up()

    def hang_up(self):
        """Close every connection without a word."""
        while self._writers:
            self._writers.pop().close()

    async def _serve(self, reader, writer):
        self.connections += 1
        self._writers.append(writer)
        writer.write(self.greeting)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                does = self.does.pop(0) if self.does else ""
                if does == "reset":
                    writer.transport.abort()
                    return
                await self.answering.wait()
                if does == "stall":
                    await asyncio.sleep(60)
                writer.write(self._answer(does))
                if does in ("truncate", "close"):
                    writer.close()
                    return

    def _answer(self, does):
        status = "503 Service Unavailable" if does == "fail" else "200 OK"
        length = 30 if does == "truncate" else 3
        connection = "connection: close\r\n" if does == "last" else ""
        return (
            f"HTTP/1.1 {status}\r\nX-Colour: {self.colour}\r\n{connection}content-length: {length}\r\n\r\nok\n".encode()
        )


class Names:
    """A resolver that is told what to answer."""

    def __init__(self):
        self.ip = "127.0.0.1"
        self.asked = 0

    async def look_up(self, name):
        assert name == PROBE.entry
        self.asked += 1
        if not self.ip:
            raise RequestError("name")
        return Address(self.ip, 60)


class Region:
    """A balancer behind the name, one in the other region, and a clock that stands still until it is set."""

    def __init__(self, here, peer, network, names):
        self.here, self.peer, self.network, self.names = here, peer, network, names

    def machine(self, kind, **kwargs):
        return Machine(HABITS[kind], PROBE, self.network, **kwargs)

    def at(self, seconds):
        object.__setattr__(self.network, "epoch", monotonic() - seconds / self.network.speed)


@asynccontextmanager
async def region(*, speed=0.001, context=None, ca=""):
    here, peer, names = Balancer("blue"), Balancer(""), Names()
    await here.start(context)
    await peer.start(context)
    access = Access(dns=1, ca=ca, port_offset=here.port - PROBE.port, peer=(peer.ip, peer.port))
    tls = ssl.create_default_context(cadata=ca) if ca else None
    made = Region(here, peer, Network(access, names, tls, speed, monotonic()), names)
    try:
        yield made
    finally:
        await here.stop()
        await peer.stop()
        await asyncio.sleep(0.01)  # what was closed is gone after a turn of the loop
