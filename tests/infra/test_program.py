from functools import cache
from itertools import pairwise
from runpy import run_module
from typing import Any

import pytest
from pulumi import RunError
from pulumi.runtime import set_all_config

from infra.diagram import mermaid
from infra.program import deploy
from tests.infra.settings import ABSENT, config, settings
from tests.recording import Recording, record

TOPOLOGIES = ["route53", "shared-nlb", "shared-alb"]
every_topology = pytest.mark.parametrize("topology", TOPOLOGIES)
SHIFTED = {
    "route53": {
        ("Record", "dkms-blue"): {"weightedRoutingPolicies"},
        ("Record", "dkms-green"): {"weightedRoutingPolicies"},
    },
    "shared-nlb": {("Listener", "dkms-entry"): {"defaultActions"}},
    "shared-alb": {("Listener", "dkms-alb"): {"defaultActions"}},
}


def deployed(changes: dict[str, Any] | None = None, *, preview: bool = False, **existing: str) -> Recording:
    given = config(changes)
    return record(lambda: deploy(given), preview=preview, existing=existing)


@cache
def at(topology: str, green: int | None, *, preview: bool = False) -> Recording:
    """The stack with this share for green, or with blue alone."""
    changes: dict[str, Any] = {"dkms:topology": topology, "dkms:weightedNlb": True}
    if green is None:
        changes["dkms:clusters.green"] = ABSENT
    else:
        changes["dkms:weights"] = {"blue": 100 - green, "green": green}
        changes["dkms:active"] = "green" if green == 100 else "blue"
    return deployed(changes, preview=preview)


@every_topology
def test_from_as_is_to_to_be_only_adds(topology: str) -> None:
    as_is, to_be = at(topology, None), at(topology, 0)
    assert to_be.changed_from(as_is) == {}
    assert as_is.resources.keys() < to_be.resources.keys()
    assert all("green" in name for _, name in to_be.added_to(as_is))


@every_topology
def test_a_shift_changes_the_switch_and_nothing_else(topology: str) -> None:
    for before, after in pairwise([at(topology, green) for green in (0, 10, 100, 0)]):
        assert after.changed_from(before) == SHIFTED[topology]
        assert after.resources.keys() == before.resources.keys()


@every_topology
def test_a_preview_registers_the_same_and_crashes_on_no_unknown(topology: str) -> None:
    assert at(topology, 10, preview=True).resources.keys() == at(topology, 10).resources.keys()


@every_topology
def test_outputs(topology: str) -> None:
    recording = at(topology, 10)
    outputs = recording.stack_outputs
    assert set(outputs) == {"endpoint", "addresses", "topology", "active", "weights", "clusters", "diagram"}
    assert outputs["endpoint"] == "https://dkms.example.cn/"
    assert (outputs["topology"], outputs["active"]) == (topology, "blue")
    assert outputs["weights"] == {"blue": 90, "green": 10}
    assert outputs["clusters"] == {
        "blue": {"name": "dkms-blue-cluster", "version": "1.30"},
        "green": {"name": "dkms-green-cluster", "version": "1.33"},
    }
    assert {colour: address["url"] for colour, address in outputs["addresses"].items()} == {
        "route53": {"blue": "https://blue.dkms.example.cn/", "green": "https://green.dkms.example.cn/"},
        "shared-nlb": {"blue": "https://dkms.example.cn:8443/", "green": "https://dkms.example.cn:9443/"},
        "shared-alb": {"blue": "https://dkms.example.cn/", "green": "https://dkms.example.cn/"},
    }[topology]


@every_topology
def test_the_diagram_shows_the_load_balancers_as_deployed(topology: str) -> None:
    names = {
        "route53": ("nlb-blue", "alb-blue", "nlb-green", "alb-green"),
        "shared-nlb": ("nlb", "alb-blue", "alb-green"),
        "shared-alb": ("nlb", "alb"),
    }[topology]
    hosts = {place: f"dkms-{'-'.join(reversed(place.split('-')))}.elb.example" for place in names}
    given = config({"dkms:topology": topology, "dkms:weightedNlb": True, "dkms:weights": {"blue": 90, "green": 10}})
    expected = mermaid(given, hosts, {"blue": "1.30", "green": "1.33"})
    assert at(topology, 10).stack_outputs["diagram"] == expected


def test_every_resource_that_takes_tags_has_the_stacks() -> None:
    recording = deployed({"dkms:tags": {"Owner": "dkms-team"}})
    tagged = [each for each in recording.resources.values() if "tags" in each.inputs]
    assert len(tagged) > 40
    wanted = {"Project": "dkms", "Stack": "test", "Owner": "dkms-team"}
    assert all(each.inputs["tags"].items() >= wanted.items() for each in tagged)


