"""What differs between AWS in China and elsewhere, by region."""

__all__ = [
    "CONTROLLER_REGISTRIES",
    "PLACES",
    "access_policy",
    "ec2_principal",
    "elb_controller_image",
    "is_china",
    "managed_policy",
    "partition",
]

# https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html
CONTROLLER_REGISTRIES = {"cn-north-1": "918309763551", "cn-northwest-1": "961992271922"}

PLACES = {"cn-north-1": "Beijing", "cn-northwest-1": "Ningxia"}
"""Where AWS China's regions are, as people call them."""


def is_china(region: str) -> bool:
    """Whether the region is run by AWS China's operators."""
    return region.startswith("cn-")


def partition(region: str) -> str:
    """Name the partition in a region's ARNs."""
    return "aws-cn" if is_china(region) else "aws"


def managed_policy(region: str, name: str) -> str:
    """ARN of a policy that AWS manages."""
    return f"arn:{partition(region)}:iam::aws:policy/{name}"


def access_policy(region: str, name: str) -> str:
    """ARN of an access policy of EKS, which says what someone may do inside a cluster."""
    return f"arn:{partition(region)}:eks::aws:cluster-access-policy/{name}"


def ec2_principal(region: str) -> str:
    """Name the service principal of nodes; EC2's carries the China suffix, those of EKS do not."""
    return "ec2.amazonaws.com.cn" if is_china(region) else "ec2.amazonaws.com"


def elb_controller_image(region: str) -> str:
    """AWS's own image repository of the Load Balancer Controller; outside China the public one."""
    account = CONTROLLER_REGISTRIES.get(region)
    if account is None:
        return "public.ecr.aws/eks/aws-load-balancer-controller"
    return f"{account}.dkr.ecr.{region}.amazonaws.com.cn/amazon/aws-load-balancer-controller"
