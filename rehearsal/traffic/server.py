"""The HTTP server that a pod is, or all pods of the other region."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiohttp import web

__all__ = ["GRACE", "PRE_STOP", "Server"]

PRE_STOP = 30.0
"""Model seconds for which a pod that is being stopped goes on as before: its `preStop` hook sleeps."""
GRACE = 300.0
"""Model seconds for which it then finishes what is in flight: the deregistration delay of its target."""
_CHUNK = 10.0
"""Model seconds between two chunks of a stream."""
_SHORTEST = 0.01
"""Real seconds between them at least."""
_NOTICED = 0.001
"""Real seconds below which a latency is not worth a timer."""
_GOLDEN = 0.6180339887498949
"""Spreads errors evenly, so that a few requests show their share."""


class Server:
    """An HTTP server on an address of its own. It answers every path, and `/stream?seconds=S` for S model seconds."""

    def __init__(self, headers: Mapping[str, str], speed: float) -> None:
        self.headers = headers
        self.ready = True
        self.error_share = 0.0
        """Share (0-1) of requests that are answered with 500."""
        self.latency = 0.0
        """Model seconds until an answer begins."""
        self._speed = speed
        self._answered = 0
        self._server = web.Server(self._answer, access_log=None, keepalive_timeout=3600)
        self._listening: asyncio.Server | None = None

    async def start(self, ip: str, port: int) -> tuple[str, int]:
        """Listen there, port 0 for any free one, and return where that is."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._server, ip, port, backlog=1024)
        return self._listening.sockets[0].getsockname()

    async def stop(self) -> None:
        """Stop as a pod does that nobody sends to any more: after its hook, and after what is in flight."""
        await asyncio.sleep(PRE_STOP / self._speed)
        self._close()
        await self._server.shutdown(GRACE / self._speed)

    def crash(self) -> None:
        """Be gone at once."""
        self._close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection."""
        for connection in self._server.connections:
            if connection.transport:
                connection.transport.abort()

    def _close(self) -> None:
        if self._listening:
            self._listening.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if not self.ready:
            return web.Response(status=503, headers=self.headers)
        if self.latency / self._speed > _NOTICED:
            await asyncio.sleep(self.latency / self._speed)
        self._answered += 1
        if self._answered * _GOLDEN % 1 < self.error_share:
            return web.Response(status=500, headers=self.headers)
        if request.path.endswith("/stream"):
            return await self._stream(request, float(request.query.get("seconds", "60")) / self._speed)
        return web.Response(text="ok\n", headers=self.headers)

    async def _stream(self, request: web.BaseRequest, lasts: float) -> web.StreamResponse:
        answer = web.StreamResponse(headers=self.headers)
        loop = asyncio.get_running_loop()
        end = loop.time() + lasts
        with suppress(ConnectionError):  # the client has gone, or its connection
            await answer.prepare(request)
            while (left := end - loop.time()) > 0:
                await answer.write(b"more\n")
                await asyncio.sleep(min(left, max(_CHUNK / self._speed, _SHORTEST)))
            await answer.write_eof(b"end\n")
        return answer
