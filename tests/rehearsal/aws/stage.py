"""Sets up chains through real API calls, each in a VPC of its own."""

from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import EmbeddedAws, Pod
from rehearsal.oracle import Probe

CERTIFICATE = "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0d"
_numbers = count(1)


def refused(code: str, operation, **params: Any) -> str:
    """Assert that AWS's error code answers a call; return the message."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def forward(**weights: int) -> list[dict[str, Any]]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


class Stage:
    """A VPC over three zones, and short ways to what stands in it."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws = aws
        self.number = next(_numbers)
        self.ec2, self.elb = aws.client("ec2"), aws.client("elbv2")
        self.eks, self.dns = aws.client("eks"), aws.client("route53")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        zones = self.ec2.describe_availability_zones()["AvailabilityZones"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.1.{i}.0/24", AvailabilityZone=zone["ZoneName"])[
                "Subnet"
            ]["SubnetId"]
            for i, zone in enumerate(zones)
        ]

    def name(self, name: str) -> str:
        return f"{name}-{self.number}"

    def group(self, name: str, *, open_to: str = "0.0.0.0/0") -> str:
        """Create a security group with TCP open to a CIDR."""
        group = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": open_to}]}
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        return group

    def balancer(self, name: str, kind: str, **more: Any) -> dict[str, Any]:
        settings = {"Subnets": self.subnets, "Scheme": "internal", "Type": kind, **more}
        return self.elb.create_load_balancer(Name=self.name(name), **settings)["LoadBalancers"][0]

    def nlb(self, name: str = "nlb", **more: Any) -> dict[str, Any]:
        return self.balancer(name, "network", **more)

    def alb(self, name: str = "alb", **more: Any) -> dict[str, Any]:
        return self.balancer(name, "application", **more)

    def target_group(self, name: str, **more: Any) -> str:
        settings = {"Protocol": "HTTP", "Port": 8080, "TargetType": "ip", "VpcId": self.vpc, **more}
        return self.elb.create_target_group(Name=self.name(name), **settings)["TargetGroups"][0]["TargetGroupArn"]

    def alb_group(self, name: str, *, port: int = 80, **more: Any) -> str:
        return self.target_group(name, Protocol="TCP", Port=port, TargetType="alb", **more)

    def listener(self, balancer: dict[str, Any], *, port: int = 80, **weights: int) -> str:
        protocol = "TCP" if balancer["Type"] == "network" else "HTTP"
        return self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=port,
            Protocol=protocol,
            DefaultActions=forward(**weights),
        )["Listeners"][0]["ListenerArn"]

    def cluster(self, colour: str, *, version: str = "1.33") -> str:
        name = self.name(colour)
        self.eks.create_cluster(
            name=name,
            version=version,
            roleArn="arn:aws-cn:iam::123456789012:role/cluster",
            resourcesVpcConfig={"subnetIds": self.subnets},
            tags={"bluegreen:colour": colour},
        )
        config = self.eks.describe_cluster(name=name)["cluster"]["resourcesVpcConfig"]
        rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
        self.ec2.authorize_security_group_ingress(GroupId=config["clusterSecurityGroupId"], IpPermissions=[rule])
        return name

    def chain(self, colour: str, index: int) -> tuple[dict[str, Any], str]:
        """Create cluster, pods and ALB of a colour; return the ALB and the NLB's target group of it."""
        cluster, pods = self.cluster(colour), self.target_group(f"pods-{colour}")
        address = f"10.1.{index}.{10 + self.number}"
        self.aws.add_pods([Pod(address, 8080, cluster, colour)])
        self.elb.register_targets(TargetGroupArn=pods, Targets=[{"Id": address, "Port": 8080}])
        alb = self.alb(colour)
        self.listener(alb, **{pods: 1})
        group = self.alb_group(f"alb-{colour}", Tags=[{"Key": "bluegreen:colour", "Value": colour}])
        self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": alb["LoadBalancerArn"]}])
        return alb, group

    def probe(self, entry: str) -> Probe:
        return Probe(service="dkms", entry=entry, port=80, source_ip="10.1.9.9")

    def states(self, group: str) -> list[str]:
        health = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [each["TargetHealth"]["State"] for each in health]
