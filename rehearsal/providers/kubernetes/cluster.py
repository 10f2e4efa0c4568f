"""A cluster's objects, and how a kubeconfig names the cluster."""

import functools
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.values import Props

__all__ = ["CLUSTER_FLAG", "Cluster", "ClusterName", "Key", "cluster_of"]

CLUSTER_FLAG = "--cluster-name"
"""The argument of `aws eks get-token` that names the cluster."""


class ClusterName(NamedTuple):
    """An EKS cluster: two of one name, one after the other, differ in their endpoint."""

    name: str
    endpoint: str


class Key(NamedTuple):
    """What tells the objects of one cluster apart. `namespace` is empty for those of the whole cluster."""

    kind: str
    namespace: str
    name: str

    @property
    def id(self) -> str:
        """The id of the object's Pulumi resource."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass
class Cluster:
    """What the API server of one cluster holds."""

    name: ClusterName
    objects: dict[Key, Props] = field(default_factory=dict[Key, Props])

    def of_kind(self, kind: str) -> dict[Key, Props]:
        """Give all objects of a kind."""
        return {key: item for key, item in self.objects.items() if key.kind == kind}


@functools.cache  # the same few texts come with every run, and YAML takes long to parse
def cluster_of(kubeconfig: str) -> ClusterName:
    """Read which EKS cluster a kubeconfig (JSON or YAML) leads to, by its current context.

    Raises ProviderError where it does not get its token from `aws eks get-token --cluster-name NAME`.
    """
    try:
        config: Props = yaml.safe_load(kubeconfig)
        context = _named(config["contexts"], config["current-context"])["context"]
        server: str = _named(config["clusters"], context["cluster"])["cluster"]["server"]
        arguments: list[str] = _named(config["users"], context["user"])["user"]["exec"]["args"]
        return ClusterName(arguments[arguments.index(CLUSTER_FLAG) + 1], server)
    except (KeyError, IndexError, StopIteration, TypeError, ValueError, yaml.YAMLError) as error:
        raise ProviderError(
            f"kubeconfig: its current context must get a token by `aws eks get-token {CLUSTER_FLAG} NAME`,"
            f" as that of pulumi-eks does ({error!r})"
        ) from error


def _named(items: list[Props], name: str) -> Props:
    return next(item for item in items if item["name"] == name)
