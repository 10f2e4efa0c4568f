"""A stack file of what was found: a new one, or an existing one with the rest of it byte by byte. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import yaml

from components.errors import BlueGreenError
from components.model import Entry
from components.traffic import Colour
from infra.config import NAMESPACE, Topology
from policies.stack import mapping
from rollout.adopt.fit import services_of
from rollout.adopt.seen import Balancer, Found
from rollout.editing import put
from rollout.marks import marks

__all__ = ["Wanted", "new_text", "written"]

_WIDTH = 100
COLOUR_PORTS: dict[str, object] = Entry.model_fields["colour_ports"].default
Tree = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What nobody can find in AWS."""

    topology: Topology
    colour: Colour
    clients: Sequence[str]
    operators: Sequence[str]


def new_text(stack: str, region: str) -> str:
    """Begin a stack file."""
    return (
        f"# {stack}. Every key: infra/config.py; a change of this file, reviewed, is how traffic moves.\n"
        f"config:\n  aws:region: {region}\n"
    )


def written(text: str, settings: Tree, found: Found, wanted: Wanted) -> str:
    """Write what was found into a stack file with these settings. Raises BlueGreenError where that cannot be done."""
    services = mapping(settings.get(f"{NAMESPACE}:services"))
    named = services_of(found, {name: mapping(each).get("port", 8080) for name, each in services.items()})
    keys: dict[str, object] = {
        "topology": wanted.topology.value,
        "active": wanted.colour.value,
        "clusters": {
            wanted.colour.value: _cluster(found, wanted, {name: each.group.arn for name, each in named.items()})
        },
        "adopted": _adopted(found, wanted.topology),
    }
    given = mapping(settings.get(f"{NAMESPACE}:entry"))
    ports = {**COLOUR_PORTS, **mapping(given.get("colourPorts"))}
    entry = {**_entry(found), **_colour_ports(found, ports)}
    if not given:
        keys["entry"] = {**entry, "clientCidrs": [*wanted.clients], "operatorCidrs": [*wanted.operators]}
    else:
        for key, value in entry.items():
            text = put(text, ("config", f"{NAMESPACE}:entry", key), cast("str | int", value))
    network = mapping(settings.get(f"{NAMESPACE}:network"))
    if "vpcId" not in network:
        keys["network"] = _network(found)
    elif network["vpcId"] != found.nlb.vpc:
        raise BlueGreenError(
            f"network.vpcId is {network['vpcId']}, and what runs is in {found.nlb.vpc}; one of the two"
        )
    if not services:
        several = len(named) > 1
        keys["services"] = {
            name: {"port": route.group.port, "healthPath": route.group.health_path}
            | ({"paths": paths} if (paths := [path for path in route.paths if path != "/*"]) else {})
            | ({"order": order} if several else {})
            for order, (name, route) in enumerate(named.items(), 1)
        }
    for key, value in keys.items():
        name = f"{NAMESPACE}:{key}"
        text = put(text, ("config", name), value) if isinstance(value, str) else _block(text, name, value)
    return text


def _cluster(found: Found, wanted: Wanted, services: Mapping[str, str]) -> Tree:
    nlb = {"nlb": found.nlb.arn} if wanted.topology is Topology.ROUTE53 else {}
    alb = {} if wanted.topology is Topology.SHARED_ALB else {"alb": found.alb.arn, "targetGroup": found.behind.arn}
    return {"existing": found.cluster, "chain": {**nlb, **alb, "services": services}}


def _adopted(found: Found, topology: Topology) -> Tree:
    adopted: dict[str, object] = {"record": f"{found.zone.id}_{found.host}_{found.record.type}"}
    if topology is not Topology.ROUTE53:
        nlb: dict[str, object] = {"arn": found.nlb.arn, "listener": found.listener.arn}
        if found.nlb.groups:
            nlb["securityGroup"] = found.nlb.groups[0]
        else:
            nlb["cidrs"] = [subnet.cidr for subnet in found.nlb.subnets]
        adopted["nlb"] = nlb
    if topology is Topology.SHARED_ALB:
        adopted["alb"] = {
            "arn": found.alb.arn,
            "listener": found.alb_listener.arn,
            "targetGroup": found.behind.arn,
            "securityGroup": found.alb.groups[0],
        }
    return adopted


def _entry(found: Found) -> Tree:
    listener = found.alb_listener
    ends_tls = {"certificateArn": listener.certificate, "sslPolicy": listener.certificate and listener.ssl_policy}
    return {
        "host": found.host,
        "port": found.listener.port,
        **{key: value for key, value in ends_tls.items() if value},
        **({} if found.nlb.internal else {"scheme": "internet-facing"}),
        "zone": {"name": found.zone.name, "id": found.zone.id, "private": found.zone.private},
    }


def _colour_ports(found: Found, given: Tree) -> Tree:
    """Other ports for the colours' own addresses, where the NLB listens on those already."""
    taken = {listener.port for listener in (found.listener, *found.others)}
    asked = {colour: port for colour, port in given.items() if isinstance(port, int)}
    if taken.isdisjoint(asked.values()):
        return {}
    ports: dict[str, int] = {}
    for colour, port in asked.items():
        ports[colour] = next(each for each in range(port, 65536) if each not in taken)
        taken.add(ports[colour])
    return {"colourPorts": ports}


def _network(found: Found) -> Tree:
    outside = {} if found.nlb.internal else _by_zone(found.nlb, "public")
    inside = _by_zone(found.alb, "private")
    return {"vpcId": found.nlb.vpc, "subnets": {zone: inside[zone] | outside.get(zone, {}) for zone in inside}}


def _by_zone(balancer: Balancer, kind: str) -> dict[str, dict[str, str]]:
    return {subnet.zone: {kind: subnet.id} for subnet in balancer.subnets}


def _block(text: str, key: str, value: object) -> str:
    """Set a key below `config` over as many lines as it takes; a new one comes last."""
    config = marks(text)["config"]
    if config is None or not config.value.pairs or config.value.flow:
        raise BlueGreenError("config: cannot be edited as it is written; write it as plain lines of `key: value`")
    column = config.value.pairs[0].key.column
    lines = "".join(f"{' ' * column}{line}\n" for line in _lines(key, value))
    pair = config.value[key]
    if pair:
        start, end = text.rfind("\n", 0, pair.key.start) + 1, _line_end(text, pair.value.end)
    else:
        start = end = _line_end(text, config.value.pairs[-1].value.end)
        lines = lines if text[:start].endswith("\n") else f"\n{lines}"
    return text[:start] + lines + text[end:]


def _line_end(text: str, offset: int) -> int:
    return found + 1 if (found := text.find("\n", offset)) >= 0 else len(text)


def _lines(key: str, value: object) -> list[str]:
    """Write a key on one line where that is short, else each of its own keys on a line."""
    flow = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=100_000).removesuffix("...\n").strip()
    one = f"{key}: {flow}"
    if len(one) <= _WIDTH or not isinstance(value, Mapping):
        return [one]
    inner = cast("Tree", value)
    return [f"{key}:", *(f"  {line}" for each in inner for line in _lines(each, inner[each]))]
