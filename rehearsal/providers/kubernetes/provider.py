"""The `kubernetes` provider: Pulumi's protocol on one side, clusters in memory on the other."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import ClientError
from pulumi.provider.experimental import provider as sdk
from typing_extensions import override

from rehearsal.providers.diff import changed_inputs, detailed_diff
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kubernetes import objects
from rehearsal.providers.kubernetes.cluster import Cluster, ClusterName, Key, cluster_of
from rehearsal.providers.kubernetes.controller import Controller, admit
from rehearsal.providers.kubernetes.pods import Region
from rehearsal.providers.server import peer
from rehearsal.providers.servicer import DiffRequest
from rehearsal.providers.values import Props, properties, props

__all__ = ["KubernetesProvider"]


class KubernetesProvider(sdk.Provider):
    """Holds the objects of every cluster for as long as it lives, across runs of a program.

    Each connection is one provider instance, and its kubeconfig names its cluster. A cluster is there if the
    EKS API knows it; its objects go with it, as its pods do, but nothing deregisters their targets.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._controller = Controller(region)
        self._clusters: dict[ClusterName, Cluster] = {}
        self._cluster_of_peer: dict[str, ClusterName] = {}
        self._lock = threading.Lock()

    @override
    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        assert isinstance(request, DiffRequest)  # noqa: S101 our server passes nothing else
        old, new = props(request.old_inputs), props(request.new_inputs)
        changed = changed_inputs(old, new)
        moved = "kubeconfig" in changed and _leads_elsewhere(old, new)
        replacing = ["kubeconfig"] if moved else []
        return sdk.DiffResponse(
            changes=bool(changed),
            replaces=replacing,
            diffs=sorted(changed),
            detailed_diff=detailed_diff(old, new, changed, replacing),
        )

    @override
    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        kubeconfig = props(request.args).get("kubeconfig")
        if kubeconfig:
            self._cluster_of_peer[peer()] = cluster_of(kubeconfig)
        return sdk.ConfigureResponse(supports_preview=True)

    def _cluster(self) -> Cluster:
        """Reach the cluster of the calling provider instance."""
        name = self._cluster_of_peer.get(peer())
        if name is None:
            raise ProviderError("provider kubernetes: give it the kubeconfig of a cluster")
        try:
            found = self._region.client("eks").describe_cluster(name=name.name)["cluster"]
        except ClientError as error:
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {name.name}: {error}") from error
        if found["endpoint"] != name.endpoint:
            raise ProviderError(
                f"configured Kubernetes cluster is unreachable: {name.endpoint} is not the endpoint of"
                f" {name.name}, which is {found['endpoint']}"
            )
        with self._lock:
            return self._clusters.setdefault(name, Cluster(name))

    @override
    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        kind = objects.kind_of(request.type)
        inputs, old = props(request.new_inputs), props(request.old_inputs)
        named = objects.named(kind, request.name, inputs, old, request.random_seed)
        return sdk.CheckResponse(inputs=properties(named))

    @override
    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        assert isinstance(request, DiffRequest)  # noqa: S101 our server passes nothing else
        kind = objects.kind_of(request.type)
        old, new = props(request.old_inputs), props(request.new_inputs)
        changed = changed_inputs(old, new) - set(request.ignore_changes)
        other = objects.key_of(kind, old) != objects.key_of(kind, new)
        return sdk.DiffResponse(
            changes=bool(changed),
            replaces=objects.identifying(kind) if other else [],
            diffs=sorted(changed),
            detailed_diff=detailed_diff(old, new, changed, changed if other else ()),
        )

    @override
    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        kind, inputs = objects.kind_of(request.type), props(request.properties)
        if request.preview:
            return sdk.CreateResponse(properties=properties(inputs))
        cluster, key = self._cluster(), objects.key_of(kind, inputs)
        if key in cluster.objects:
            raise ProviderError(f"{kind} {key.id} already exists in cluster {cluster.name.name}")
        return sdk.CreateResponse(key.id, properties(self._apply(cluster, key, objects.live(kind, inputs, {}))))

    @override
    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        kind, old, new = objects.kind_of(request.type), props(request.olds), props(request.news)
        if request.preview:
            return sdk.UpdateResponse(properties(new))
        cluster, key = self._cluster(), objects.key_of(kind, new)
        if key not in cluster.objects:
            raise ProviderError(f"{kind} {key.id} not found in cluster {cluster.name.name}")
        admit(kind, cluster.objects[key], new)
        return sdk.UpdateResponse(properties(self._apply(cluster, key, objects.live(kind, new, old))))

    def _apply(self, cluster: Cluster, key: Key, item: Props) -> Props:
        with self._undone_on_error(cluster, key):
            cluster.objects[key] = item
            self._controller.reconcile(cluster)
        return item

    @override
    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        kind = objects.kind_of(request.type)
        namespace, _, name = request.resource_id.rpartition("/")
        item = self._cluster().objects.get(Key(kind, namespace, name))
        if item is None:
            return sdk.ReadResponse()
        inputs = request.inputs or properties({key: item[key] for key in item if key != "status"})
        return sdk.ReadResponse(request.resource_id, properties(item), inputs)

    @override
    async def delete(self, request: sdk.DeleteRequest) -> None:
        kind = objects.kind_of(request.type)
        cluster, key = self._cluster(), objects.key_of(kind, props(request.properties))
        with self._undone_on_error(cluster, key):
            cluster.objects.pop(key, None)
            self._controller.reconcile(cluster)

    @contextmanager
    def _undone_on_error(self, cluster: Cluster, key: Key) -> Generator[None]:
        """Keep the object as it was if the cluster, or AWS behind it, refuses the change."""
        before = cluster.objects.get(key)
        try:
            yield
        except (ClientError, ProviderError) as error:
            cluster.objects.pop(key, None)
            if before is not None:
                cluster.objects[key] = before
            raise ProviderError(f"{key.kind} {key.id}: {error}") from error


def _leads_elsewhere(old: Props, new: Props) -> bool:
    """Tell whether two kubeconfigs lead to different clusters, as far as is known."""
    try:
        return cluster_of(old["kubeconfig"]) != cluster_of(new["kubeconfig"])
    except (KeyError, ProviderError):
        return False
