from datetime import date

import pytest

from policies.stack import UNKNOWN
from policies.support import past_extended, past_standard
from tests.policies.build import CLUSTER, resource

TODAY = date(2026, 11, 23)


def standard(version: object) -> list[str]:
    return list(
        past_standard(resource(CLUSTER, "blue", {"version": version, "tags": {"bluegreen:colour": "blue"}}), TODAY)
    )


def extended(version: object) -> list[str]:
    return list(
        past_extended(resource(CLUSTER, "blue", {"version": version, "tags": {"bluegreen:colour": "blue"}}), TODAY)
    )


def test_extended_support_is_said_with_its_end() -> None:
    assert standard("1.33") == [
        "blue runs EKS 1.33, out of standard support since 2026-07-29 and billed extra until extended support "
        "ends on 2027-07-29; bring up the other colour on a newer version and shift to it"
    ]
    assert extended("1.33") == []


def test_the_end_of_all_support_is_said_once() -> None:
    assert extended("1.30") == [
        "blue runs EKS 1.30, out of all support since 2026-07-23: AWS upgrades its control plane at any time; "
        "do not wait: bring up the other colour on a newer version and shift to it"
    ]
    assert standard("1.30") == []


def test_a_cluster_off_the_traffic_path_upgrades_in_place() -> None:
    (said,) = past_standard(resource(CLUSTER, "argocd", {"version": "1.32"}), TODAY)
    assert said.endswith("; raise its version by one minor at a time: off the traffic path it upgrades in place")


@pytest.mark.parametrize("version", ["1.34", "1.35", None, UNKNOWN])
def test_a_supported_or_unknown_version_passes(version: object) -> None:
    assert standard(version) == extended(version) == []


@pytest.mark.parametrize("version", ["1.29", "1.99"])
def test_a_version_without_dates_is_said(version: str) -> None:
    assert standard(version) == [
        f"blue runs EKS {version}, whose support dates are not known here (only of 1.30 to 1.35)"
    ]
    assert extended(version) == []


def test_other_resources_with_a_version_pass() -> None:
    node_group = resource("aws:eks/nodeGroup:NodeGroup", props={"version": "1.30"})
    assert list(past_standard(node_group, TODAY)) == list(past_extended(node_group, TODAY)) == []
