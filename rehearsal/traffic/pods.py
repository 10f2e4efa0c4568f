"""The pods of a region: they start, fail, crash and stop as the states of AWS say."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from rehearsal.aws.health import STARTUP
from rehearsal.oracle.state import Pod, Snapshot
from rehearsal.traffic.server import Server

__all__ = ["Pods"]


class Pods:
    """Runs the pods of each state of AWS."""

    def __init__(self, address_of: Callable[[str], str], port_offset: int, *, speed: float, region: str) -> None:
        self._address_of, self._port_offset = address_of, port_offset
        self._speed, self._region = speed, region
        self._running: dict[str, _Running] = {}
        self._stopping: dict[str, tuple[Server, asyncio.Task[None]]] = {}
        self._targets: frozenset[str] = frozenset()

    async def follow(self, snapshot: Snapshot) -> None:
        """Start, change and stop pods until they are those of a state of AWS."""
        targets = [target for group in snapshot.target_groups.values() for target in group.targets]
        registered = {target.address for target in targets if target.state != "draining"}
        for address in self._running.keys() - snapshot.pods.keys():
            self._end(address, crashed=address in registered)
        for address, pod in snapshot.pods.items():
            if address in self._running:
                self._running[address].become(pod, self._region)
            else:
                self._running[address] = await self._start(pod)
        now = frozenset(target.address for target in targets)
        for address in (self._targets - now) & self._running.keys():
            # Its deregistration delay is over: the ALB gives up what is still in flight.
            self._running[address].server.cut()
        self._targets = now

    async def close(self) -> None:
        """End them all."""
        for address in list(self._running):
            self._end(address, crashed=True)
        for server, task in self._stopping.values():
            server.crash()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _start(self, pod: Pod) -> "_Running":
        if pod.address in self._stopping:
            server, task = self._stopping.pop(pod.address)
            server.crash()
            task.cancel()
        running = _Running(Server({}, self._speed))
        running.become(pod, self._region)
        asyncio.get_running_loop().call_later(STARTUP / self._speed, running.start)
        await running.server.start(self._address_of(pod.address), pod.port + self._port_offset)
        return running

    def _end(self, address: str, *, crashed: bool) -> None:
        """A pod that is gone while its target is registered has crashed: one that is stopped deregisters first."""
        server = self._running.pop(address).server
        if crashed:
            server.crash()
        else:
            self._stopping[address] = server, asyncio.create_task(server.stop())


@dataclass(slots=True)
class _Running:
    """A pod: ready once it has started, while it is healthy."""

    server: Server
    started: bool = False
    healthy: bool = True

    def start(self) -> None:
        self.started = True
        self.server.ready = self.healthy

    def become(self, pod: Pod, region: str) -> None:
        self.healthy = pod.healthy
        self.server.ready = self.started and pod.healthy
        self.server.error_share, self.server.latency = pod.error_share, pod.latency
        self.server.headers = {
            "x-colour": pod.colour,
            "x-cluster": pod.cluster,
            "x-pod": pod.address,
            "x-region": region,
        }
