"""The VPC of a stack: a new one over its zones, or the ids of one that exists."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import ec2

from components.model import ExistingNetwork, NewNetwork

__all__ = ["Network"]


class Network(pulumi.ComponentResource):
    """VPC and subnets: created, or passed through when they exist."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    """One a zone, with a way out through NAT: ALBs, nodes and pods."""
    public_subnet_ids: Sequence[pulumi.Output[str]]
    """One a zone, for an internet-facing NLB."""

    def __init__(
        self,
        name: str,
        args: NewNetwork | ExistingNetwork,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("bluegreen:index:Network", name, None, opts)
        if isinstance(args, ExistingNetwork):
            pairs = args.subnets.values()
            self.vpc_id = pulumi.Output.from_input(args.vpc_id)
            self.private_subnet_ids = [pulumi.Output.from_input(pair.private) for pair in pairs]
            self.public_subnet_ids = [pulumi.Output.from_input(pair.public) for pair in pairs if pair.public]
        else:
            self._create(name, args, tags)
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "privateSubnetIds": self.private_subnet_ids,
                "publicSubnetIds": self.public_subnet_ids,
            }
        )

    def _create(self, name: str, args: NewNetwork, given: Mapping[str, str]) -> None:
        child = pulumi.ResourceOptions(parent=self)

        def named(what: str) -> dict[str, str]:
            return {**given, "Name": what}

        vpc = ec2.Vpc(
            name,
            cidr_block=str(args.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=named(name),
            opts=child,
        )
        gateway = ec2.InternetGateway(name, vpc_id=vpc.id, tags=named(name), opts=child)
        outside = _route_table(f"{name}-public", vpc, {"gateway_id": gateway.id}, named(f"{name}-public"), child)
        private: list[pulumi.Output[str]] = []
        public: list[pulumi.Output[str]] = []
        through: ec2.RouteTable | None = None
        for zone, (private_cidr, public_cidr) in args.subnets().items():
            for kind, cidr, ids in (("public", public_cidr, public), ("private", private_cidr, private)):
                subnet_name = f"{name}-{kind}-{zone}"
                subnet = ec2.Subnet(
                    subnet_name,
                    vpc_id=vpc.id,
                    cidr_block=str(cidr),
                    availability_zone=zone,
                    tags=named(subnet_name),
                    opts=child,
                )
                ids.append(subnet.id)
                if kind == "public":
                    table = outside
                    if through is None or args.nat == "zone":
                        through = self._nat(f"{name}-{zone}", vpc, subnet, gateway, given)
                else:
                    table = through or outside
                ec2.RouteTableAssociation(subnet_name, subnet_id=subnet.id, route_table_id=table.id, opts=child)
        self.vpc_id, self.private_subnet_ids, self.public_subnet_ids = vpc.id, private, public

    def _nat(
        self,
        name: str,
        vpc: ec2.Vpc,
        subnet: ec2.Subnet,
        gateway: ec2.InternetGateway,
        given: Mapping[str, str],
    ) -> ec2.RouteTable:
        child = pulumi.ResourceOptions(parent=self)
        address = ec2.Eip(f"{name}-nat", domain="vpc", tags={**given, "Name": f"{name}-nat"}, opts=child)
        nat = ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags={**given, "Name": name},
            # The address of a NAT gateway works only once the VPC has its way to the internet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )
        return _route_table(name, vpc, {"nat_gateway_id": nat.id}, {**given, "Name": name}, child)


def _route_table(
    name: str,
    vpc: ec2.Vpc,
    target: Mapping[str, pulumi.Output[str]],
    tags: Mapping[str, str],
    child: pulumi.ResourceOptions,
) -> ec2.RouteTable:
    table = ec2.RouteTable(name, vpc_id=vpc.id, tags={**tags}, opts=child)
    ec2.Route(name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", **target, opts=child)
    return table
