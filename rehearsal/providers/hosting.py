"""All providers of a rehearsal, over one embedded AWS."""

from rehearsal.providers.aws.provider import AwsProvider
from rehearsal.providers.eks.provider import EksProvider
from rehearsal.providers.kubernetes.pods import Region
from rehearsal.providers.kubernetes.provider import KubernetesProvider
from rehearsal.providers.server import ProviderServer
from rehearsal.quiet import hush

__all__ = ["Providers"]


class Providers(ProviderServer):
    """Serves `aws`, `kubernetes` and `eks` from `with` to the end of the block."""

    def __init__(self, region: Region) -> None:
        hush()
        super().__init__(
            {
                "aws": AwsProvider(region),
                "kubernetes": KubernetesProvider(region),
                "eks": EksProvider(),
            }
        )
