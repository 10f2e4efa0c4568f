"""One embedded AWS and one set of providers for all tests; every test makes its own resources."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.providers import Providers

from .driver import Instance, Resource, trust


@pytest.fixture(scope="session")
def region() -> Iterator[EmbeddedAws]:
    with EmbeddedAws.start("cn-north-1") as aws:
        yield aws


@pytest.fixture(scope="session")
def providers(region: EmbeddedAws) -> Iterator[Providers]:
    with Providers(region) as providers:
        yield providers


@pytest.fixture(scope="session")
def aws(providers: Providers) -> Iterator[Instance]:
    instance = Instance(providers.ports["aws"])
    yield instance
    instance.close()


@dataclass(frozen=True)
class Network:
    vpc: str
    subnets: list[str]
    group: str


@pytest.fixture(scope="session")
def network(aws: Instance) -> Network:
    vpc = aws.create("aws:ec2/vpc:Vpc", "net", cidrBlock="10.0.0.0/16").id
    subnets = [
        aws.create(
            "aws:ec2/subnet:Subnet",
            f"net-{zone}",
            vpcId=vpc,
            cidrBlock=f"10.0.{number}.0/24",
            availabilityZone=f"cn-north-1{zone}",
        ).id
        for number, zone in enumerate("abd")
    ]
    group = aws.create("aws:ec2/securityGroup:SecurityGroup", "net", vpcId=vpc).id
    return Network(vpc, subnets, group)


@pytest.fixture(scope="session")
def role(aws: Instance) -> Resource:
    return aws.create("aws:iam/role:Role", "cluster", assumeRolePolicy=trust("eks.amazonaws.com"))


@pytest.fixture(scope="session")
def cluster(aws: Instance, network: Network, role: Resource) -> Resource:
    return new_cluster(aws, network, role, "shared")


def new_cluster(aws: Instance, network: Network, role: Resource, name: str) -> Resource:
    return aws.create(
        "aws:eks/cluster:Cluster",
        name,
        roleArn=role.state["arn"],
        version="1.32",
        vpcConfig={"subnetIds": network.subnets},
        accessConfig={"authenticationMode": "API"},
        tags={"bluegreen:colour": "blue"},
    )
