"""All providers of a rehearsal, over one embedded AWS."""

import gc
import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from pulumi.provider.experimental import provider as sdk

from components.errors import BlueGreenError
from rehearsal import warm
from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import CONTROLLER, DEPLOY
from rehearsal.quiet import hush

__all__ = ["Providers", "attaching"]

Besides = Mapping[str, Callable[[], sdk.Provider]]


def attaching(ports: Mapping[str, int]) -> dict[str, str]:
    """Variables that make the Pulumi CLI attach to providers by their ports instead of installing plugins."""
    attach = ",".join(f"{package}:{port}" for package, port in ports.items())
    return {"PULUMI_DEBUG_PROVIDERS": attach, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}


class Providers:
    """Serves `aws`, `kubernetes`, `eks` and, of `pulumi`, stack references, from `with` to the end of the block.

    In a process of its own, which ends with this one, whatever ends it: an engine in this one then has its
    interpreter to itself. `ports` says on which port of 127.0.0.1 each package listens. Packages of components may be
    served `besides`, which then read AWS as a program does.
    """

    ports: Mapping[str, int]

    def __init__(self, aws: EmbeddedAws, besides: Besides | None = None) -> None:
        warm.prepare()
        self._line, line = warm.CONTEXT.Pipe()
        self._process = warm.CONTEXT.Process(
            target=_serve, args=(aws.port, aws.region, besides or {}, line), daemon=True
        )
        self._process.start()
        line.close()

    def __enter__(self) -> Self:
        try:
            self.ports = self._line.recv()
        except EOFError:
            raise BlueGreenError("the providers did not start; their error is above") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()
        self._process.join()

    def environment(self) -> dict[str, str]:
        """Variables that make the Pulumi CLI attach to these providers."""
        return attaching(self.ports)


def _serve(port: int, region: str, besides: Besides, line: Connection) -> None:
    """Serve until the other end of the line is closed, or its process dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    gc.freeze()  # a collection need not look through all that was imported before the fork
    # Only this process needs these.
    from rehearsal.providers.aws.provider import AwsProvider
    from rehearsal.providers.eks.provider import EksProvider
    from rehearsal.providers.kubernetes.provider import KubernetesProvider
    from rehearsal.providers.server import ProviderServer
    from rehearsal.providers.stacks import StackProvider

    hush()
    aws, cluster = (EmbeddedAws.attach(port, region, caller) for caller in (DEPLOY, CONTROLLER))
    packages = {
        "aws": AwsProvider(aws),
        "kubernetes": KubernetesProvider(cluster),
        "eks": EksProvider(),
        "pulumi": StackProvider(aws),
    }
    os.environ.update(aws.environment())
    packages |= {package: make() for package, make in besides.items()}
    with ProviderServer(packages) as server:
        line.send(server.ports)
        line.poll(None)
    os._exit(0)  # nothing is left to tidy
