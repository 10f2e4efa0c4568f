"""A colour in the cluster of the other: what it adds, and in which order it goes."""

from functools import cache
from typing import Any

import pytest

from infra.program import deploy
from tests.infra.settings import ABSENT, config
from tests.recording import Recording, record

every_topology = pytest.mark.parametrize("topology", ["route53", "shared-nlb", "shared-alb"])


@cache
def at(topology: str, *, release: bool) -> Recording:
    changes: dict[str, Any] = {"dkms:topology": topology, "dkms:clusters.green": ABSENT}
    if release:
        changes["dkms:clusters.green"] = {"clusterOf": "blue"}
    given = config(changes)
    return record(lambda: deploy(given))


@every_topology
def test_a_release_adds_no_cluster_and_changes_nothing_that_is_there(topology: str) -> None:
    before, after = at(topology, release=False), at(topology, release=True)
    assert after.changed_from(before) == {}
    added = after.added_to(before)
    assert all("green" in name for _, name in added)
    assert {name for kind, name in added if kind == "ServiceRelease"} == {"dkms-green"}
    assert not {"EksCluster", "Cluster", "ManagedNodeGroup", "Release", "Provider"} & {kind for kind, _ in added}


@every_topology
def test_its_services_find_pods_of_their_own_and_fill_its_own_target_group(topology: str) -> None:
    recording = at(topology, release=True)
    named = {colour: recording.one("Service", f"dkms-{colour}-dkms").inputs for colour in ("blue", "green")}
    assert {colour: each["metadata"]["name"] for colour, each in named.items()} == {
        "blue": "dkms",
        "green": "dkms-green",
    }
    assert {colour: each["spec"]["selector"] for colour, each in named.items()} == {
        "blue": {"app.kubernetes.io/name": "dkms"},
        "green": {"app.kubernetes.io/name": "dkms-green"},
    }
    bindings = {colour: recording.one("TargetGroupBinding", f"dkms-{colour}-dkms") for colour in named}
    assert bindings["green"].inputs["spec"]["serviceRef"] == {"name": "dkms-green", "port": 80}
    groups = {name: each.inputs["spec"]["targetGroupARN"] for name, each in bindings.items()}
    assert groups["blue"] != groups["green"]
    assert bindings["blue"].provider == bindings["green"].provider


@every_topology
def test_its_binding_goes_before_what_lets_the_controller_empty_its_target_group(topology: str) -> None:
    recording = at(topology, release=True)
    allowed = recording.one("RolePolicyAttachment", "dkms-green")
    assert allowed.inputs["role"] == recording.one("RolePolicyAttachment", "dkms-blue").inputs["role"]
    binding = recording.one("TargetGroupBinding", "dkms-green-dkms")
    assert recording.comes_before(allowed, binding)


@every_topology
def test_its_alb_reaches_the_clusters_pods_by_one_rule_for_each_source(topology: str) -> None:
    recording = at(topology, release=True)
    ways = [each.inputs for each in recording.of("SecurityGroupIngressRule") if "alb-to-pods" in each.name]
    sources = [each["referencedSecurityGroupId"] for each in ways]
    assert len(set(sources)) == len(sources) == (1 if topology == "shared-alb" else 2)
    assert len({each["securityGroupId"] for each in ways}) == 1


def test_the_outputs_name_the_cluster_for_both() -> None:
    outputs = at("shared-nlb", release=True).stack_outputs
    assert outputs["clusters"]["green"] == outputs["clusters"]["blue"]
    assert 'eks-green["EKS 1.30 of blue<br/>green"]' in outputs["diagram"]
