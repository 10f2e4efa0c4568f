"""The providers' process: when it starts, and when it ends."""

import multiprocessing
import socket
import subprocess
import sys
import time

import pytest

from components.errors import BlueGreenError
from rehearsal.aws import EmbeddedAws
from rehearsal.providers import Providers

ALONE = """
import sys
from rehearsal.aws import EmbeddedAws
from rehearsal.providers import Providers

with Providers(EmbeddedAws.attach(int(sys.argv[1]), "cn-north-1")) as providers:
    print(*providers.ports.values(), flush=True)
    sys.stdin.read()
"""


def is_served(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_it_ends_with_the_block(region: EmbeddedAws) -> None:
    with Providers(region) as providers:
        assert all(is_served(port) for port in providers.ports.values())
    assert not any(is_served(port) for port in providers.ports.values())


def test_it_ends_with_whoever_started_it(region: EmbeddedAws) -> None:
    command = [sys.executable, "-c", ALONE, str(region.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ports = [int(port) for port in process.stdout.readline().split()]
        assert len(ports) == 4
        assert all(is_served(port) for port in ports)
        process.kill()
    deadline = time.monotonic() + 10
    while any(is_served(port) for port in ports):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_one_that_dies_at_its_start_is_missed(region: EmbeddedAws) -> None:
    before = set(multiprocessing.active_children())
    providers = Providers(region)
    (process,) = set(multiprocessing.active_children()) - before
    process.kill()
    with pytest.raises(BlueGreenError, match="the providers did not start"), providers:
        pass
