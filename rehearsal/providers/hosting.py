"""All providers of a rehearsal, over one embedded AWS."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

from pulumi.provider.experimental import provider as sdk

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import CONTROLLER, DEPLOY
from rehearsal.providers.aws.provider import AwsProvider
from rehearsal.providers.eks.provider import EksProvider
from rehearsal.providers.kubernetes.provider import KubernetesProvider
from rehearsal.providers.server import ProviderServer
from rehearsal.providers.stacks import StackProvider
from rehearsal.quiet import hush

__all__ = ["Providers", "attaching"]


def attaching(ports: Mapping[str, int]) -> dict[str, str]:
    """Variables that make the Pulumi CLI attach to providers by their ports instead of installing plugins."""
    attach = ",".join(f"{package}:{port}" for package, port in ports.items())
    return {"PULUMI_DEBUG_PROVIDERS": attach, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}


class Providers:
    """`aws`, `kubernetes`, `eks` and, of `pulumi`, stack references, from `with` to the end of the block.

    The embedded engine asks the `packages` themselves; the Pulumi CLI, by `ports`, over gRPC. Packages of components
    may be there `besides`.
    """

    packages: Mapping[str, sdk.Provider]

    def __init__(self, aws: EmbeddedAws, besides: Mapping[str, sdk.Provider] | None = None) -> None:
        hush()
        deploy, cluster = (EmbeddedAws.attach(aws.port, aws.region, caller) for caller in (DEPLOY, CONTROLLER))
        self.packages = {
            "aws": AwsProvider(deploy),
            "kubernetes": KubernetesProvider(cluster),
            "eks": EksProvider(),
            "pulumi": StackProvider(deploy),
            **(besides or {}),
        }
        self._keep = ExitStack()

    @cached_property
    def ports(self) -> Mapping[str, int]:
        """On which port of 127.0.0.1 each package listens, since it was first asked for."""
        return self._keep.enter_context(ProviderServer(self.packages)).ports

    def environment(self) -> dict[str, str]:
        """Variables that make the Pulumi CLI attach to these providers instead of installing plugins."""
        return attaching(self.ports)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keep.close()
