"""What an engine offers in a run, and how other processes reach it."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from rehearsal.engine.calls import OPTIONS

__all__ = ["Services", "served"]

_THREADS = 256  # a registration holds one until it is done, and a component's waits for its children's


@dataclass(frozen=True)
class Services:
    """Where programs and components register, and where they log."""

    monitor: resource_pb2_grpc.ResourceMonitorServicer
    engine: engine_pb2_grpc.EngineServicer


@contextmanager
def served(services: Services) -> Generator[str]:
    """Serve them over gRPC for the block, at the address given on loopback."""
    with ThreadPoolExecutor(_THREADS, "engine") as threads:
        server = grpc.server(threads, options=OPTIONS)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(services.monitor, server)
        engine_pb2_grpc.add_EngineServicer_to_server(services.engine, server)
        server.start()
        try:
            yield address
        finally:
            server.stop(grace=1).wait()
