"""Subnets and ids that other resources make: the components take them whole, as outputs."""

import pulumi
import pytest

from components.blue_green_route53 import BlueGreenRoute53
from components.bluegreen import Placement
from components.shared_alb import SharedALB
from components.shared_nlb import SharedNLB
from tests.components.sample import arguments
from tests.recording import record

SUBNETS = ["subnet-1", "subnet-2"]


@pytest.mark.parametrize("topology", [BlueGreenRoute53, SharedNLB, SharedALB])
def test_subnets_may_be_one_output(topology: type[SharedNLB]) -> None:
    def build() -> None:
        subnets = pulumi.Output.from_input(SUBNETS)
        vpc_id = pulumi.Output.from_input("vpc-1")
        placement = Placement(vpc_id=vpc_id, nlb_subnet_ids=subnets, alb_subnet_ids=subnets)
        topology("dkms", arguments(placement=placement))

    for balancer in record(build).of("LoadBalancer"):
        assert balancer.inputs["subnets"] == SUBNETS
