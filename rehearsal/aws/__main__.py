"""The AWS process: prints its port and when its clock started, serves, and ends when its standard input does."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys


def main(region: str, speed: str) -> None:
    """Serve a region until the parent process closes the pipe to this one, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    os.nice(5)  # on a busy machine live traffic goes first: a late call is no failed request
    from rehearsal.aws import quirks  # before any other import of moto

    quirks.apply()
    from rehearsal.aws.checkpoints import Checkpoints, end_with_parent
    from rehearsal.aws.gateway import Gateway
    from rehearsal.aws.server import serve
    from rehearsal.aws.world import World

    world = World(region, speed=float(speed))
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    gateway = Gateway(world, Checkpoints(listening, lambda: serve(gateway.again(), listening)))
    serve(gateway, listening)
    sys.stdout.write(f"{listening.getsockname()[1]} {world.clock.started}\n")
    sys.stdout.flush()
    _warm_up()  # while the parent makes its clients
    gc.freeze()  # and copies of this process share with it what no garbage collection has touched
    end_with_parent()


def _warm_up() -> None:
    """Load what moto loads when it is first needed, half a second of a first update otherwise."""
    import boto3
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.core.request import Request
    from moto.core.routing import get_service_router
    from moto.iam.models import iam_backends

    for service in ("ec2", "elbv2", "iam", "sts", "cloudwatch"):
        get_service_router(service)
    for service, path in (("eks", "/clusters"), ("route53", "/2013-04-01/hostedzone")):
        get_service_router(service).match(Request.from_primitives("GET", f"http://localhost{path}", {}, b""))
    _ = iam_backends[DEFAULT_ACCOUNT_ID]["aws-cn"]
    boto3.Session().get_available_partitions()


if __name__ == "__main__":
    main(*sys.argv[1:])
