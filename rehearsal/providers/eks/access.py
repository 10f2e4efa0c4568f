"""Who may enter a cluster."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from rehearsal.providers.eks.values import Inputs
from rehearsal.providers.errors import ProviderError

__all__ = ["access_entries"]


def access_entries(
    parent: pulumi.Resource,
    name: str,
    cluster: aws.eks.Cluster,
    entries: Mapping[str, Inputs] | pulumi.Output[Mapping[str, Inputs]],
) -> Sequence[pulumi.Resource]:
    """Register an access entry for each principal, and what it may do under it.

    Raises ProviderError where the entries depend on another resource, and so the names of their resources would.
    """
    if isinstance(entries, pulumi.Output):
        raise ProviderError(
            f"eks.Cluster {name}: accessEntries: the rehearsal takes no outputs of other resources in them;"
            " write the ARN, or make an aws.eks.AccessEntry"
        )
    return [_entry(parent, f"{name}-{key}", cluster, entry) for key, entry in entries.items()]


def _entry(parent: pulumi.Resource, name: str, cluster: aws.eks.Cluster, entry: Inputs) -> aws.eks.AccessEntry:
    made = aws.eks.AccessEntry(
        name,
        cluster_name=cluster.name,
        principal_arn=entry["principalArn"],
        kubernetes_groups=entry.get("kubernetesGroups"),
        type=entry.get("type"),
        user_name=entry.get("username"),
        tags=entry.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[cluster]),
    )
    policies: Mapping[str, Inputs] = entry.get("accessPolicies") or {}
    for key, association in policies.items():
        aws.eks.AccessPolicyAssociation(
            f"{name}-{key}",
            cluster_name=cluster.name,
            principal_arn=entry["principalArn"],
            policy_arn=association["policyArn"],
            access_scope=association["accessScope"],
            opts=pulumi.ResourceOptions(parent=made, depends_on=[made]),
        )
    return made
