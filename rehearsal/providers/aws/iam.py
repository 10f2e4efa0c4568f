"""Roles, policies and who has which."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from rehearsal.providers.aws.resource import Created, ResourceType, absent, given, retag, tag_list, tag_map
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["Policy", "Role", "RolePolicyAttachment"]

_MISSING = "NoSuchEntity"
_VERSIONS = 5  # AWS keeps no more of a policy


class Role(ResourceType):
    """A role; its policies are attached by resources of their own."""

    pulumi_type = "aws:iam/role:Role"
    replaces = frozenset({"name", "path"})
    updates = frozenset(
        {"assumeRolePolicy", "description", "forceDetachPolicies", "maxSessionDuration"}
        | {"permissionsBoundary", "tags"}
    )
    outputs = frozenset({"arn", "createDate", "tagsAll", "uniqueId"})
    documents = frozenset({"assumeRolePolicy"})
    auto_name = AutoName("name", 64)

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}

    @override
    def create(self, inputs: Props) -> Created:
        role = self.aws.client("iam").create_role(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Path=inputs["path"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            **given(
                Description=inputs.get("description"),
                PermissionsBoundary=inputs.get("permissionsBoundary"),
                Tags=tag_list(inputs.get("tags")) or None,
            ),
        )["Role"]
        return Created(role["RoleName"], self._outputs(role) | self.foreseen(inputs))

    def _outputs(self, role: Mapping[str, Any]) -> Props:
        return {
            "arn": role["Arn"],
            "name": role["RoleName"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        try:
            role = self.aws.client("iam").get_role(RoleName=id_)["Role"]
        except ClientError as error:
            if absent(error, _MISSING):
                return None
            raise
        tags = tag_map(role.get("Tags", ()))
        return {
            **self._outputs(role),
            "path": role["Path"],
            "description": role.get("Description", ""),
            "maxSessionDuration": role["MaxSessionDuration"],
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
            "tags": tags,
            "tagsAll": tags,
        }

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        iam = self.aws.client("iam")
        if "assumeRolePolicy" in changed:
            iam.update_assume_role_policy(RoleName=id_, PolicyDocument=new["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            iam.update_role(
                RoleName=id_,
                Description=new.get("description", ""),
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in changed and new.get("permissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=id_, PermissionsBoundary=new["permissionsBoundary"])
        elif "permissionsBoundary" in changed:
            iam.delete_role_permissions_boundary(RoleName=id_)
        to_set, to_remove = retag(old, new)
        if to_set:
            iam.tag_role(RoleName=id_, Tags=tag_list(to_set))
        if to_remove:
            iam.untag_role(RoleName=id_, TagKeys=to_remove)

    @override
    def delete(self, id_: str, state: Props) -> None:
        iam = self.aws.client("iam")
        if state.get("forceDetachPolicies"):
            for policy in iam.list_attached_role_policies(RoleName=id_)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=id_, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=id_)


class Policy(ResourceType):
    """A managed policy; a change of its document is a new default version."""

    pulumi_type = "aws:iam/policy:Policy"
    replaces = frozenset({"description", "name", "path"})
    updates = frozenset({"policy", "tags"})
    outputs = frozenset({"arn", "attachmentCount", "policyId", "tagsAll"})
    documents = frozenset({"policy"})
    auto_name = AutoName("name", 128)

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"path": "/"}

    @override
    def create(self, inputs: Props) -> Created:
        policy = self.aws.client("iam").create_policy(
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
            Path=inputs["path"],
            **given(Description=inputs.get("description"), Tags=tag_list(inputs.get("tags")) or None),
        )["Policy"]
        return Created(policy["Arn"], self._outputs(policy) | self.foreseen(inputs))

    def _outputs(self, policy: Mapping[str, Any]) -> Props:
        return {
            "arn": policy["Arn"],
            "name": policy["PolicyName"],
            "policyId": policy["PolicyId"],
            "attachmentCount": policy["AttachmentCount"],
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        iam = self.aws.client("iam")
        try:
            policy = iam.get_policy(PolicyArn=id_)["Policy"]
        except ClientError as error:
            if absent(error, _MISSING):
                return None
            raise
        version = iam.get_policy_version(PolicyArn=id_, VersionId=policy["DefaultVersionId"])
        tags = tag_map(policy.get("Tags", ()))
        return {
            **self._outputs(policy),
            "path": policy["Path"],
            "description": policy.get("Description", ""),
            "policy": json.dumps(version["PolicyVersion"]["Document"]),
            "tags": tags,
            "tagsAll": tags,
        }

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        iam = self.aws.client("iam")
        if "policy" in changed:
            versions = self._old_versions(id_)
            if len(versions) == _VERSIONS - 1:
                oldest = min(versions, key=lambda version: version["CreateDate"])
                iam.delete_policy_version(PolicyArn=id_, VersionId=oldest["VersionId"])
            iam.create_policy_version(PolicyArn=id_, PolicyDocument=new["policy"], SetAsDefault=True)
        to_set, to_remove = retag(old, new)
        if to_set:
            iam.tag_policy(PolicyArn=id_, Tags=tag_list(to_set))
        if to_remove:
            iam.untag_policy(PolicyArn=id_, TagKeys=to_remove)

    def _old_versions(self, arn: str) -> list[Mapping[str, Any]]:
        versions = self.aws.client("iam").list_policy_versions(PolicyArn=arn)["Versions"]
        return [version for version in versions if not version["IsDefaultVersion"]]

    @override
    def delete(self, id_: str, state: Props) -> None:
        iam = self.aws.client("iam")
        for version in self._old_versions(id_):
            iam.delete_policy_version(PolicyArn=id_, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=id_)


class RolePolicyAttachment(ResourceType):
    """One managed policy on one role."""

    pulumi_type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    replaces = frozenset({"policyArn", "role"})

    @override
    def create(self, inputs: Props) -> Created:
        self.aws.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return Created(f"{inputs['role']}/{inputs['policyArn']}", {})

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        role, _, policy_arn = id_.partition("/")
        try:
            attached = self.aws.client("iam").list_attached_role_policies(RoleName=role)
        except ClientError as error:
            if absent(error, _MISSING):
                return None
            raise
        arns = [policy["PolicyArn"] for policy in attached["AttachedPolicies"]]
        return {"role": role, "policyArn": policy_arn} if policy_arn in arns else None

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("iam").detach_role_policy(RoleName=state["role"], PolicyArn=state["policyArn"])
