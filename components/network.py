"""The VPC of a stack: a new one over its zones, or the ids of one that exists."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network

import pulumi
from pulumi_aws import ec2

from components.network_model import ExistingNetwork, NewNetwork

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
        vpc = ec2.Vpc(
            name,
            cidr_block=str(args.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=_named(name, given),
            opts=child,
        )
        gateway = ec2.InternetGateway(name, vpc_id=vpc.id, tags=_named(name, given), opts=child)
        outside = _way_out(f"{name}-public", vpc, {"gateway_id": gateway.id}, given, child)
        private: list[pulumi.Output[str]] = []
        public: list[pulumi.Output[str]] = []
        through: ec2.Route | None = None
        for zone, (private_cidr, public_cidr) in args.subnets().items():
            # AWS refuses an internet-facing load balancer before the VPC has its gateway.
            faces_outside = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
            near = _subnet(f"{name}-public-{zone}", vpc, zone, public_cidr, outside, given, faces_outside)
            if through is None or args.nat == "zone":
                through = self._nat(f"{name}-{zone}", vpc, near, gateway, given)
            far = _subnet(f"{name}-private-{zone}", vpc, zone, private_cidr, through, given, child)
            public.append(near.id)
            private.append(far.id)
        self.vpc_id, self.private_subnet_ids, self.public_subnet_ids = vpc.id, private, public

    def _nat(
        self,
        name: str,
        vpc: ec2.Vpc,
        subnet: ec2.Subnet,
        gateway: ec2.InternetGateway,
        given: Mapping[str, str],
    ) -> ec2.Route:
        child = pulumi.ResourceOptions(parent=self)
        address = ec2.Eip(f"{name}-nat", domain="vpc", tags=_named(f"{name}-nat", given), opts=child)
        nat = ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=_named(name, given),
            # The address of a NAT gateway works only once the VPC has its way to the internet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )
        return _way_out(name, vpc, {"nat_gateway_id": nat.id}, given, child)


def _named(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """The tags that people find a network's parts by."""
    return {**given, "Name": name}


def _subnet(
    name: str,
    vpc: ec2.Vpc,
    zone: str,
    cidr: IPv4Network,
    way_out: ec2.Route,
    given: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> ec2.Subnet:
    tags = _named(name, given)
    subnet = ec2.Subnet(name, vpc_id=vpc.id, cidr_block=str(cidr), availability_zone=zone, tags=tags, opts=opts)
    child = pulumi.ResourceOptions(parent=opts.parent)
    # By the route: the subnet moves to a table that leads out already.
    ec2.RouteTableAssociation(name, subnet_id=subnet.id, route_table_id=way_out.route_table_id, opts=child)
    return subnet


def _way_out(
    name: str,
    vpc: ec2.Vpc,
    target: Mapping[str, pulumi.Output[str]],
    given: Mapping[str, str],
    child: pulumi.ResourceOptions,
) -> ec2.Route:
    table = ec2.RouteTable(name, vpc_id=vpc.id, tags=_named(name, given), opts=child)
    return ec2.Route(name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", **target, opts=child)
