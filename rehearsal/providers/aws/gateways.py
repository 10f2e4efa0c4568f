"""Internet gateways, NAT gateways and their addresses."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.ec2 import Ec2ResourceType
from rehearsal.providers.aws.resource import Created, given
from rehearsal.providers.values import Props

__all__ = ["Eip", "InternetGateway", "NatGateway"]


class InternetGateway(Ec2ResourceType):
    """An internet gateway, attached to one VPC."""

    pulumi_type = "aws:ec2/internetGateway:InternetGateway"
    ec2_type = "internet-gateway"
    replaces = frozenset[str]()
    updates = frozenset({"tags", "vpcId"})
    outputs = frozenset({"arn", "ownerId", "tagsAll"})

    @override
    def create(self, inputs: Props) -> Created:
        ec2 = self.aws.client("ec2")
        gateway = ec2.create_internet_gateway(**self.tagged(inputs))["InternetGateway"]
        id_ = gateway["InternetGatewayId"]
        if inputs.get("vpcId"):
            ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=inputs["vpcId"])
        return Created(id_, self.described(id_, gateway))

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        gateway = self.find("describe_internet_gateways", "InternetGateways", InternetGatewayIds=[id_])
        if gateway is None:
            return None
        attached = [{"vpcId": attachment["VpcId"]} for attachment in gateway["Attachments"]]
        return self.described(id_, gateway) | (attached[0] if attached else {})

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if "vpcId" in changed:
            self._detach(id_, old)
            if new.get("vpcId"):
                self.aws.client("ec2").attach_internet_gateway(InternetGatewayId=id_, VpcId=new["vpcId"])
        self.retag(id_, old, new)

    def _detach(self, id_: str, state: Props) -> None:
        if state.get("vpcId"):
            self.aws.client("ec2").detach_internet_gateway(InternetGatewayId=id_, VpcId=state["vpcId"])

    @override
    def delete(self, id_: str, state: Props) -> None:
        self._detach(id_, state)
        self.aws.client("ec2").delete_internet_gateway(InternetGatewayId=id_)


class Eip(Ec2ResourceType):
    """An elastic IP address; its use by a NAT gateway is the gateway's business."""

    pulumi_type = "aws:ec2/eip:Eip"
    ec2_type = "elastic-ip"
    replaces = frozenset({"domain"})
    updates = frozenset({"tags"})
    outputs = frozenset({"allocationId", "arn", "publicDns", "publicIp", "tagsAll", "ownerId"})
    chosen = frozenset({"domain"})

    @override
    def create(self, inputs: Props) -> Created:
        address = self.aws.client("ec2").allocate_address(Domain=inputs.get("domain", "vpc"), **self.tagged(inputs))
        return Created(address["AllocationId"], self._outputs(address) | {"tags": inputs.get("tags", {})})

    def _outputs(self, address: Mapping[str, Any]) -> Props:
        host = "ec2-" + address["PublicIp"].replace(".", "-")
        return {
            "domain": address["Domain"],
            "publicIp": address["PublicIp"],
            "publicDns": f"{host}.{self.aws.region}.compute.{self.aws.dns_suffix}",
            "allocationId": address["AllocationId"],
            **self.described(address["AllocationId"], address),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        address = self.find("describe_addresses", "Addresses", AllocationIds=[id_])
        return address and self._outputs(address)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").release_address(AllocationId=id_)


class NatGateway(Ec2ResourceType):
    """A NAT gateway in one subnet."""

    pulumi_type = "aws:ec2/natGateway:NatGateway"
    ec2_type = "natgateway"
    replaces = frozenset({"allocationId", "connectivityType", "subnetId"})
    updates = frozenset({"tags"})
    outputs = frozenset({"networkInterfaceId", "privateIp", "publicIp", "tagsAll", "arn", "ownerId"})

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"connectivityType": "public"}

    @override
    def create(self, inputs: Props) -> Created:
        gateway = self.aws.client("ec2").create_nat_gateway(
            SubnetId=inputs["subnetId"],
            ConnectivityType=inputs["connectivityType"],
            **given(AllocationId=inputs.get("allocationId")),
            **self.tagged(inputs),
        )["NatGateway"]
        return Created(gateway["NatGatewayId"], self._outputs(gateway))

    def _outputs(self, gateway: Mapping[str, Any]) -> Props:
        assigned: list[dict[str, str]] = gateway["NatGatewayAddresses"] or [{}]
        address = assigned[0]
        addresses = {
            "allocationId": address.get("AllocationId"),
            "networkInterfaceId": address.get("NetworkInterfaceId"),
            "privateIp": address.get("PrivateIp"),
            "publicIp": address.get("PublicIp"),
        }
        return {
            "subnetId": gateway["SubnetId"],
            **{key: value for key, value in addresses.items() if value},
            **self.described(gateway["NatGatewayId"], gateway),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        gateway = self.find("describe_nat_gateways", "NatGateways", NatGatewayIds=[id_])
        return self._outputs(gateway) if gateway and gateway["State"] != "deleted" else None

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").delete_nat_gateway(NatGatewayId=id_)
