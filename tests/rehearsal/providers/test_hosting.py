"""The providers of a rehearsal: an engine in this process asks them, another one by their ports."""

import socket

from rehearsal.aws import EmbeddedAws
from rehearsal.providers import Providers


def is_served(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_they_are_served_to_the_end_of_the_block(region: EmbeddedAws) -> None:
    with Providers(region) as providers:
        assert set(providers.ports) == set(providers.packages)
        assert all(is_served(port) for port in providers.ports.values())
    assert not any(is_served(port) for port in providers.ports.values())
