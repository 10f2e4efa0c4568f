"""The IAM role of a service, with AWS's own policies."""

import hashlib
import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from rehearsal.providers.eks.component import Anything

__all__ = ["ServiceRole"]


class ServiceRole(pulumi.ComponentResource):
    """A role that an AWS service takes, and its policies."""

    role: aws.iam.Role
    attachments: Sequence[aws.iam.RolePolicyAttachment]

    def __init__(
        self,
        name: str,
        *,
        service: str,
        actions: Sequence[str],
        policies: Sequence[str],
        partition: pulumi.Output[str],
        description: str | None = None,
        tags: Anything = None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("eks:index:ServiceRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        statement = {"Action": list(actions), "Effect": "Allow", "Principal": {"Service": [service]}}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        self.role = aws.iam.Role(
            f"{name}-role",
            description=description,
            assume_role_policy=json.dumps(trust),
            tags=tags,
            opts=child,
        )
        self.attachments = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{_hash(policy)}",
                policy_arn=pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", policy),
                role=self.role.name,
                opts=child,
            )
            for policy in policies
        ]
        self.register_outputs({"directRole": self.role})


def _hash(policy: str) -> str:
    """Tell the attachments apart as pulumi-eks does, which hashes the ARN of the global partition."""
    arn = f"arn:aws:iam::aws:policy/{policy}"
    return hashlib.sha1(arn.encode(), usedforsecurity=False).hexdigest()[:8]
