"""The gRPC server: connections, errors, calls at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from rehearsal.providers.hosting import attaching
from rehearsal.providers.server import ProviderServer

from .driver import plain, struct
from .probe import Probe


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
def server(probe: Probe) -> Iterator[ProviderServer]:
    with ProviderServer({"probe": probe, "aws": Probe()}) as server:
        yield server


@pytest.fixture
def stub(server: ProviderServer) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    with grpc.insecure_channel(f"127.0.0.1:{server.ports['probe']}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)


def create(stub: provider_pb2_grpc.ResourceProviderStub, name: str = "x") -> str:
    return stub.Create(provider_pb2.CreateRequest(urn=f"urn:pulumi:s::p::t::{name}")).id


def test_each_package_has_a_port(server: ProviderServer) -> None:
    assert len(set(server.ports.values())) == 2
    attach = ",".join(f"{package}:{port}" for package, port in server.ports.items())
    assert attaching(server.ports)["PULUMI_DEBUG_PROVIDERS"] == attach


def test_an_engine_attaches(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    with pytest.raises(grpc.RpcError) as handshake:
        stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert handshake.value.code() == grpc.StatusCode.UNIMPLEMENTED  # an engine then asks Configure


def test_versions_are_those_of_the_installed_sdks(server: ProviderServer) -> None:
    versions = {}
    for package, port in server.ports.items():
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty())
            versions[package] = info.version
    assert versions["probe"] == "0.0.0"
    assert versions["aws"].startswith("7.")


def test_a_mendable_error_is_its_text(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        create(stub, "refused")
    assert refused.value.details() == "no such thing; ask for another"
    with pytest.raises(grpc.RpcError) as refused:
        stub.Diff(provider_pb2.DiffRequest(urn="urn:pulumi:s::p::t::refused"))
    assert refused.value.details() == "no such change"


def test_a_defect_shows_where_it_is(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as broken:
        create(stub, "broken")
    assert broken.value.details().rstrip().endswith("ValueError: a defect")
    assert "in create" in broken.value.details()


def test_what_a_provider_lacks_is_unimplemented(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as lacking:
        stub.Delete(provider_pb2.DeleteRequest())
    assert lacking.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_an_unknown_diff_stays_unknown(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    reply = stub.Diff(provider_pb2.DiffRequest())
    assert reply.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN
    assert not reply.hasDetailedDiff


def test_update_knows_the_old_inputs(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    reply = stub.Update(provider_pb2.UpdateRequest(old_inputs=struct({"a": 1})))
    assert plain(reply.properties) == {"a": 1}


def test_connections_differ(server: ProviderServer) -> None:
    peers = set()
    for _ in range(2):
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{server.ports['probe']}", options=options) as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            peers.add(create(stub))
            assert create(stub) in peers
    assert len(peers) == 2


def test_calls_run_at_once(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: create(stub, "together"), range(8)))) == 8


def test_a_call_ends_with_its_engine(probe: Probe, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    with pytest.raises(grpc.RpcError) as late:
        stub.Create(provider_pb2.CreateRequest(urn="urn:pulumi:s::p::t::endless"), timeout=0.5)
    assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert probe.given_up.wait(timeout=10)
    assert create(stub)  # the thread serves on
