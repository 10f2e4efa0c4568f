"""Security groups and their rules."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.ec2 import Ec2ResourceType
from rehearsal.providers.aws.resource import Created, given, tag_list
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["SecurityGroup", "SecurityGroupEgressRule", "SecurityGroupIngressRule"]

_EVERYTHING = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


class SecurityGroup(Ec2ResourceType):
    """A security group without rules: these are resources of their own."""

    pulumi_type = "aws:ec2/securityGroup:SecurityGroup"
    ec2_type = "security-group"
    replaces = frozenset({"description", "name", "vpcId"})
    updates = frozenset({"revokeRulesOnDelete", "tags"})
    outputs = frozenset({"arn", "ownerId", "tagsAll"})
    chosen = frozenset({"vpcId"})
    auto_name = AutoName("name", 255)

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}

    @override
    def create(self, inputs: Props) -> Created:
        ec2 = self.aws.client("ec2")
        id_ = ec2.create_security_group(
            GroupName=inputs["name"],
            Description=inputs["description"],
            **given(VpcId=inputs.get("vpcId")),
            **self.tagged(inputs),
        )["GroupId"]
        # AWS lets a new group reach everything; the provider takes that away, so that rules say all.
        ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=_EVERYTHING)
        tags = tag_list(inputs.get("tags"))
        return Created(id_, self.described(id_, {"Tags": tags}))

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        group = self.find("describe_security_groups", "SecurityGroups", GroupIds=[id_])
        if group is None:
            return None
        named = {"name": group["GroupName"], "description": group["Description"], "vpcId": group["VpcId"]}
        return named | self.described(id_, group)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        ec2 = self.aws.client("ec2")
        if state.get("revokeRulesOnDelete"):
            of_group = [{"Name": "group-id", "Values": [id_]}]
            rules = ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
            for egress, revoke in {
                False: ec2.revoke_security_group_ingress,
                True: ec2.revoke_security_group_egress,
            }.items():
                ids = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] is egress]
                if ids:
                    revoke(GroupId=id_, SecurityGroupRuleIds=ids)
        ec2.delete_security_group(GroupId=id_)


class _Rule(Ec2ResourceType):
    """One rule with one source or destination; all of it changes in place."""

    ec2_type = "security-group-rule"
    replaces = frozenset({"securityGroupId"})
    updates = frozenset(
        {"cidrIpv4", "description", "fromPort", "ipProtocol", "prefixListId", "referencedSecurityGroupId"}
        | {"tags", "toPort"}
    )
    outputs = frozenset({"arn", "ownerId", "securityGroupRuleId", "tagsAll"})

    @abstractmethod
    def _authorize(self, **arguments: object) -> Mapping[str, Any]: ...

    @abstractmethod
    def _revoke(self, **arguments: object) -> None: ...

    @override
    def create(self, inputs: Props) -> Created:
        reply = self._authorize(
            GroupId=inputs["securityGroupId"], IpPermissions=[_permission(inputs)], **self.tagged(inputs)
        )
        rule = reply["SecurityGroupRules"][0]
        id_ = rule["SecurityGroupRuleId"]
        tags = tag_list(inputs.get("tags"))
        return Created(id_, {"securityGroupRuleId": id_, **self.described(id_, {"Tags": tags})})

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        rule = self.find("describe_security_group_rules", "SecurityGroupRules", SecurityGroupRuleIds=[id_])
        if rule is None:
            return None
        everything = rule["IpProtocol"] == "-1"
        return given(
            securityGroupRuleId=id_,
            securityGroupId=rule["GroupId"],
            ipProtocol=rule["IpProtocol"],
            fromPort=None if everything else rule.get("FromPort"),
            toPort=None if everything else rule.get("ToPort"),
            cidrIpv4=rule.get("CidrIpv4"),
            prefixListId=rule.get("PrefixListId"),
            referencedSecurityGroupId=rule.get("ReferencedGroupInfo", {}).get("GroupId"),
            description=rule.get("Description") or None,
            **self.described(id_, rule),
        )

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if changed - {"tags"}:
            rule = given(
                IpProtocol=new["ipProtocol"],
                FromPort=new.get("fromPort", -1),
                ToPort=new.get("toPort", -1),
                CidrIpv4=new.get("cidrIpv4"),
                PrefixListId=new.get("prefixListId"),
                ReferencedGroupId=new.get("referencedSecurityGroupId"),
                Description=new.get("description"),
            )
            self.aws.client("ec2").modify_security_group_rules(
                GroupId=new["securityGroupId"],
                SecurityGroupRules=[{"SecurityGroupRuleId": id_, "SecurityGroupRule": rule}],
            )
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self._revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[id_])


class SecurityGroupIngressRule(_Rule):
    """A rule for what comes in."""

    pulumi_type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

    @override
    def _authorize(self, **arguments: object) -> Mapping[str, Any]:
        return self.aws.client("ec2").authorize_security_group_ingress(**arguments)

    @override
    def _revoke(self, **arguments: object) -> None:
        self.aws.client("ec2").revoke_security_group_ingress(**arguments)


class SecurityGroupEgressRule(_Rule):
    """A rule for what goes out."""

    pulumi_type = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

    @override
    def _authorize(self, **arguments: object) -> Mapping[str, Any]:
        return self.aws.client("ec2").authorize_security_group_egress(**arguments)

    @override
    def _revoke(self, **arguments: object) -> None:
        self.aws.client("ec2").revoke_security_group_egress(**arguments)


def _permission(inputs: Props) -> dict[str, Any]:
    """Write one rule as the calls want it."""
    note = given(Description=inputs.get("description"))
    permission: dict[str, Any] = {
        "IpProtocol": inputs["ipProtocol"],
        "FromPort": inputs.get("fromPort", -1),
        "ToPort": inputs.get("toPort", -1),
    }
    if inputs.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **note}]
    if inputs.get("prefixListId"):
        permission["PrefixListIds"] = [{"PrefixListId": inputs["prefixListId"], **note}]
    if inputs.get("referencedSecurityGroupId"):
        permission["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **note}]
    return permission
