"""What EKS offers, against the tables of this repository."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from components.eks_versions import EKS_VERSIONS, addon_versions, extended_support_ended, known_versions
from components.model import Controller
from components.partition import CONTROLLER_REGISTRIES, elb_controller_image
from rollout.probe.account import Account, Probe
from rollout.probe.model import Answer

__all__ = ["PROBES", "Addon", "Support", "compare_support"]


class Support(NamedTuple):
    """Until when AWS supports a version; None where it does not say."""

    standard: date | None
    extended: date | None


class Addon(NamedTuple):
    """A version of an add-on, for a version of Kubernetes."""

    name: str
    version: str
    kubernetes: str


def _versions(account: Account) -> Answer:
    pages = account.client("eks").get_paginator("describe_cluster_versions").paginate(includeAll=True)
    offered = {
        each["clusterVersion"]: Support(_day(each, "endOfStandardSupportDate"), _day(each, "endOfExtendedSupportDate"))
        for page in pages
        for each in page["clusterVersions"]
    }
    return compare_support(offered, account.today)


def compare_support(offered: Mapping[str, Support], today: date) -> Answer:
    """Compare the versions that AWS offers, and their dates, with the table."""
    known = known_versions()
    differs = [line for version in known for line in _differences(version, offered.get(version), today)]
    newer = sorted(set(offered) - set(known), key=_minor)
    differs += [f"{version} is new" for version in newer if _minor(version) > _minor(known[-1])]
    return Answer(
        f"{known[0]} to {known[-1]}, with their dates",
        "; ".join(differs) or "the same",
        "mend the table in components/eks_versions.py" if differs else "",
    )


def _differences(version: str, told: Support | None, today: date) -> Iterator[str]:
    ours = EKS_VERSIONS[version]
    if told is None:
        if not extended_support_ended(version, today):
            yield f"{version} is not on offer"
        return
    for kind, here, there in (
        ("standard", ours.standard_support_ends, told.standard),
        ("extended", ours.extended_support_ends, told.extended),
    ):
        if there and there != here:
            yield f"{version}: {kind} support ends {there}, not {here}"


def _minor(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _day(told: Mapping[str, Any], key: str) -> date | None:
    return told[key].date() if key in told else None


def _addons(account: Account) -> Answer:
    wanted = set(_wanted(account))
    eks = account.client("eks").get_paginator("describe_addon_versions")
    offered = {
        Addon(addon["addonName"], version["addonVersion"], fits["clusterVersion"])
        for name in sorted({each.name for each in wanted})
        for page in eks.paginate(addonName=name)
        for addon in page["addons"]
        for version in addon["addonVersions"]
        for fits in version["compatibilities"]
    }
    missing = [f"{each.name} {each.version} for {each.kubernetes}" for each in sorted(wanted - offered)]
    return Answer(
        "every pinned version",
        f"without {'; '.join(missing)}" if missing else "all of them",
        "write one on offer into clusters.<colour>.addons, or mend components/eks_versions.py" if missing else "",
    )


def _wanted(account: Account) -> Iterator[Addon]:
    """What a new cluster would ask for: the pinned versions, and what stacks have instead of them."""
    pinned = {
        version: addon_versions(version)
        for version in known_versions()
        if not extended_support_ended(version, account.today)
    }
    clusters = [
        cluster for stack in account.stacks.values() for cluster in [*stack.clusters.values(), *stack.tools.values()]
    ]
    own = [(each.version, each.addons) for each in clusters if each.version]
    for kubernetes, addons in [*pinned.items(), *own]:
        yield from (Addon(name, version, kubernetes) for name, version in addons.items())


def _controller_image(account: Account) -> Answer:
    tags = {stack.controller.tag for stack in account.stacks.values() if not stack.controller.image}
    tags = tags or {Controller().tag}
    answer = account.client("ecr").batch_get_image(
        registryId=CONTROLLER_REGISTRIES[account.region],
        repositoryName=elb_controller_image(account.region).partition("/")[2],
        imageIds=[{"imageTag": tag} for tag in sorted(tags)],
    )
    missing = tags - {each["imageId"]["imageTag"] for each in answer["images"]}
    return Answer(
        ", ".join(sorted(tags)),
        f"without {', '.join(sorted(missing))}" if missing else "all there",
        "set controller.tag and controller.version to a release that it has, or controller.image to a mirror"
        if missing
        else "",
    )


PROBES = (
    Probe("EKS versions, and when their support ends", (59,), _versions),
    Probe("add-on versions, Pod Identity's agent among them", (55, 66), _addons),
    Probe("the controller's image in AWS's registry", (54,), _controller_image),
)
