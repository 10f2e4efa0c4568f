"""VPCs and subnets."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.ec2 import Ec2ResourceType
from rehearsal.providers.aws.resource import Created, given
from rehearsal.providers.values import Props

__all__ = ["Subnet", "Vpc"]


class Vpc(Ec2ResourceType):
    """A VPC."""

    pulumi_type = "aws:ec2/vpc:Vpc"
    ec2_type = "vpc"
    replaces = frozenset({"cidrBlock", "instanceTenancy"})
    updates = frozenset({"enableDnsHostnames", "enableDnsSupport", "tags"})
    outputs = frozenset(
        {"arn", "defaultNetworkAclId", "defaultRouteTableId", "defaultSecurityGroupId", "dhcpOptionsId"}
        | {"mainRouteTableId", "ownerId", "tagsAll"}
    )
    chosen = frozenset({"instanceTenancy"})

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"enableDnsSupport": True}

    @override
    def create(self, inputs: Props) -> Created:
        vpc = self.aws.client("ec2").create_vpc(
            CidrBlock=inputs["cidrBlock"],
            **given(InstanceTenancy=inputs.get("instanceTenancy")),
            **self.tagged(inputs),
        )["Vpc"]
        self._set_dns(vpc["VpcId"], {"enableDnsSupport": True, "enableDnsHostnames": False}, inputs)
        return Created(vpc["VpcId"], self._outputs(vpc) | self._companions(vpc["VpcId"]))

    def _set_dns(self, id_: str, old: Props, new: Props) -> None:
        ec2 = self.aws.client("ec2")
        support, hostnames = new["enableDnsSupport"], new.get("enableDnsHostnames", False)
        if support != old["enableDnsSupport"]:
            ec2.modify_vpc_attribute(VpcId=id_, EnableDnsSupport={"Value": support})
        if hostnames != old.get("enableDnsHostnames", False):
            ec2.modify_vpc_attribute(VpcId=id_, EnableDnsHostnames={"Value": hostnames})

    def _outputs(self, vpc: Mapping[str, Any]) -> Props:
        return {
            "cidrBlock": vpc["CidrBlock"],
            "instanceTenancy": vpc["InstanceTenancy"],
            "dhcpOptionsId": vpc["DhcpOptionsId"],
            **self.described(vpc["VpcId"], vpc),
        }

    def _companions(self, id_: str) -> Props:
        """Look up what AWS creates with a VPC."""
        ec2 = self.aws.client("ec2")
        of_vpc = [{"Name": "vpc-id", "Values": [id_]}]
        groups = ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"]
        tables = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
        acls = ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"]
        main = next(t["RouteTableId"] for t in tables if any(a.get("Main") for a in t["Associations"]))
        return {
            "defaultSecurityGroupId": next(g["GroupId"] for g in groups if g["GroupName"] == "default"),
            "mainRouteTableId": main,
            "defaultRouteTableId": main,
            "defaultNetworkAclId": next(acl["NetworkAclId"] for acl in acls if acl["IsDefault"]),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        vpc = self.find("describe_vpcs", "Vpcs", VpcIds=[id_])
        if vpc is None:
            return None
        ec2 = self.aws.client("ec2")
        support = ec2.describe_vpc_attribute(VpcId=id_, Attribute="enableDnsSupport")
        hostnames = ec2.describe_vpc_attribute(VpcId=id_, Attribute="enableDnsHostnames")
        return {
            **self._outputs(vpc),
            **self._companions(id_),
            "enableDnsSupport": support["EnableDnsSupport"]["Value"],
            "enableDnsHostnames": hostnames["EnableDnsHostnames"]["Value"],
        }

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self._set_dns(id_, old, new)
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").delete_vpc(VpcId=id_)


class Subnet(Ec2ResourceType):
    """A subnet."""

    pulumi_type = "aws:ec2/subnet:Subnet"
    ec2_type = "subnet"
    replaces = frozenset({"availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId"})
    updates = frozenset({"mapPublicIpOnLaunch", "tags"})
    outputs = frozenset({"arn", "ownerId", "tagsAll"})
    chosen = frozenset({"availabilityZone", "availabilityZoneId"})

    @override
    def create(self, inputs: Props) -> Created:
        subnet = self.aws.client("ec2").create_subnet(
            VpcId=inputs["vpcId"],
            CidrBlock=inputs["cidrBlock"],
            **given(
                AvailabilityZone=inputs.get("availabilityZone"),
                AvailabilityZoneId=inputs.get("availabilityZoneId"),
            ),
            **self.tagged(inputs),
        )["Subnet"]
        id_ = subnet["SubnetId"]
        self._set_public_ips(id_, inputs, before=False)
        return Created(id_, self._outputs(subnet) | {"mapPublicIpOnLaunch": inputs.get("mapPublicIpOnLaunch", False)})

    def _set_public_ips(self, id_: str, inputs: Props, *, before: bool) -> None:
        wanted = inputs.get("mapPublicIpOnLaunch", False)
        if wanted != before:
            self.aws.client("ec2").modify_subnet_attribute(SubnetId=id_, MapPublicIpOnLaunch={"Value": wanted})

    def _outputs(self, subnet: Mapping[str, Any]) -> Props:
        return {
            "vpcId": subnet["VpcId"],
            "cidrBlock": subnet["CidrBlock"],
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet["AvailabilityZoneId"],
            "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
            **self.described(subnet["SubnetId"], subnet),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        subnet = self.find("describe_subnets", "Subnets", SubnetIds=[id_])
        return subnet and self._outputs(subnet)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self._set_public_ips(id_, new, before=old.get("mapPublicIpOnLaunch", False))
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").delete_subnet(SubnetId=id_)
