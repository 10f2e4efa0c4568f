"""Route tables, their routes and the subnets that use them."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.ec2 import Ec2ResourceType
from rehearsal.providers.aws.resource import Created, ResourceType
from rehearsal.providers.values import Props

__all__ = ["Route", "RouteTable", "RouteTableAssociation"]


class RouteTable(Ec2ResourceType):
    """A route table; its routes are resources of their own."""

    pulumi_type = "aws:ec2/routeTable:RouteTable"
    ec2_type = "route-table"
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


class Route(Ec2ResourceType):
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


class RouteTableAssociation(ResourceType):
    """The route table that a subnet uses. AWS gives the association another id with each change of its table."""

    pulumi_type = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replaces = frozenset({"subnetId"})
    updates = frozenset({"routeTableId"})

    @override
    def create(self, inputs: Props) -> Created:
        association = self.aws.client("ec2").associate_route_table(
            RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
        )
        return Created(association["AssociationId"], {})

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        found = self._find(id_, state)
        return found and {"routeTableId": found["RouteTableId"], "subnetId": found["SubnetId"]}

    def _find(self, id_: str, state: Props) -> dict[str, Any] | None:
        """Describe the association of the subnet; in an import, the one of that id."""
        subnet = state.get("subnetId")
        key, value, field = (
            ("SubnetId", subnet, "subnet-id")
            if subnet
            else ("RouteTableAssociationId", id_, "route-table-association-id")
        )
        query = [{"Name": f"association.{field}", "Values": [value]}]
        tables = self.aws.client("ec2").describe_route_tables(Filters=query)["RouteTables"]
        associations = (each for table in tables for each in table["Associations"])
        return next((each for each in associations if each.get(key) == value), None)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        found = self._find(id_, old)
        self.aws.client("ec2").replace_route_table_association(
            AssociationId=found["RouteTableAssociationId"] if found else id_, RouteTableId=new["routeTableId"]
        )

    @override
    def delete(self, id_: str, state: Props) -> None:
        found = self._find(id_, state)
        if found:
            self.aws.client("ec2").disassociate_route_table(AssociationId=found["RouteTableAssociationId"])
