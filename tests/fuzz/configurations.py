"""Configurations for a stack: right ones, derived from the models that read them, and bent ones."""

import inspect
import re
import types
from collections.abc import Callable, Iterator
from copy import deepcopy
from enum import Enum
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from hypothesis import strategies as st
from pydantic import AfterValidator
from pydantic.fields import FieldInfo

from components.argocd_model import ArgoCD
from components.eks_versions import known_versions
from components.gates.model import LEAST_BAKE, GateSettings, Verify
from components.model import AccessLogs, Cluster, Controller, Entry, NodeGroup, Service, Zone
from components.network_model import NewNetwork
from components.partition import PLACES
from components.schema import Model
from infra.config import StackConfig, Topology
from tests.fuzz.hostile import TEXTS, values

__all__ = ["Settings", "bent", "places", "right"]

Settings = dict[str, Any]
Strategy = st.SearchStrategy[Any]

NETWORKS = st.builds(
    lambda bits, prefix: str(IPv4Network((bits << 8, prefix), strict=False)),
    st.integers(0x010000, 0xDFFFFF),
    st.integers(8, 32),
)
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
TIMES = st.just(0) | st.integers(LEAST_BAKE, 21600) | st.sampled_from(["0", "180s", "3m", "6h", "600"])

# What a model cannot say of a field by its type alone.
OWN: dict[tuple[type[Model], str], Strategy] = {
    (Cluster, "version"): st.sampled_from(known_versions()),
    (Cluster, "existing"): st.none(),
    (Cluster, "chain"): st.nothing(),  # of a cluster that exists
    (Cluster, "clusterOf"): st.nothing(),  # stands in the other colour's, and says nothing else
    (Cluster, "retiring"): st.just(False),
    (Cluster, "addons"): st.dictionaries(
        st.sampled_from(["vpc-cni", "kube-proxy", "coredns", "aws-ebs-csi-driver"]), st.just("v1.2.3-eksbuild.1")
    ),
    (GateSettings, "bake"): TIMES,
    (Verify, "timeout"): st.integers(1, 21600),
    (Service, "weights"): st.nothing(),  # only where a stack has both colours
    (Service, "order"): st.nothing(),  # a stack gives each service its own
    (Service, "hosts"): st.nothing(),
    (Service, "paths"): st.nothing(),
    (Service, "slowStart"): st.just(0) | st.integers(30, 900),
    (Controller, "repository"): WORDS.map("https://charts.{}.cn/eks".format),
    (NodeGroup, "instanceTypes"): st.lists(
        st.sampled_from(["m6i.large", "c7g.2xlarge"]), min_size=1, unique=True, max_size=2
    ),
    (AccessLogs, "prefix"): st.sampled_from(["", "elb", "logs/dkms"]),
}


def of_model(model: type[Model]) -> Strategy:
    """What a model reads: everything that it needs, and some of the rest."""
    fields = {str(field.alias): (field, of_field(model, field)) for field in model.model_fields.values()}
    needed = {key: strategy for key, (field, strategy) in fields.items() if field.is_required()}
    rest = {key: strategy for key, (field, strategy) in fields.items() if key not in needed and not strategy.is_empty}
    made = st.fixed_dictionaries(needed, optional=rest)
    if model is NodeGroup:
        return made.map(_rising)
    return made.map(lambda given: given | {"version": "1.33"}) if model is Cluster else made


def of_field(model: type[Model], field: FieldInfo) -> Strategy:
    """What one field reads; a field of a kind that is not known here has to be told in `OWN`."""
    own = OWN.get((model, str(field.alias)))
    return of_type(field.annotation, field.metadata) if own is None else own


