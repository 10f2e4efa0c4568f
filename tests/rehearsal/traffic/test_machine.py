import asyncio
import ssl
from functools import wraps
from inspect import signature
from time import monotonic

import pytest

from rehearsal.traffic.clients import machine as module
from rehearsal.traffic.recording import ClientKind
from tests.rehearsal.traffic.region import region

trustme = pytest.importorskip("trustme")

FRESH, POOLED, STUBBORN, STREAMING = ClientKind
KEPT = (POOLED, STUBBORN)


def case(test):
    """Run a test with a region, in an event loop of its own."""

    @wraps(test)
    def run(**given):
        async def inside():
            async with region() as here:
                await test(here, **given)

        asyncio.run(inside())

    wanted = signature(test)  # of which pytest is not to provide `here`
    run.__signature__ = wanted.replace(parameters=[each for name, each in wanted.parameters.items() if name != "here"])
    return run


async def send(machine, times=1):
    """Send so often, and return the outcomes: colour, failure, reset, peer."""
    samples = [await machine.send(monotonic()) for _ in range(times)]
    return [(sample.colour, sample.failure, sample.reset, sample.peer) for sample in samples]


GOOD = ("blue", "", False, False)
MENDED = ("blue", "", True, False)


@case
async def test_a_request_says_who_asks_for_what(here):
    machine = here.machine(FRESH)
    sample = await machine.send(monotonic() - 2)
    assert (sample.kind, sample.service, sample.colour, sample.status) == (FRESH, "dkms", "blue", 200)
    assert 2000 <= sample.latency < 2500, "latency counts from when it was due"
    first, *headers = here.here.requests[0].split("\r\n")
    assert first == "GET /v1/keys HTTP/1.1"
    assert {"host: dkms.example.com", "x-forwarded-for: 10.0.0.10", "x-tenant: a"} <= set(headers)


@case
async def test_a_stream_is_asked_for_below_the_path(here):
    await send(here.machine(STREAMING))
    assert here.here.requests[0].startswith("GET /v1/keys/stream?seconds=600 HTTP/1.1")


@case
async def test_fresh_clients_connect_every_time_and_look_up_when_the_answer_has_run_out(here):
    machine = here.machine(FRESH)
    assert await send(machine, 3) == [GOOD] * 3
    assert (here.here.connections, here.names.asked) == (3, 1)
    here.at(61)
    assert await send(machine) == [GOOD]
    assert here.names.asked == 2


@case
async def test_pooled_clients_keep_a_connection_for_its_life(here):
    machine = here.machine(POOLED)
    assert await send(machine, 3) == [GOOD] * 3
    for at in (290, 580, 870):
        here.at(at)
        await send(machine)
    assert (here.here.connections, here.names.asked) == (1, 1)
    here.at(901)
    assert await send(machine) == [GOOD]
    assert (here.here.connections, here.names.asked) == (2, 2)
    machine.close()


@case
async def test_a_connection_is_given_up_when_it_was_idle_for_long(here):
    machine = here.machine(POOLED)
    await send(machine)
    here.at(301)
    assert await send(machine) == [GOOD]
    assert here.here.connections == 2
    machine.close()


@case
async def test_the_phase_shortens_the_first_life_only(here):
    machine = here.machine(POOLED, phase=0.1)
    for at, connections in ((0, 1), (89, 1), (91, 2), (350, 2), (640, 2), (900, 2), (1000, 3)):
        here.at(at)
        await send(machine)
        assert here.here.connections == connections
    machine.close()


@case
async def test_requests_at_the_same_time_have_connections_of_their_own(here):
    machine = here.machine(POOLED)
    await asyncio.gather(*(machine.send(monotonic()) for _ in range(3)))
    assert here.here.connections == 3
    assert await send(machine, 3) == [GOOD] * 3
    assert here.here.connections == 3
    machine.close()


@case
async def test_stubborn_clients_keep_an_address_past_its_time_to_live_and_no_connection_longer(here):
    machine = here.machine(STUBBORN)
    for at in range(0, 3000, 290):
        here.at(at)
        assert await send(machine) == [GOOD]
    assert (here.here.connections, here.names.asked) == (1, 1)
    here.at(3001)
    assert await send(machine) == [GOOD]
    assert (here.here.connections, here.names.asked) == (2, 2)
    machine.close()


@pytest.mark.parametrize("kind", KEPT)
@case
async def test_a_request_on_a_kept_connection_that_is_lost_is_sent_once_more(here, kind):
    machine = here.machine(kind)
    await send(machine)
    here.here.does = ["reset"]
    assert await send(machine, 2) == [MENDED, GOOD]
    assert (len(here.here.requests), here.names.asked) == (4, 1)
    machine.close()


