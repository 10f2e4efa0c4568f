"""What the clusters of a region hold. It outlives every provider, as a cluster does: the region keeps it."""

import pickle
from dataclasses import dataclass, field
from typing import Protocol

from rehearsal.oracle.state import Pod
from rehearsal.providers.kubernetes.cluster import Cluster, ClusterName, Key

__all__ = ["Held", "Store", "Target", "load", "save"]

Target = tuple[str, int]
"""Address and port of a pod in a target group."""

_NAME = "kubernetes"


class Store(Protocol):
    """Keeps documents that outlive whoever wrote them."""

    def document(self, name: str) -> bytes:
        """Give what was kept under a name; nothing if nothing was."""
        ...

    def keep(self, name: str, content: bytes) -> None:
        """Keep a document instead of the one before."""
        ...


@dataclass
class Held:
    """The objects of every cluster, its pods, and what its controller has registered."""

    clusters: dict[ClusterName, Cluster] = field(default_factory=dict[ClusterName, Cluster])
    running: dict[tuple[ClusterName, Key], dict[int, list[Pod]]] = field(
        default_factory=dict[tuple[ClusterName, Key], dict[int, list[Pod]]]
    )
    """The pods of each Service, by port."""
    addresses: dict[str, int] = field(default_factory=dict[str, int])
    """How many addresses of each subnet pods have had."""
    registered: dict[tuple[ClusterName, Key], tuple[str, frozenset[Target]]] = field(
        default_factory=dict[tuple[ClusterName, Key], tuple[str, frozenset[Target]]]
    )
    """By binding, its target group and the targets in it."""

    def cluster(self, name: ClusterName) -> Cluster:
        """Find a cluster, empty at first."""
        return self.clusters.setdefault(name, Cluster(name))


def load(store: Store) -> Held:
    """Read what the clusters of a region hold."""
    content = store.document(_NAME)
    return pickle.loads(content) if content else Held()  # noqa: S301 - written by `save`, in our own processes


def save(store: Store, held: Held) -> None:
    """Write it down."""
    store.keep(_NAME, pickle.dumps(held))
