"""EKS clusters and node groups: versions and subnets.

https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
"""

from __future__ import annotations

from moto.eks.models import Cluster

from components.eks_versions import known_versions
from rehearsal.aws.inventory import Inventory
from rehearsal.aws.refusals import Params, Refusal

__all__ = ["access_entries", "creation", "deletion", "node_version", "upgrade"]


def creation(held: Inventory, params: Params) -> None:
    """Check CreateCluster."""
    version, versions = params["version"], known_versions()
    if version not in versions:
        raise Refusal(
            "InvalidParameterException",
            f"unsupported Kubernetes version {version}; EKS offers {', '.join(versions)}",
        )
    known = {subnet.id: subnet for zone in held.ec2.subnets.values() for subnet in zone.values()}
    subnets: list[str] = params["resourcesVpcConfig"].get("subnetIds", [])
    missing = [subnet for subnet in subnets if subnet not in known]
    if missing:
        raise Refusal("InvalidParameterException", f"The subnet ID '{missing[0]}' does not exist")
    if len({known[subnet].availability_zone for subnet in subnets}) < 2:
        raise Refusal(
            "InvalidParameterException",
            "Subnets specified must be in at least two different AZs",
        )


def upgrade(cluster: Cluster, version: str) -> None:
    """Check UpdateClusterVersion: one minor version up, never down."""
    if version not in known_versions():
        raise Refusal("InvalidParameterException", f"unsupported Kubernetes version {version}")
    if _minor(version) != _minor(cluster.version) + 1:
        raise Refusal(
            "InvalidParameterException",
            f"Unsupported Kubernetes minor version update from {cluster.version} to {version}",
        )


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def deletion(cluster: Cluster) -> None:
    """Check DeleteCluster as far as moto does not."""
    if vars(cluster)["deletion_protection"]:
        raise Refusal(
            "InvalidRequestException",
            f"Cluster {cluster.name} has deletion protection enabled; disable it before deleting the cluster",
        )


def node_version(cluster: Cluster, version: str) -> None:
    """Check that nodes are not newer than their control plane."""
    if version not in known_versions() or _minor(version) > _minor(cluster.version):
        raise Refusal(
            "InvalidParameterException",
            f"Kubernetes version {version} of nodes must exist and not exceed the cluster's {cluster.version}",
        )


def access_entries(authentication_mode: str) -> None:
    """Check that a cluster takes access entries."""
    if authentication_mode == "CONFIG_MAP":
        raise Refusal(
            "InvalidRequestException",
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform "
            "this operation.",
        )
