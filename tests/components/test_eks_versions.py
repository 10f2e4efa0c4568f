from datetime import date, timedelta

import pytest

from components.eks_versions import (
    EKS_VERSIONS,
    addon_versions,
    eks_version,
    extended_support_ended,
    known_versions,
    standard_support_ended,
)

DAY = timedelta(days=1)


def test_versions_are_consecutive_minors_oldest_first() -> None:
    assert known_versions() == ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35")


def test_an_unknown_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"1\.29 is not an EKS version that is known here; known: 1\.30, .*1\.35$"):
        eks_version("1.29")


@pytest.mark.parametrize("version", known_versions())
@pytest.mark.fact(59)
def test_dates_rise_and_leave_fourteen_and_twelve_months(version: str) -> None:
    row = EKS_VERSIONS[version]
    # AWS moves the days a little; the length of each phase it keeps.
    assert (row.standard_support_ends - row.released).days == pytest.approx(14 * 30.4, abs=6)
    assert (row.extended_support_ends - row.standard_support_ends).days in {365, 366}


def test_releases_rise_with_the_version() -> None:
    released = [row.released for row in EKS_VERSIONS.values()]
    assert released == sorted(set(released))


@pytest.mark.parametrize("version", known_versions())
def test_support_ends_with_the_beginning_of_the_day(version: str) -> None:
    row = EKS_VERSIONS[version]
    assert not standard_support_ended(version, row.standard_support_ends - DAY)
    assert standard_support_ended(version, row.standard_support_ends)
    assert not extended_support_ended(version, row.extended_support_ends - DAY)
    assert extended_support_ended(version, row.extended_support_ends)


def test_the_fleets_oldest_version_has_left_all_support_and_its_target_has_not() -> None:
    today = date(2026, 11, 23)
    assert extended_support_ended("1.30", today)
    assert standard_support_ended("1.33", today)
    assert not extended_support_ended("1.33", today)
    assert not standard_support_ended("1.34", today)


@pytest.mark.parametrize("version", known_versions())
def test_every_version_pins_the_same_four_addons(version: str) -> None:
    addons = addon_versions(version)
    assert set(addons) == {"vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent"}
    assert addons["kube-proxy"].startswith(f"v{version}.")


def test_coredns_moves_with_kubernetes_1_33() -> None:
    assert addon_versions("1.32")["coredns"].startswith("v1.11.")
    assert addon_versions("1.33")["coredns"].startswith("v1.13.")


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        addon_versions("1.33")["coredns"] = "latest"  # type: ignore[index]
