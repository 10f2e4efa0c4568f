"""EKS versions past their support: said, never forbidden, so that the upgrade itself is not blocked. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date

from components.eks_versions import (
    EKS_VERSIONS,
    extended_support_ended,
    known_versions,
    standard_support_ended,
)
from components.tags import COLOUR
from policies.stack import Resource

__all__ = ["past_extended", "past_standard"]


def past_standard(resource: Resource, today: date) -> Iterator[str]:
    """Clusters in extended support, and those of which the table knows nothing."""
    version = _version(resource)
    if version is None:
        return
    row = EKS_VERSIONS.get(version)
    if row is None:
        known = f"{known_versions()[0]} to {known_versions()[-1]}"
        yield f"{resource.name} runs EKS {version}, whose support dates are not known here (only of {known})"
    elif standard_support_ended(version, today) and not extended_support_ended(version, today):
        yield (
            f"{resource.name} runs EKS {version}, out of standard support since {row.standard_support_ends} "
            f"and billed extra until extended support ends on {row.extended_support_ends}; {_way_out(resource)}"
        )


def past_extended(resource: Resource, today: date) -> Iterator[str]:
    """Clusters that AWS upgrades by force, at a time of its choosing."""
    version = _version(resource)
    row = EKS_VERSIONS.get(version) if version else None
    if row and extended_support_ended(row.version, today):
        yield (
            f"{resource.name} runs EKS {version}, out of all support since {row.extended_support_ends}: AWS "
            f"upgrades its control plane at any time; do not wait: {_way_out(resource)}"
        )


def _version(resource: Resource) -> str | None:
    version = resource.props.get("version")
    return version if resource.kind == "aws:eks:Cluster" and isinstance(version, str) else None


def _way_out(resource: Resource) -> str:
    tags = resource.props.get("tags")
    if isinstance(tags, Mapping) and COLOUR in tags:
        return "bring up the other colour on a newer version and shift to it"
    return "raise its version by one minor at a time: off the traffic path it upgrades in place"
