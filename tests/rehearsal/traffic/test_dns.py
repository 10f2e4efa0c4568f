import asyncio
import socket
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rehearsal.oracle.state import Record

pytest.importorskip("dnslib")

from rehearsal.traffic.clients import resolver as resolver_module
from rehearsal.traffic.clients.connection import RequestError
from rehearsal.traffic.clients.resolver import Address, Resolver
from rehearsal.traffic.dns import DnsServer
from rehearsal.traffic.dns_wire import (
    MalformedError,
    Query,
    Reply,
    Resource,
    pack_query,
    pack_reply,
    read_query,
    read_reply,
)
from rehearsal.traffic.route53 import PROPAGATION
from tests.rehearsal.chains import NAME, arn, route53

ADDRESSES = {arn("net", "nlb-blue"): "127.0.0.2", arn("net", "nlb-green"): "127.0.0.3"}


@asynccontextmanager
async def serving(chains, *, speed=0.0):
    """Serve a state of AWS; without a speed, time stands still between two states."""
    server = DnsServer(ADDRESSES.__getitem__, speed)
    resolver = await Resolver.open(await server.start())
    server.follow(chains.snapshot, 0)
    try:
        yield server, resolver
    finally:
        resolver.close()
        server.close()


@pytest.mark.fact(34)
def test_answers_carry_address_and_time_to_live():
    async def case():
        async with serving(route53(blue=100, green=0)) as (_, resolver):
            assert await resolver.look_up(NAME) == Address("127.0.0.2", 60)
            assert await resolver.look_up(NAME.upper()) == Address("127.0.0.2", 60)

    asyncio.run(case())


def test_the_shortest_time_to_live_of_a_chain_of_names_counts():
    async def case():
        chains = route53(blue=100, green=0)
        chains._put(records=(*chains.snapshot.records, Record("www.example.com", (NAME,), type="CNAME", ttl=5)))
        async with serving(chains) as (_, resolver):
            assert await resolver.look_up("www.example.com") == Address("127.0.0.2", 5)

    asyncio.run(case())


@pytest.mark.parametrize("weights", [(90, 10), (50, 50), (255, 1)])
def test_a_few_hundred_answers_show_the_weights(weights):
    async def case():
        async with serving(route53(blue=weights[0], green=weights[1])) as (_, resolver):
            return Counter([(await resolver.look_up(NAME)).ip for _ in range(300)])

    found = asyncio.run(case())
    assert found["127.0.0.2"] / 300 == pytest.approx(weights[0] / sum(weights), abs=0.01)


def test_a_change_of_records_is_answered_once_it_has_propagated():
    async def case():
        blue, green = route53(blue=100, green=0), route53(blue=0, green=100)
        async with serving(blue) as (server, resolver):
            found = []
            for chains, at in ((green, 10), (green, 9 + PROPAGATION), (blue, 11 + PROPAGATION), (blue, 500)):
                server.follow(chains.snapshot, at)
                found.append((await resolver.look_up(NAME)).ip[-1])
            return found

    assert asyncio.run(case()) == ["2", "2", "3", "2"]


def test_time_passes_between_two_states():
    async def case():
        async with serving(route53(blue=100, green=0), speed=600.0) as (server, resolver):
            server.follow(route53(blue=0, green=100).snapshot, 0)
            before = (await resolver.look_up(NAME)).ip
            await asyncio.sleep(1.2 * PROPAGATION / 600)
            return before, (await resolver.look_up(NAME)).ip

    assert asyncio.run(case()) == ("127.0.0.2", "127.0.0.3")


def test_health_needs_no_propagation():
    async def case():
        chains = route53(blue=100, green=0)
        chains._put(records=tuple(replace(record, evaluate_health=True) for record in chains.snapshot.records))
        async with serving(chains) as (server, resolver):
            groups = chains.snapshot.target_groups
            chains._put(target_groups={**groups, "alb-blue": replace(groups["alb-blue"], targets=())})
            server.follow(chains.snapshot, 1)
            return (await resolver.look_up(NAME)).ip

    assert asyncio.run(case()) == "127.0.0.3"


@pytest.mark.parametrize("name", ["nobody.example.com", "gone.example.com"])
def test_a_name_without_an_address_is_an_error(name):
    async def case():
        chains = route53(blue=100, green=0)
        chains._put(records=(Record("gone.example.com", ("deleted.elb",)),))
        async with serving(chains) as (_, resolver):
            await resolver.look_up(name)

    with pytest.raises(RequestError, match="name"):
        asyncio.run(case())


def test_a_server_that_does_not_answer_is_an_error(monkeypatch):
    monkeypatch.setattr(resolver_module, "_PATIENCE", 0.02)

    async def case():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            resolver = await Resolver.open(silent.getsockname()[1])
            try:
                await resolver.look_up(NAME)
            finally:
                resolver.close()

    with pytest.raises(RequestError, match="name"):
        asyncio.run(case())


def test_other_types_have_empty_answers_and_noise_has_none():
    async def case():
        async with serving(route53(blue=100, green=0)) as (server, _):
            port = server._transport.get_extra_info("sockname")[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("127.0.0.1", port))
                client.setblocking(False)
                found = []
                for data in (b"noise", pack_query(Query(1, NAME, "AAAA")), pack_query(Query(2, "x.cn", "AAAA"))):
                    client.send(data)
                loop = asyncio.get_running_loop()
                for _ in range(2):
                    found.append(read_reply(await asyncio.wait_for(loop.sock_recv(client, 512), 5)))
                return found

    assert asyncio.run(case()) == [Reply(1, True, ()), Reply(2, False, ())]


LABEL = st.text("abcxyz0189", min_size=1, max_size=63)
NAMES = st.lists(LABEL, min_size=1, max_size=3).map(".".join)


@given(st.integers(0, 65535), NAMES, NAMES, st.integers(0, 2**31 - 1), st.ip_addresses(v=4).map(str))
def test_messages_come_back_as_they_were_sent(ident, name, other, ttl, ip):
    query = Query(ident, name, "A")
    resources = (Resource(name, "CNAME", other, ttl), Resource(other, "A", ip, ttl))
    assert read_query(pack_query(query)) == query
    assert read_reply(pack_reply(pack_query(query), resources)) == Reply(ident, True, resources)
    assert read_reply(pack_reply(pack_query(query), None)) == Reply(ident, False, ())


@given(st.binary(max_size=64))
@example(b"\0" * 12)
def test_noise_is_malformed_or_a_message_and_never_anything_else(data):
    for read in (read_query, read_reply):
        with suppress(MalformedError):
            assert read(data).ident in range(65536)
