"""A provider without gRPC: connections, errors, calls at once, and the end of those that are under way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.provider.experimental import provider as sdk
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from typing_extensions import override

from rehearsal.providers.direct import Connection, Direct, UnansweredError
from rehearsal.providers.servicer import PureProvider

from .probe import Probe


@pytest.fixture
def direct() -> Iterator[Direct]:
    direct = Direct({"probe": Probe()})
    yield direct
    direct.close()


@pytest.fixture
def connection(direct: Direct) -> Connection:
    return direct.connect("probe")


def create(connection: Connection, name: str = "x") -> str:
    made = connection.ask("Create", provider_pb2.CreateRequest(urn=f"urn:pulumi:s::p::t::{name}"))
    assert isinstance(made, provider_pb2.CreateResponse)
    return made.id


def test_an_engine_attaches(connection: Connection) -> None:
    assert connection.ask("Attach", plugin_pb2.PluginAttach(address="127.0.0.1:1")) == Empty()


@pytest.mark.parametrize(
    ("method", "request_"),
    [("Delete", provider_pb2.DeleteRequest()), ("Handshake", provider_pb2.ProviderHandshakeRequest())],
)
def test_what_a_provider_lacks_is_unimplemented(connection: Connection, method: str, request_: Message) -> None:
    with pytest.raises(UnansweredError) as lacking:
        connection.ask(method, request_)
    assert lacking.value.unimplemented


def test_a_mendable_error_is_its_text(connection: Connection) -> None:
    with pytest.raises(UnansweredError, match=r"^no such thing; ask for another$") as refused:
        create(connection, "refused")
    assert not refused.value.unimplemented


def test_a_defect_shows_where_it_is(connection: Connection) -> None:
    with pytest.raises(UnansweredError, match=r"(?s)in create.*ValueError: a defect$"):
        create(connection, "broken")


def test_connections_differ(direct: Direct) -> None:
    first, second = direct.connect("probe"), direct.connect("probe")
    assert create(first) == create(first) != create(second)


def test_calls_run_at_once(connection: Connection) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: create(connection, "together"), range(8)))) == 8


class Pure(PureProvider):
    """Counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    @override
    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        return sdk.ConfigureResponse()

    @override
    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        self.asked += 1
        return sdk.CheckResponse(inputs=request.new_inputs)

    @override
    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        self.asked += 1
        return sdk.DiffResponse(changes=False)


@pytest.fixture
def pure() -> Iterator[tuple[Pure, Connection]]:
    provider = Pure()
    direct = Direct({"pure": provider})
    yield provider, direct.connect("pure")
    direct.close()


def question(value: str, seed: bytes = b"") -> provider_pb2.CheckRequest:
    news = Struct()
    news.update({"value": value, **{f"key{number}": number for number in range(9)}})
    return provider_pb2.CheckRequest(urn="urn:pulumi:s::p::t::x", news=news, randomSeed=seed)


def test_a_pure_provider_is_not_asked_the_same_again(pure: tuple[Pure, Connection]) -> None:
    provider, connection = pure
    first = connection.ask("Check", question("a"))
    assert connection.ask("Check", question("a")) == first
    assert provider.asked == 1
    connection.ask("Check", question("b"))
    connection.ask("Diff", provider_pb2.DiffRequest(urn="urn:pulumi:s::p::t::x"))
    assert provider.asked == 3


def test_it_is_where_its_configuration_is_another_or_a_name_is_new(pure: tuple[Pure, Connection]) -> None:
    provider, connection = pure
    connection.ask("Check", question("a"))
    connection.ask("Configure", provider_pb2.ConfigureRequest(variables={"pure:config:to": "here"}))
    connection.ask("Check", question("a"))
    assert provider.asked == 2
    connection.ask("Check", question("a", seed=b"1"))
    connection.ask("Check", question("a", seed=b"1"))
    assert provider.asked == 4


def test_a_call_ends_with_its_engine(direct: Direct) -> None:
    probe = direct.packages["probe"]
    assert isinstance(probe, Probe)
    with ThreadPoolExecutor(1) as pool:
        endless = pool.submit(create, direct.connect("probe"), "endless")
        assert probe.begun.wait(timeout=10)
        direct.close()
        with pytest.raises(UnansweredError, match="the engine has given up the call"):
            endless.result(timeout=10)
    assert probe.given_up.is_set()
