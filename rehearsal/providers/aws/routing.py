"""Route tables, their routes and the subnets that use them."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.ec2 import Ec2Kind
from rehearsal.providers.aws.resource import Created, Kind
from rehearsal.providers.values import Props

__all__ = ["Route", "RouteTable", "RouteTableAssociation"]


class RouteTable(Ec2Kind):
    """A route table; its routes are resources of their own."""

    pulumi_type = "aws:ec2/routeTable:RouteTable"
    resource_type = "route-table"
    replaces = frozenset({"vpcId"})
    updates = frozenset({"tags"})
    outputs = frozenset({"arn", "ownerId", "tagsAll"})

    @override
    def create(self, inputs: Props) -> Created:
        table = self.aws.client("ec2").create_route_table(VpcId=inputs["vpcId"], **self.tagged(inputs))
        id_ = table["RouteTable"]["RouteTableId"]
        return Created(id_, self.described(id_, table["RouteTable"]))

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        table = self.find("describe_route_tables", "RouteTables", RouteTableIds=[id_])
        return table and {"vpcId": table["VpcId"], **self.described(id_, table)}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").delete_route_table(RouteTableId=id_)


class Route(Ec2Kind):
    """One route; its target changes in place."""

    pulumi_type = "aws:ec2/route:Route"
    replaces = frozenset({"destinationCidrBlock", "routeTableId"})
    updates = frozenset({"gatewayId", "natGatewayId"})
    outputs = frozenset({"origin", "state"})

    @override
    def create(self, inputs: Props) -> Created:
        self.aws.client("ec2").create_route(**_route(inputs))
        id_ = f"r-{inputs['routeTableId']}-{inputs['destinationCidrBlock']}"
        return Created(id_, {"origin": "CreateRoute", "state": "active"})

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        table_id, destination = id_.removeprefix("r-").rsplit("-", 1)
        table = self.find("describe_route_tables", "RouteTables", RouteTableIds=[table_id])
        for route in table["Routes"] if table else ():
            if route.get("DestinationCidrBlock") == destination:
                return {
                    "routeTableId": table_id,
                    "destinationCidrBlock": destination,
                    "gatewayId": route.get("GatewayId", ""),
                    "natGatewayId": route.get("NatGatewayId", ""),
                    "origin": route["Origin"],
                    "state": route["State"],
                }
        return None

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        self.aws.client("ec2").replace_route(**_route(new))

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").delete_route(
            RouteTableId=state["routeTableId"], DestinationCidrBlock=state["destinationCidrBlock"]
        )


def _route(inputs: Props) -> Mapping[str, Any]:
    arguments = {
        "RouteTableId": "routeTableId",
        "DestinationCidrBlock": "destinationCidrBlock",
        "GatewayId": "gatewayId",
        "NatGatewayId": "natGatewayId",
    }
    return {argument: inputs[key] for argument, key in arguments.items() if inputs.get(key)}


class RouteTableAssociation(Kind):
    """The route table that a subnet uses."""

    pulumi_type = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replaces = frozenset({"routeTableId", "subnetId"})

    @override
    def create(self, inputs: Props) -> Created:
        association = self.aws.client("ec2").associate_route_table(
            RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
        )
        return Created(association["AssociationId"], {})

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        of_id = [{"Name": "association.route-table-association-id", "Values": [id_]}]
        for table in self.aws.client("ec2").describe_route_tables(Filters=of_id)["RouteTables"]:
            for association in table["Associations"]:
                if association["RouteTableAssociationId"] == id_:
                    return {"routeTableId": table["RouteTableId"], "subnetId": association["SubnetId"]}
        return None

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("ec2").disassociate_route_table(AssociationId=id_)
