from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.network import Network
from components.network_model import ExistingNetwork, NewNetwork, SubnetPair
from tests.recording import Recording, record

ZONES = ("cn-north-1a", "cn-north-1b", "cn-north-1d")
TAGS = {"Team": "dkms"}

cidrs = st.builds(
    lambda prefix, bits: IPv4Network((bits >> (32 - prefix) << (32 - prefix), prefix)),
    st.integers(16, 20),
    st.integers(0, 2**32 - 1),
)


def created(**changes: Any) -> Recording:
    args = NewNetwork(**{"cidr": "10.30.0.0/16", "zones": ZONES} | changes)
    return record(lambda: Network("dkms", args, TAGS))


@given(cidrs, st.integers(2, 4))
def test_subnets_lie_in_the_vpc_and_apart(cidr: IPv4Network, zones: int) -> None:
    args = NewNetwork(cidr=cidr, zones=tuple(f"cn-north-1{letter}" for letter in "abcd"[:zones]))
    subnets = [subnet for pair in args.subnets().values() for subnet in pair]
    assert len(subnets) == 2 * zones
    assert all(subnet.subnet_of(cidr) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))
    # A load balancer needs eight free addresses, and AWS keeps five of every subnet.
    assert all(subnet.num_addresses >= 8 + 5 for subnet in subnets)


@given(cidrs, st.integers(2, 3))
def test_a_zone_added_at_the_end_moves_no_subnet(cidr: IPv4Network, zones: int) -> None:
    names = tuple(f"cn-north-1{letter}" for letter in "abcd")
    fewer, more = (NewNetwork(cidr=cidr, zones=names[:number]).subnets() for number in (zones, zones + 1))
    assert {zone: more[zone] for zone in fewer} == dict(fewer)


@pytest.mark.parametrize("nat", ["zone", "one"])
def test_a_subnet_takes_a_route_table_that_leads_out_already(nat: str) -> None:
    recording = created(nat=nat)
    for zone in ZONES:
        way_out = recording.one("Route", f"dkms-{zone if nat == 'zone' else ZONES[0]}")
        association = recording.one("RouteTableAssociation", f"dkms-private-{zone}")
        assert association.inputs["routeTableId"] == f"{way_out.name}-id"
        assert recording.comes_before(way_out, association)


@pytest.mark.parametrize(("nat", "gateways"), [("zone", ZONES), ("one", ZONES[:1])])
def test_a_new_network(nat: str, gateways: tuple[str, ...]) -> None:
    recording = created(nat=nat)
    subnets = [f"dkms-{kind}-{zone}" for kind in ("private", "public") for zone in ZONES]
    assert recording.listing() == sorted(
        [
            ("InternetGateway", "dkms"),
            ("Network", "dkms"),
            ("Route", "dkms-public"),
            ("RouteTable", "dkms-public"),
            ("Vpc", "dkms"),
            *(("Subnet", name) for name in subnets),
            *(("RouteTableAssociation", name) for name in subnets),
            *((kind, f"dkms-{zone}") for kind in ("NatGateway", "Route", "RouteTable") for zone in gateways),
            *(("Eip", f"dkms-{zone}-nat") for zone in gateways),
        ]
    )
    for place, zone in enumerate(ZONES):
        private = recording.one("RouteTableAssociation", f"dkms-private-{zone}").inputs["routeTableId"]
        assert private == f"dkms-{gateways[min(place, len(gateways) - 1)]}-id"
        assert recording.one("RouteTableAssociation", f"dkms-public-{zone}").inputs["routeTableId"] == "dkms-public-id"
    for zone in gateways:
        assert recording.one("NatGateway", f"dkms-{zone}").inputs["subnetId"] == f"dkms-public-{zone}-id"
        assert recording.one("Route", f"dkms-{zone}").inputs["natGatewayId"] == f"dkms-{zone}-id"
    assert recording.one("Route", "dkms-public").inputs["gatewayId"] == "dkms-id"


def test_every_part_is_named_for_people() -> None:
    recording = created()
    tagged = [each for each in recording.resources.values() if "tags" in each.inputs]
    assert {each.kind for each in tagged} == {"Vpc", "InternetGateway", "RouteTable", "Subnet", "Eip", "NatGateway"}
    assert all(each.inputs["tags"] == {"Team": "dkms", "Name": each.name} for each in tagged)


def test_what_faces_the_internet_waits_for_the_gateway() -> None:
    recording = created()
    gateway = recording.one("InternetGateway", "dkms")
    for zone in ZONES:
        assert recording.comes_before(gateway, recording.one("Subnet", f"dkms-public-{zone}"))
        assert recording.comes_before(gateway, recording.one("NatGateway", f"dkms-{zone}"))


def test_from_one_nat_gateway_to_one_a_zone_renames_nothing() -> None:
    one, each = created(nat="one"), created(nat="zone")
    assert one.resources.keys() < each.resources.keys()
    assert each.changed_from(one) == {
        ("RouteTableAssociation", "dkms-private-cn-north-1b"): {"routeTableId"},
        ("RouteTableAssociation", "dkms-private-cn-north-1d"): {"routeTableId"},
    }


def test_an_existing_network_creates_nothing_and_passes_its_ids_through() -> None:
    pairs = {
        "cn-north-1a": SubnetPair(private="subnet-1", public="subnet-2"),
        "cn-north-1b": SubnetPair(private="subnet-3"),
    }
    recording = record(lambda: Network("dkms", ExistingNetwork(vpc_id="vpc-1", subnets=pairs), TAGS))
    assert recording.listing() == [("Network", "dkms")]
    assert recording.outputs[recording.one("Network", "dkms").urn] == {
        "vpcId": "vpc-1",
        "privateSubnetIds": ["subnet-1", "subnet-3"],
        "publicSubnetIds": ["subnet-2"],
    }
