"""How each kind of object is named, compared and answered."""

import uuid
from collections.abc import Mapping, Set
from datetime import UTC, datetime

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kubernetes.cluster import Key
from rehearsal.providers.kubernetes.controller import BINDING, RELEASE, SERVICE
from rehearsal.providers.naming import unique_name
from rehearsal.providers.values import Props

__all__ = ["key_of", "kind_of", "live", "named", "replacing"]

_KINDS: Mapping[str, str] = {
    "kubernetes:core/v1:Namespace": "Namespace",
    "kubernetes:core/v1:Secret": "Secret",
    "kubernetes:core/v1:Service": SERVICE,
    "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding": BINDING,
    "kubernetes:helm.sh/v3:Release": RELEASE,
}
_CLUSTER_WIDE = frozenset({"Namespace"})
_AUTONAMED = {"pulumi.com/autonamed": "true"}
_DIGITS = 8


def kind_of(pulumi_type: str) -> str:
    """Give the kind of a resource type.

    Raises ProviderError where the rehearsal has no such kind.
    """
    pulumi_type = pulumi_type.rpartition("$")[2]  # the SDK takes the parents' types from the URN, too
    if pulumi_type not in _KINDS:
        raise ProviderError(f"{pulumi_type}: the rehearsal does not model this resource type")
    return _KINDS[pulumi_type]


def named(kind: str, logical_name: str, inputs: Props, old: Props, seed: bytes) -> Props:
    """Give the inputs with a name: the program's, or the one made up before, or a new one."""
    if kind == RELEASE:
        made_up = old.get("name") if old.get("name", "").startswith(f"{logical_name}-") else None
        name = inputs.get("name") or made_up or unique_name(logical_name, seed, _DIGITS)
        return {"namespace": "default", **inputs, "name": name}
    metadata: Props = inputs.get("metadata") or {}
    before: Props = old.get("metadata") or {}
    if metadata.get("name"):
        return inputs
    kept = before["name"] if _AUTONAMED.items() <= before.get("annotations", {}).items() else None
    annotations = metadata.get("annotations", {}) | _AUTONAMED
    name = kept or unique_name(logical_name, seed, _DIGITS)
    return inputs | {"metadata": {**metadata, "name": name, "annotations": annotations}}


def key_of(kind: str, inputs: Props) -> Key:
    """Say which object these inputs describe."""
    names = inputs if kind == RELEASE else inputs["metadata"]
    return Key(kind, "" if kind in _CLUSTER_WIDE else names.get("namespace", "default"), names["name"])


def replacing(kind: str, old: Props, new: Props, changed: Set[str], *, mutable_secrets: bool) -> list[str]:
    """Name the changed properties that make it another object.

    https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/diff.go
    """
    if kind == "Secret" and not mutable_secrets and (fixed := sorted(changed & {"data", "stringData", "type"})):
        return fixed
    if key_of(kind, old) == key_of(kind, new):
        return []
    return ["name", "namespace"] if kind == RELEASE else ["metadata.name", "metadata.namespace"]


def live(kind: str, inputs: Props, old: Props) -> Props:
    """Answer as the API server does: the object with what the server adds; what it added before stays."""
    if kind == RELEASE:
        revision = old.get("status", {}).get("revision", 0) + 1
        status = {key: inputs[key] for key in ("name", "namespace", "chart", "version") if key in inputs}
        return inputs | {"status": {**status, "status": "deployed", "revision": revision}}
    key = key_of(kind, inputs)
    added = old.get("metadata") or {
        "uid": str(uuid.uuid4()),
        "creationTimestamp": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    stable = {name: added[name] for name in ("uid", "creationTimestamp")}
    place = {"namespace": key.namespace} if key.namespace else {}
    return inputs | {"metadata": {**inputs["metadata"], **place, **stable}}
