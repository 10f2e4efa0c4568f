"""Load balancers, pods and DNS of one region, and the entry of the other, in one event loop and one Envoy."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

from rehearsal.oracle.state import Snapshot
from rehearsal.traffic.access import Access
from rehearsal.traffic.addresses import Addresses, free_port_offset
from rehearsal.traffic.checks import Checks
from rehearsal.traffic.dns import DnsServer
from rehearsal.traffic.envoy.clusters import flow_cluster_name, place
from rehearsal.traffic.envoy.configuration import configure
from rehearsal.traffic.envoy.process import Envoy
from rehearsal.traffic.envoy.resources import Site
from rehearsal.traffic.flows import Flow, Flows
from rehearsal.traffic.pods import Pods
from rehearsal.traffic.server import Server

__all__ = ["DataPlane"]

CLOSING = 0.05
"""Real seconds until flows that end are closed: by then new ones go the new way. AWS says "a short while"."""
_PEERS = {"cn-north-1": "cn-northwest-1", "cn-northwest-1": "cn-north-1"}
_PEER_PORT, _ADMIN_PORT = 443, 9901


class DataPlane:
    """Follows states of AWS. Use `open`, and `close` in the end."""

    access: Access
    """How clients reach it."""

    def __init__(self, *, speed: float, region: str, hosts: Sequence[str]) -> None:
        self._speed, self._region, self._hosts = speed, region, hosts
        self._flows = Flows()
        self._keep = AsyncExitStack()

    async def open(self) -> None:
        """Start everything but Envoy, which starts with the first state."""
        directory = Path(self._keep.enter_context(TemporaryDirectory(prefix="bluegreen-")))
        authority = trustme.CA()
        certificate = authority.issue_cert(*self._hosts)
        certificate.private_key_pem.write_to_path(str(directory / "key.pem"))
        for pem in certificate.cert_chain_pems:
            pem.write_to_path(str(directory / "cert.pem"), append=True)
        addresses = Addresses()
        self._keep.callback(addresses.close)
        offset = free_port_offset()
        self._checks = Checks()
        self._keep.push_async_callback(self._checks.close)
        peer = Server({"x-colour": "", "x-region": _PEERS.get(self._region, "elsewhere")}, self._speed)
        self._keep.callback(peer.crash)
        self._site = Site(
            directory=directory,
            address_of=addresses.of,
            port_offset=offset,
            speed=self._speed,
            checks_port=await self._checks.start(),
            peer=(addresses.of("peer"), _PEER_PORT + offset),
            peer_pod=await peer.start(addresses.of("peer pod"), 0),
        )
        self._dns = DnsServer(addresses.of, self._speed)
        self._keep.callback(self._dns.close)
        self._pods = Pods(addresses.of, offset, speed=self._speed, region=self._region)
        self._keep.push_async_callback(self._pods.close)
        self._envoy = Envoy(directory, admin=(addresses.of("envoy"), _ADMIN_PORT + offset))
        self._keep.push_async_callback(self._envoy.close)
        self.access = Access(
            dns=await self._dns.start(),
            ca=authority.cert_pem.bytes().decode(),
            port_offset=offset,
            peer=self._site.peer,
        )

    async def follow(self, snapshot: Snapshot, at: float) -> None:
        """Become what AWS holds at a model time; new connections and requests go the new way some 10 ms later."""
        await self._pods.follow(snapshot)
        flows = self._flows.follow(snapshot, at)
        await self._envoy.apply(configure(snapshot, flows, self._site))
        if flows.closing:
            asyncio.get_running_loop().call_later(CLOSING, self._close, flows.closing)
        self._dns.follow(snapshot, at)

    async def close(self) -> None:
        """End it all."""
        await self._keep.aclose()

    def _close(self, closing: frozenset[Flow]) -> None:
        for flow in closing:
            ip, _ = place(flow.destination, self._site)
            self._checks.end_flows(flow_cluster_name(flow.way), ip)
