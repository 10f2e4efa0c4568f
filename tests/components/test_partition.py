import pytest

from components.partition import ec2_principal, elb_controller_image, managed_policy, partition


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1"])
@pytest.mark.fact(50)
def test_china_has_its_own_partition_and_principal_of_ec2(region: str) -> None:
    assert partition(region) == "aws-cn"
    assert ec2_principal(region) == "ec2.amazonaws.com.cn"
    assert managed_policy(region, "AmazonEKS_CNI_Policy") == "arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy"


def test_elsewhere() -> None:
    assert partition("eu-central-1") == "aws"
    assert ec2_principal("eu-central-1") == "ec2.amazonaws.com"
    assert elb_controller_image("eu-central-1") == "public.ecr.aws/eks/aws-load-balancer-controller"


@pytest.mark.fact(53)
def test_each_region_of_china_has_a_registry_of_its_own() -> None:
    image = "amazon/aws-load-balancer-controller"
    assert elb_controller_image("cn-north-1") == f"918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn/{image}"
    assert elb_controller_image("cn-northwest-1") == f"961992271922.dkr.ecr.cn-northwest-1.amazonaws.com.cn/{image}"