def of_type(annotation: Any, metadata: list[Any]) -> Strategy:
    """What a type reads, within what its annotations say."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        more = [*inner[1:]]
        return of_type(inner[0], [*metadata, *(m for each in more for m in getattr(each, "metadata", [each]))])
    if origin in (types.UnionType, Union):
        return st.one_of(*(of_type(each, metadata) for each in inner if each is not type(None)))
    if origin is Literal:
        return st.sampled_from(inner)
    least, most = _limits(metadata)
    if origin is tuple:
        return st.lists(of_type(inner[0], []), min_size=int(least or 0), max_size=2, unique=True)
    if origin is dict:
        return st.dictionaries(of_type(inner[0], []), of_type(inner[1], []), max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return of_model(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from([each.value for each in annotation])
    leaves: dict[Any, Callable[[], Strategy]] = {
        bool: st.booleans,
        int: lambda: st.integers(int(least or 0), int(most)),
        float: lambda: st.integers(int(least or 0) + 1, int(most) - 1),
        str: lambda: _text(metadata),
        IPv4Network: lambda: NETWORKS,
    }
    return leaves[annotation]()


def _limits(metadata: list[Any]) -> tuple[Any, Any]:
    least = [each.ge for each in metadata if isinstance(each, annotated_types.Ge)]
    least += [each.gt for each in metadata if isinstance(each, annotated_types.Gt)]
    least += [each.min_length for each in metadata if isinstance(each, annotated_types.MinLen)]
    most = [each.le for each in metadata if isinstance(each, annotated_types.Le)]
    most += [each.lt for each in metadata if isinstance(each, annotated_types.Lt)]
    return (least or [None])[0], (most or [None])[0]


def _text(metadata: list[Any]) -> Strategy:
    for each in metadata:
        if isinstance(each, AfterValidator):
            pattern = inspect.getclosurevars(each.func).nonlocals["pattern"]
            return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    return WORDS


def _rising(given: Settings) -> Settings:
    sizes = sorted(given.get(key, 3) for key in ("minimum", "desired", "maximum"))
    return given | dict(zip(("minimum", "desired", "maximum"), sizes, strict=True))


@st.composite
def right(draw: st.DrawFn) -> Settings:
    """A configuration that has nothing wrong, as nested as a stack file is."""
    region = draw(st.sampled_from(sorted(PLACES)))
    topology = draw(st.sampled_from([each.value for each in Topology]))
    colours = draw(st.sampled_from([["blue"], ["green"], ["blue", "green"]]))
    active = draw(st.sampled_from(colours))
    given = draw(of_stack)
    given |= {"aws:region": region, "dkms:topology": topology, "dkms:active": active}
    given["dkms:clusters"] = {colour: draw(of_model(Cluster)) for colour in colours}
    other = next((colour for colour in colours if colour != active), None)
    if other and draw(st.booleans()):
        share = draw(st.integers(1, 100))
        given["dkms:weights"] = {active: share, other: 100 - share}
        if topology == "shared-nlb" and share < 100:
            given["dkms:weightedNlb"] = True
    zone = f"{draw(WORDS)}.cn"
    given["dkms:entry"] = draw(entries(region, zone, simple=len(colours) == 1))
    given["dkms:network"] = draw(networks(region, public=given["dkms:entry"].get("scheme") == "internet-facing"))
    given["dkms:services"] = draw(services(zone))
    if "argocd" in given.get("dkms:tools", {}) and draw(st.booleans()):
        labels = draw(of_type(ArgoCD.model_fields["labels"].annotation, []))
        given["dkms:argocd"] = {"roleArn": "arn:aws-cn:iam::123456789012:role/argocd", "labels": labels}
    return given


@st.composite
def entries(draw: st.DrawFn, region: str, zone: str, *, simple: bool) -> Settings:
    """An entry in a zone. A rule of an ALB takes five values, and the networks of operators are among them."""
    made = draw(of_model(Entry))
    ports = draw(st.lists(st.integers(1, 65535).filter(lambda port: port != 443), min_size=3, max_size=3, unique=True))
    made |= {"host": draw(st.sampled_from([zone, f"dkms.{zone}"])), "port": ports[0]}
    made |= {
        "colourPorts": {"blue": ports[1], "green": ports[2]},
        "operatorCidrs": draw(st.lists(NETWORKS, min_size=1, max_size=1)),
    }
    made["zone"] = draw(of_model(Zone)) | {"name": zone}
    if "certificateArn" in made:
        made["certificateArn"] = f"arn:aws-cn:acm:{region}:123456789012:certificate/{draw(WORDS)}"
        made["port"] = draw(st.sampled_from([443, ports[0]]))
    if not simple:
        made["record"] = "weighted"
    return made


@st.composite
def networks(draw: st.DrawFn, region: str, *, public: bool) -> Settings:
    """A network, new or existing, in a region."""
    zones = [f"{region}{letter}" for letter in draw(st.lists(st.sampled_from("abcd"), min_size=2, unique=True))]
    if draw(st.booleans()):
        block = IPv4Network((draw(st.integers(0x0A00, 0x0AFF)) << 16, 16)).with_prefixlen
        return draw(of_model(NewNetwork)) | {"zones": zones, "cidr": block}
    kinds = ["private", "public"] if public or draw(st.booleans()) else ["private"]
    pairs = {
        zone: {kind: f"subnet-{place}{kind[1:2].encode().hex()}" for kind in kinds} for place, zone in enumerate(zones)
    }
    return {"vpcId": "vpc-0a", "subnets": pairs}


@st.composite
def services(draw: st.DrawFn, zone: str) -> dict[str, Settings]:
    """Services of an entry that tell themselves apart by their paths; one may take the rest."""
    names = draw(st.lists(WORDS, min_size=1, max_size=3, unique=True))
    orders = draw(st.lists(st.integers(1, 900), min_size=len(names), max_size=len(names), unique=True))
    made = {name: draw(of_model(Service)) | {"order": order} for name, order in zip(names, orders, strict=True)}
    for place, (name, service) in enumerate(made.items()):
        if place or draw(st.booleans()):
            service["paths"] = [f"/{name}", f"/{name}/*"][: draw(st.integers(1, 2))]
        if draw(st.booleans()):
            service["hosts"] = [f"{name}.{zone}"]
    return made


of_stack = st.fixed_dictionaries(
    {},
    optional={
        f"dkms:{field.alias}": of_field(StackConfig, field)
        for field in StackConfig.model_fields.values()
        if field.alias in ("tools", "controller", "accessLogs", "gates", "protect", "tags", "weightedNlb")
    },
)


@st.composite
def bent(draw: st.DrawFn, settings: Strategy) -> Settings:
    """A configuration in which something is not as it should be, or many things are."""
    made = deepcopy(draw(settings))
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(places(made))))
        match draw(st.sampled_from(["drop", "rename", "replace", "wrap", "copy"])):
            case "drop":
                del holder[key]
            case "rename" if isinstance(holder, dict):
                name = draw(
                    st.sampled_from(
                        [key.upper(), f"{key} ", f"{key}s", key[:-1], f"dkms:{key}", draw(st.sampled_from(TEXTS))]
                    )
                )
                holder[name] = holder.pop(key)
            case "wrap":
                holder[key] = draw(
                    st.sampled_from([[holder[key]], {"a": holder[key]}, [[holder[key]]] * 2, [holder[key]] * 200])
                )
            case "copy":
                other, place = draw(st.sampled_from(list(places(made))))
                holder[key] = deepcopy(other[place])
            case _:
                holder[key] = draw(values)
        if not made:
            break
    return made


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in [*inner]:
        yield value, key
        yield from places(each)
