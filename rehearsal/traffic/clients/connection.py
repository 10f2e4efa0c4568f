"""One connection of a client, and what can go wrong on it.

Not aiohttp's client: that sends again by itself what was lost on a kept connection, so that nobody could count it, and
limits for how long a connection is idle but not how old it gets.
"""

import asyncio
import ssl
from math import inf
from typing import NamedTuple

import httptools

from rehearsal.traffic.recording import Failure

__all__ = ["Answer", "Connection", "RequestError"]

_COLOUR = b"x-colour"


class RequestError(Exception):
    """A request that got no whole answer."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why)
        self.why: Failure = why


class Answer(NamedTuple):
    """The part of a response that counts."""

    status: int
    colour: str


class Connection(asyncio.Protocol):
    """HTTP/1.1 with one request at a time, over TLS or not."""

    def __init__(self) -> None:
        self.closed = False
        """Whether the other side has closed it."""
        self.lasting = True
        """Whether the other side, by its last response, leaves it open."""
        self.until = inf
        """When its owner gives it up, by the model's clock."""
        self._colour = ""
        self._begun = False
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, address: str, port: int, *, tls: ssl.SSLContext | None, name: str) -> "Connection":
        """Connect, with `name` for TLS; RequestError when that fails. A certificate that does is our own fault."""
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                cls, address, port, ssl=tls, server_hostname=name if tls else None
            )
        except ssl.SSLCertVerificationError:
            raise
        except (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError) as error:
            raise RequestError("reset") from error
        except OSError as error:
            raise RequestError("refused") from error
        return connection

    async def get(self, request: bytes) -> Answer:
        """Send a request and wait for the whole response; RequestError when the connection is lost before."""
        if self.closed or not self._transport:
            raise RequestError("reset")
        self._colour, self._begun = "", False
        self._parser = httptools.HttpResponseParser(self)
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Close it at once."""
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read a part of a response."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio hands it over
        """It is gone, by whomever."""
        self.closed = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(RequestError("truncated" if self._begun else "reset"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note the colour."""
        if name.lower() == _COLOUR:
            self._colour = value.decode()

    def on_headers_complete(self) -> None:
        """From here on a loss truncates the response."""
        self._begun = True

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        self.lasting = self._parser.should_keep_alive()
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(Answer(self._parser.get_status_code(), self._colour))