@pytest.mark.parametrize("kind", KEPT)
@case
async def test_a_connection_that_was_lost_between_two_requests_counts_as_reset(here, kind):
    machine = here.machine(kind)
    await send(machine)
    here.here.hang_up()
    await asyncio.sleep(0.01)
    assert await send(machine, 2) == [MENDED, GOOD]
    machine.close()


@case
async def test_a_connection_that_is_closed_with_notice_does_not(here):
    machine = here.machine(POOLED)
    here.here.does = ["last"]
    assert await send(machine, 3) == [GOOD] * 3
    assert here.here.connections == 2
    machine.close()


@case
async def test_what_a_new_connection_loses_has_failed(here):
    here.here.does = ["reset", "reset", "truncate", "truncate"]
    assert await send(here.machine(FRESH)) == [("", "reset", True, False)]
    assert await send(here.machine(POOLED)) == [("", "reset", True, False)]
    assert await send(here.machine(FRESH)) == [("", "truncated", True, False)]
    assert await send(here.machine(STREAMING)) == [("", "truncated", True, False)]


@case
async def test_a_response_that_breaks_off_is_not_asked_for_again(here):
    machine = here.machine(POOLED)
    await send(machine)
    here.here.does = ["truncate"]
    assert await send(machine) == [("", "truncated", True, False)]


@case
async def test_an_error_of_the_server_has_failed_and_names_its_colour(here):
    here.here.does = ["fail", "fail"]
    assert await send(here.machine(FRESH)) == [("blue", "status", False, False)]
    assert await send(here.machine(STUBBORN)) == [("blue", "status", False, False)]


@case
async def test_who_cannot_connect_or_has_no_address_has_failed(here):
    here.names.ip = "127.0.0.9"
    assert await send(here.machine(FRESH)) == [("", "refused", False, False)]
    here.names.ip = ""
    assert await send(here.machine(POOLED)) == [("", "name", False, False)]


def test_who_gets_no_answer_in_time_has_failed(monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.05)

    @case
    async def stall(here):
        here.here.does = ["stall"]
        machine = here.machine(POOLED)
        assert await send(machine, 2) == [("", "timeout", False, False), GOOD]
        assert here.here.connections == 2, "the connection that stalls is not used again"
        machine.close()

    stall()


@pytest.mark.parametrize("trouble", ["refused", "reset", "name", "truncated"])
@case
async def test_stubborn_clients_fail_over_for_one_request_and_look_up_anew(here, trouble):
    machine = here.machine(STUBBORN)
    await send(machine)
    here.here.hang_up()
    await asyncio.sleep(0.01)
    if trouble == "refused":
        await here.here.stop()
    elif trouble == "name":
        here.at(3001)
        here.names.ip = ""
    else:
        here.here.does = [{"reset": "reset", "truncated": "truncate"}[trouble]]
    reset = trouble != "name"
    assert await send(machine) == [("", "", reset, True)]
    assert len(here.peer.requests) == 1
    asked = here.names.asked
    here.names.ip = "127.0.0.1"
    if trouble != "refused":
        assert await send(machine) == [GOOD]
        assert here.names.asked == asked + 1
    machine.close()


@case
async def test_a_stubborn_client_without_any_region_has_failed(here):
    here.names.ip = "127.0.0.9"
    await here.peer.stop()
    assert await send(here.machine(STUBBORN)) == [("", "refused", False, True)]


AUTHORITY = trustme.CA()


def context(name="dkms.example.com"):
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(made)
    return made


CA = AUTHORITY.cert_pem.bytes().decode()


def secure(test, *, ca=CA, **given):
    """Run a test with a region whose clients speak TLS."""

    async def inside():
        async with region(ca=ca, **given) as here:
            await test(here)

    asyncio.run(inside())


def test_the_same_over_tls():
    async def case(here):
        here.here.does = ["", "reset"]
        fresh, stubborn = here.machine(FRESH), here.machine(STUBBORN)
        assert await send(fresh, 2) == [GOOD, ("", "reset", True, False)]
        assert await send(stubborn) == [GOOD]
        await here.here.stop()
        await asyncio.sleep(0.01)
        assert await send(stubborn) == [("", "", True, True)]

    secure(case, context=context())


def test_a_certificate_for_another_name_is_no_failure_of_a_request():
    async def case(here):
        with pytest.raises(ssl.SSLCertVerificationError):
            await send(here.machine(FRESH))

    secure(case, context=context("other.example.com"))


def test_who_speaks_another_protocol_has_failed():
    async def tls(here):
        here.here.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        assert await send(here.machine(FRESH)) == [("", "refused", False, False)]

    async def plain(here):
        assert await send(here.machine(FRESH)) == [("", "reset", True, False)]

    secure(tls)
    secure(plain, ca="", context=context())
