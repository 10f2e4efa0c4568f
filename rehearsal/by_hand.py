"""A stack's file as it would be, had a team made by hand what it has today, and then adopted it. Pure.

So every stack can play its own adoption: `furnish` makes from it what the file names as found.
"""

from collections.abc import Mapping
from typing import cast

from components.partition import partition
from components.rules import leading_service
from infra.config import StackConfig, Topology
from rehearsal.providers.aws.resource import ACCOUNT
from rehearsal.stack_file import Settings

__all__ = ["found_network", "made_by_hand"]

_ZONE, _VPC = "Z0BYHAND", "vpc-0b14a2d0"
_INSTEAD = ("dkms:weights", "dkms:tools", "dkms:argocd")
"""What an adoption has not yet, or leaves as it is."""


def made_by_hand(settings: Settings, config: StackConfig) -> Settings:
    """Give the colour that is active, and the network, zone and one service that it has, as found."""
    elb, topology = f"arn:{partition(config.region)}:elasticloadbalancing:{config.region}:{ACCOUNT}", config.topology
    behind, service = f"{elb}:targetgroup/by-hand-to-alb/b1b1b1b1b1b1b1b1", leading_service(config.services)
    alb, nlb = "app/by-hand-alb/a1a1a1a1a1a1a1a1", "net/by-hand-nlb/d1d1d1d1d1d1d1d1"
    shared_nlb = {
        "arn": f"{elb}:loadbalancer/{nlb}",
        "listener": f"{elb}:listener/{nlb}/e1e1e1e1e1e1e1e1",
        "securityGroup": "sg-0d1d1d1d",
    }
    shared_alb = {
        "arn": f"{elb}:loadbalancer/{alb}",
        "listener": f"{elb}:listener/{alb}/f1f1f1f1f1f1f1f1",
        "targetGroup": behind,
        "securityGroup": "sg-0a1a1a1a",
    }
    of_the_colour = {"alb": shared_alb["arn"], "targetGroup": behind}
    shared, chain = {
        Topology.ROUTE53: ({}, {**of_the_colour, "nlb": shared_nlb["arn"]}),
        Topology.SHARED_NLB: ({"nlb": shared_nlb}, of_the_colour),
        Topology.SHARED_ALB: ({"nlb": shared_nlb, "alb": shared_alb}, {}),
    }[topology]
    entry = {key: value for key, value in _mapping(settings, "entry").items() if key != "scheme"}
    services = {service: f"{elb}:targetgroup/by-hand-{service}/c1c1c1c1c1c1c1c1"}
    return {
        **{key: value for key, value in settings.items() if key not in _INSTEAD},
        "dkms:clusters": {config.active.value: {"existing": "by-hand", "chain": {**chain, "services": services}}},
        "dkms:adopted": {"record": f"{_ZONE}_{config.entry.host}_A", **shared},
        "dkms:services": {service: _mapping(settings, "services").get(service, {})},
        "dkms:entry": {**entry, "zone": {**_mapping(entry, "zone", ""), "id": _ZONE}},
        "dkms:network": found_network(config),
    }


def found_network(config: StackConfig) -> Mapping[str, object]:
    """The network that a stack has, as it would name one that exists already."""
    zones = enumerate(config.network.zones)
    return {
        "vpcId": _VPC,
        "subnets": {zone: {"private": f"subnet-0{place}", "public": f"subnet-1{place}"} for place, zone in zones},
    }


def _mapping(settings: Settings, key: str, namespace: str = "dkms:") -> Mapping[str, object]:
    return cast("Mapping[str, object]", settings.get(f"{namespace}{key}") or {})
