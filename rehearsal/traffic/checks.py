"""What Envoy takes for health checks of an NLB's targets, and what ends established flows."""

import asyncio
from collections import defaultdict
from weakref import WeakSet

from aiohttp import web

__all__ = ["Checks"]

_Key = tuple[str, str]
"""Cluster, and the loopback address of its target."""


class Checks:
    """Keeps one request per cluster and target open: an answer of 503 makes Envoy close the flows to that target.

    The first request on a connection is answered with 200 at once, so that a new target or one whose flows were just
    closed takes new ones, where its cluster lets it.
    """

    def __init__(self) -> None:
        self._ending: defaultdict[_Key, asyncio.Event] = defaultdict(asyncio.Event)
        self._asked: WeakSet[asyncio.Transport] = WeakSet()
        self._server = web.Server(self._answer, handler_cancellation=True, access_log=None)
        self._listening: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen, and return the port on 127.0.0.1."""
        self._listening = await asyncio.get_running_loop().create_server(self._server, "127.0.0.1", 0)
        return self._listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Answer nobody any more."""
        if self._listening:
            self._listening.close()
        await self._server.shutdown(0)

    def end_flows(self, cluster: str, address: str) -> None:
        """Close every flow of a cluster to the target at a loopback address."""
        self._ending[cluster, address].set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        ending = self._ending[request.path.removeprefix("/"), request.host]
        if request.transport in self._asked:
            await ending.wait()
        elif request.transport:
            self._asked.add(request.transport)
        if not ending.is_set():
            return web.Response()
        ending.clear()
        answer = web.Response(status=503)
        answer.force_close()
        return answer
