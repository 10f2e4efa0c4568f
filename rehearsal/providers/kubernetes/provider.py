"""The `kubernetes` provider: Pulumi's protocol on one side, the clusters that a region keeps on the other."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress

from botocore.exceptions import ClientError
from pulumi.provider.experimental import provider as sdk
from typing_extensions import override

from rehearsal.providers.diff import changed_inputs, detailed_diff
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kubernetes import objects
from rehearsal.providers.kubernetes.cluster import Cluster, ClusterName, Key, cluster_of
from rehearsal.providers.kubernetes.controller import Controller, admit
from rehearsal.providers.kubernetes.held import Held, load, save
from rehearsal.providers.kubernetes.pods import Region
from rehearsal.providers.loops import peer
from rehearsal.providers.servicer import DiffRequest, PureProvider
from rehearsal.providers.values import Props, properties, props

__all__ = ["KubernetesProvider"]


class KubernetesProvider(PureProvider):
    """Changes the objects of clusters, which outlive it: the region keeps them, and what controllers do about them.

    Each connection is one provider instance, and its kubeconfig names its cluster. A cluster is there if the
    EKS API knows it; its objects go with it, as its pods do, but nothing deregisters their targets. Controllers act
    when an object has changed; what one that was killed had left undone, it does when a provider next connects.
    """

    def __init__(self, region: Region) -> None:
        super().__init__()
        self._region = region
        self._cluster_of_peer: dict[str, ClusterName] = {}
        self._changes_secrets: set[str] = set()
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
        args = props(request.args)
        if args.get("enableSecretMutable") == "true":
            self._changes_secrets.add(peer())
        if kubeconfig := args.get("kubeconfig"):
            name = self._cluster_of_peer[peer()] = cluster_of(kubeconfig)
            # A controller tries again; a provider that connects need not know that it failed.
            with suppress(ClientError, ProviderError), self._open() as held:
                if name in held.clusters:
                    Controller(self._region, held).reconcile(held.clusters[name])
        return sdk.ConfigureResponse(supports_preview=True)

    @contextmanager
    def _open(self) -> Generator[Held]:
        """Look at what clusters hold, one call at a time, and keep what the block makes of it."""
        with self._lock:
            held = load(self._region)
            yield held
            save(self._region, held)

    def _name(self) -> ClusterName:
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
        return name

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
        mutable = peer() in self._changes_secrets
        replacing = objects.replacing(kind, old, new, changed, mutable_secrets=mutable)
        return sdk.DiffResponse(
            changes=bool(changed),
            replaces=replacing,
            diffs=sorted(changed),
            detailed_diff=detailed_diff(old, new, changed, changed if replacing else ()),
        )

    @override
    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        kind, inputs = objects.kind_of(request.type), props(request.properties)
        if request.preview:
            return sdk.CreateResponse(properties=properties(inputs))
        name, key = self._name(), objects.key_of(kind, inputs)
        with self._open() as held:
            if key in held.cluster(name).objects:
                raise ProviderError(f"{kind} {key.id} already exists in cluster {name.name}")
            item = objects.live(kind, inputs, {})
            self._apply(held, held.cluster(name), key, item)
        return sdk.CreateResponse(key.id, properties(item))

    @override
    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        kind, old, new = objects.kind_of(request.type), props(request.olds), props(request.news)
        if request.preview:
            return sdk.UpdateResponse(properties(new))
        name, key = self._name(), objects.key_of(kind, new)
        with self._open() as held:
            cluster = held.cluster(name)
            if key not in cluster.objects:
                raise ProviderError(f"{kind} {key.id} not found in cluster {name.name}")
            admit(kind, cluster.objects[key], new)
            item = objects.live(kind, new, old)
            self._apply(held, cluster, key, item)
        return sdk.UpdateResponse(properties(item))

    @override
    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        kind = objects.kind_of(request.type)
        namespace, _, name = request.resource_id.rpartition("/")
        item = load(self._region).cluster(self._name()).objects.get(Key(kind, namespace, name))
        if item is None:
            return sdk.ReadResponse()
        inputs = request.inputs or properties({key: item[key] for key in item if key != "status"})
        return sdk.ReadResponse(request.resource_id, properties(item), inputs)

    @override
    async def delete(self, request: sdk.DeleteRequest) -> None:
        kind = objects.kind_of(request.type)
        name, key = self._name(), objects.key_of(kind, props(request.properties))
        with self._open() as held:
            self._apply(held, held.cluster(name), key, None)

    def _apply(self, held: Held, cluster: Cluster, key: Key, item: Props | None) -> None:
        """Change an object, and let the controller act on it: it lives in the cluster, and may be killed in between.

        The object stays as it was if the cluster, or AWS behind it, refuses the change.
        """
        before = cluster.objects.get(key)
        _put(cluster, key, item)
        save(self._region, held)
        try:
            Controller(self._region, held).reconcile(cluster)
        except (ClientError, ProviderError) as error:
            _put(cluster, key, before)
            save(self._region, held)
            raise ProviderError(f"{key.kind} {key.id}: {error}") from error


def _put(cluster: Cluster, key: Key, item: Props | None) -> None:
    if item is None:
        cluster.objects.pop(key, None)
    else:
        cluster.objects[key] = item


def _leads_elsewhere(old: Props, new: Props) -> bool:
    """Tell whether two kubeconfigs lead to different clusters, as far as is known."""
    try:
        return cluster_of(old["kubeconfig"]) != cluster_of(new["kubeconfig"])
    except (KeyError, ProviderError):
        return False
