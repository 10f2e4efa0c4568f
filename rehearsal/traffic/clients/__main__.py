"""The clients' process: sends what it is told to, and ends when its standard input does."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Callable
from threading import Thread

from rehearsal.traffic.clients.crowd import Crowd
from rehearsal.traffic.clients.machine import Network
from rehearsal.traffic.clients.resolver import Resolver
from rehearsal.traffic.clients.wire import SAMPLES, Order
from rehearsal.traffic.recording import Sample

_FLUSH = 0.1
"""Real seconds between two lines of the output."""


async def main(order: Order) -> None:
    """Send until the parent process closes the pipe to this one, or dies."""
    samples: list[Sample] = []
    resolver = await Resolver.open(order.access.dns)
    tls = _tls(order.access.ca) if order.scheme == "https" else None
    crowd = Crowd(Network(order.access, resolver, tls, order.speed, order.epoch), order.probes, samples.append)
    stop = asyncio.Event()
    sending = asyncio.create_task(crowd.send(order.rate, stop))
    _at_end_of_input(stop.set)
    while not sending.done():
        await asyncio.wait([sending], timeout=_FLUSH)
        sys.stdout.buffer.write(SAMPLES.dump_json(samples) + b"\n")
        sys.stdout.buffer.flush()
        samples.clear()
    crowd.close()
    resolver.close()
    sending.result()


def _at_end_of_input(call: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)  # nothing more is ever written
        loop.call_soon_threadsafe(call)

    Thread(target=wait, daemon=True).start()


def _tls(authority: str) -> ssl.SSLContext:
    """Trust the plane's certificates. TLS 1.2, because its handshake costs half of that of 1.3, here and in Envoy."""
    context = ssl.create_default_context(cadata=authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    asyncio.run(main(Order.model_validate_json(sys.stdin.buffer.readline())))