def test_clusters_wait_for_the_networks_way_out_and_load_balancers_for_nothing_of_clusters() -> None:
    recording = at("shared-nlb", 0)
    routes = recording.of("Route")
    for cluster in [each for each in recording.of("Cluster") if each.remote]:
        assert all(recording.comes_before(route, cluster) for route in routes)
        assert not any(recording.comes_before(cluster, balancer) for balancer in recording.of("LoadBalancer"))


def test_a_bindings_target_group_is_the_one_that_its_colours_alb_forwards_to() -> None:
    recording = at("shared-nlb", 0)
    for colour in ("blue", "green"):
        binding = recording.one("TargetGroupBinding", f"dkms-{colour}-dkms")
        assert binding.inputs["spec"]["targetGroupARN"].endswith(f"TargetGroup/dkms-{colour}-dkms")
        assert recording.comes_before(recording.one("TargetGroup", f"dkms-{colour}-dkms"), binding)


def test_tools_stand_off_the_traffic_path_and_upgrade_in_place() -> None:
    def with_argocd(version: str) -> Recording:
        return deployed({"dkms:tools": {"argocd": {"version": version}}})

    old, new = with_argocd("1.32"), with_argocd("1.33")
    assert ("ServiceCluster", "dkms-argocd") not in new.listing()
    assert new.stack_outputs["clusters"]["argocd"] == {"name": "dkms-argocd-cluster", "version": "1.33"}
    assert new.resources.keys() == old.resources.keys()
    assert {name for _, name in new.changed_from(old)} == {"dkms-argocd", "dkms-argocd-coredns"}


def test_a_new_zone_is_private_to_the_vpc_unless_said_otherwise() -> None:
    (private,) = at("shared-nlb", 0).of("Zone")
    assert private.inputs["name"] == "example.cn"
    assert private.inputs["vpcs"] == [{"vpcId": "dkms-id"}]
    (public,) = deployed({"dkms:entry.zone.private": False}).of("Zone")
    assert "vpcs" not in public.inputs
    assert at("shared-nlb", 0).one("Record", "dkms-entry").inputs["zoneId"] == "ZNEW"


def test_what_exists_is_used_and_not_created() -> None:
    recording = deployed(
        {
            "dkms:entry.zone.id": "ZOLD",
            "dkms:network": {
                "vpcId": "vpc-1",
                "subnets": {"cn-north-1a": {"private": "subnet-1"}, "cn-north-1b": {"private": "subnet-2"}},
            },
            "dkms:clusters": {"blue": {"existing": "old"}},
        },
        old="1.30",
    )
    kinds = {kind for kind, _ in recording.listing()}
    assert not kinds & {"Vpc", "Subnet", "NatGateway", "RouteTable", "Zone", "Cluster", "ManagedNodeGroup", "Addon"}
    assert recording.one("Record", "dkms-entry").inputs["zoneId"] == "ZOLD"
    assert recording.one("LoadBalancer", "dkms-nlb").inputs["subnets"] == ["subnet-1", "subnet-2"]
    assert recording.stack_outputs["clusters"] == {"blue": {"name": "old", "version": "1.30"}}


def test_an_internet_facing_nlb_stands_in_public_subnets_and_its_albs_in_private_ones() -> None:
    recording = deployed({"dkms:entry.scheme": "internet-facing"})
    public = [f"dkms-public-cn-north-1{zone}-id" for zone in "ab"]
    private = [f"dkms-private-cn-north-1{zone}-id" for zone in "ab"]
    assert recording.one("LoadBalancer", "dkms-nlb").inputs["subnets"] == public
    assert recording.one("LoadBalancer", "dkms-blue-alb").inputs["subnets"] == private
    gateway = recording.one("InternetGateway", "dkms")
    assert recording.comes_before(gateway, recording.one("LoadBalancer", "dkms-nlb"))


@every_topology
def test_every_generated_name_fits_into_awss_32_characters(topology: str) -> None:
    recording = deployed({"dkms:topology": topology, "dkms:services": {"a" * 13: {}}})
    named = recording.of("LoadBalancer") + recording.of("TargetGroup")
    # Pulumi adds a hyphen and seven characters.
    assert max(len(each.name) + 8 for each in named) == 32
    assert not any("name" in each.inputs for each in named)


def run_as_pulumi_does(raw: dict[str, str]) -> Recording:
    def program() -> None:
        set_all_config(raw)
        run_module("infra", run_name="__main__")

    return record(program)


def test_the_program_reads_what_pulumi_hands_over() -> None:
    assert run_as_pulumi_does(settings()).resources.keys() == deployed().resources.keys()


def test_a_configuration_error_is_one_clear_line_and_creates_nothing() -> None:
    with pytest.raises(RunError, match=r"^Pulumi\.test\.yaml: dkms:wieghts: is unknown; did you mean weights\?$"):
        run_as_pulumi_does(settings({"dkms:wieghts": {"blue": 100}}))
