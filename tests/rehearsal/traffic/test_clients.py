import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from components.errors import BlueGreenError

pytest.importorskip("httptools")
pytest.importorskip("dnslib")

from rehearsal.traffic.access import Access
from rehearsal.traffic.clients import Clients
from rehearsal.traffic.clients.crowd import Crowd
from rehearsal.traffic.dns import DnsServer
from rehearsal.traffic.recording import ClientKind
from tests.rehearsal.chains import Chains
from tests.rehearsal.traffic.region import PROBE, region

FRESH, POOLED, STUBBORN, STREAMING = ClientKind
PROBES = [PROBE, PROBE.model_copy(update={"service": "keys", "path": "/keys"})]
NOWHERE = Access(dns=9, ca="", port_offset=0, peer=("127.0.0.1", 9))


def start(access, *, rate=200.0, speed=200.0, epoch=0.0):
    return Clients.start(access, PROBES, scheme="http", speed=speed, rate=rate, epoch=epoch)


def test_every_request_is_collected_once_and_kinds_and_services_have_their_parts():
    async def case():
        async with region() as here:
            chains = Chains().nlb("nlb", None).record("nlb")
            chains._put(records=tuple(_named(record) for record in chains.snapshot.records))
            dns = DnsServer(lambda _arn: here.here.ip, 0)
            dns.follow(chains.snapshot, 0)
            access = here.network.access.model_copy(update={"dns": await dns.start()})
            epoch = time.monotonic()
            clients = start(access, epoch=epoch)
            samples = []
            while len(samples) < 200:
                await asyncio.sleep(0.1)
                samples += clients.collect()
            await asyncio.to_thread(clients.close)
            ended = time.monotonic()
            samples += clients.collect()
            assert clients.collect() == []
            dns.close()
            return samples, len(here.here.requests), 200 * (ended - epoch)

    samples, answered, ended = asyncio.run(case())
    assert len(samples) == answered
    assert {(sample.colour, sample.failure, sample.status) for sample in samples} == {("blue", "", 200)}
    assert all(0 < sample.at < ended for sample in samples)
    timed = [sample for sample in samples if sample.kind is not STREAMING]
    kinds = Counter(sample.kind for sample in samples)
    for kind, share in ((FRESH, 0.4), (POOLED, 0.4), (STUBBORN, 0.2)):
        assert kinds[kind] == pytest.approx(share * len(timed), abs=3)
        services = Counter(sample.service for sample in samples if sample.kind is kind)
        assert services["dkms"] == pytest.approx(services["keys"], abs=2)
    assert kinds[STREAMING] >= 5


def _named(record):
    return type(record)(PROBE.entry, record.targets)


def test_requests_are_due_whatever_the_answers_do_and_waiting_counts():
    async def case():
        async with region() as here:
            samples = []
            crowd = Crowd(here.network, [PROBE], samples.append)
            stop = asyncio.Event()
            sending = asyncio.create_task(crowd.send(200, stop))
            while not samples:
                await asyncio.sleep(0.01)
            here.here.answering.clear()
            began, before = time.monotonic(), len(here.here.requests)
            while len(here.here.requests) < before + 50:
                await asyncio.sleep(0.01)
            here.here.answering.set()
            held = 1000 * (time.monotonic() - began)
            stop.set()
            await sending
            crowd.close()
            return samples, held

    samples, held = asyncio.run(case())
    assert not any(sample.failure for sample in samples)
    waited = sorted((sample.latency for sample in samples if sample.kind is not STREAMING), reverse=True)
    assert waited[0] > 0.8 * held, "what was due first waited for nearly the whole time"
    assert waited[0] > waited[20] > waited[40], "what was due later waited less"


def test_clients_that_died_are_an_error(capfd):
    clients = start(NOWHERE)
    clients._process.kill()
    clients._process.wait()
    with pytest.raises(BlueGreenError, match="died"):
        clients.collect()
    clients.close()


def test_the_process_ends_when_its_parent_does():
    code = (
        "import os; from tests.rehearsal.traffic.test_clients import NOWHERE, start; "
        "clients = start(NOWHERE); print(clients._process.pid, flush=True); os._exit(0)"
    )
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    child = int(ended.stdout)
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
