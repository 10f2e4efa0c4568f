"""The EKS versions that are known here: support dates, and the add-on versions that go with each.

Pure. A new minor version is one more row of the table.

Dates: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#kubernetes-release-calendar
vpc-cni, coredns, kube-proxy: one generation for 1.30 to 1.35, from AWS China's tables of spring 2026:
https://docs.amazonaws.cn/eks/latest/userguide/managing-vpc-cni.html
https://docs.amazonaws.cn/eks/latest/userguide/managing-coredns.html
https://docs.amazonaws.cn/eks/latest/userguide/managing-kube-proxy.html
eks-pod-identity-agent has no such table; its version is what EKS gave by default at that time, whatever the
Kubernetes version. Whether a region has a version, `aws eks describe-addon-versions` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

__all__ = [
    "EKS_VERSIONS",
    "EksVersion",
    "addon_versions",
    "eks_version",
    "extended_support_ended",
    "known_versions",
    "standard_support_ended",
]


@dataclass(frozen=True, slots=True)
class EksVersion:
    """One Kubernetes minor version on EKS.

    Standard support lasts 14 months from the release. Extended support, 12 months more, costs extra; after it
    AWS upgrades the control plane by force.
    """

    version: str
    released: date
    standard_support_ends: date
    extended_support_ends: date
    addons: Mapping[str, str]
    """Pinned version of each add-on; "most recent" would move on any update."""


def _row(version: str, released: str, standard: str, extended: str, coredns: str, kube_proxy: str) -> EksVersion:
    addons = {
        "vpc-cni": "v1.21.1-eksbuild.7",
        "kube-proxy": kube_proxy,
        "coredns": coredns,
        "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
    }
    return EksVersion(
        version=version,
        released=date.fromisoformat(released),
        standard_support_ends=date.fromisoformat(standard),
        extended_support_ends=date.fromisoformat(extended),
        addons=MappingProxyType(addons),
    )


_COREDNS_1_11 = "v1.11.4-eksbuild.33"
_COREDNS_1_13 = "v1.13.2-eksbuild.4"
_TABLE = (
    _row("1.30", "2024-05-23", "2025-07-23", "2026-07-23", _COREDNS_1_11, "v1.30.14-eksbuild.28"),
    _row("1.31", "2024-09-26", "2025-11-26", "2026-11-26", _COREDNS_1_11, "v1.31.14-eksbuild.9"),
    _row("1.32", "2025-01-23", "2026-03-23", "2027-03-23", _COREDNS_1_11, "v1.32.13-eksbuild.5"),
    _row("1.33", "2025-05-29", "2026-07-29", "2027-07-29", _COREDNS_1_13, "v1.33.10-eksbuild.2"),
    _row("1.34", "2025-10-02", "2026-12-02", "2027-12-02", _COREDNS_1_13, "v1.34.6-eksbuild.2"),
    _row("1.35", "2026-01-28", "2027-03-27", "2028-03-27", _COREDNS_1_13, "v1.35.3-eksbuild.2"),
)

EKS_VERSIONS: Mapping[str, EksVersion] = MappingProxyType({row.version: row for row in _TABLE})
"""All known versions by name, oldest first."""


def known_versions() -> tuple[str, ...]:
    """Names of the known versions, oldest first."""
    return tuple(EKS_VERSIONS)


def eks_version(version: str) -> EksVersion:
    """Look a version up. Raises ValueError, naming the known ones, when it is not among them."""
    if version not in EKS_VERSIONS:
        known = ", ".join(known_versions())
        raise ValueError(f"{version} is not an EKS version that is known here; known: {known}")
    return EKS_VERSIONS[version]


def standard_support_ended(version: str, today: date) -> bool:
    """Whether extended support has begun: AWS bills it from the beginning of the day standard ends."""
    return today >= eks_version(version).standard_support_ends


def extended_support_ended(version: str, today: date) -> bool:
    """Whether EKS refuses new clusters of this version and upgrades old ones at a time of its choosing."""
    return today >= eks_version(version).extended_support_ends


def addon_versions(version: str) -> Mapping[str, str]:
    """Pinned versions of vpc-cni, kube-proxy, coredns and eks-pod-identity-agent on a Kubernetes version."""
    return eks_version(version).addons
