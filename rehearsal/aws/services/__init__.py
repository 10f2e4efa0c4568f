"""One class per AWS service, over moto's.

A method refuses what AWS refuses, lets moto act, and corrects its answer; what a class does not
override is moto's own behaviour.
"""

from moto.core.responses import BaseResponse
from moto.iam.responses import IamResponse
from moto.sts.responses import TokenResponse

from rehearsal.aws.services.cloudwatch import CloudWatch
from rehearsal.aws.services.ec2 import Ec2
from rehearsal.aws.services.eks import Eks
from rehearsal.aws.services.elbv2 import Elbv2
from rehearsal.aws.services.route53 import Route53
from rehearsal.aws.world import World

__all__ = ["handler"]


def handler(service: str, world: World) -> BaseResponse:
    """Return a handler for one call to a service, by botocore's name of it.

    Raises LookupError for a service that is not embedded.
    """
    match service:
        case "cloudwatch":
            return CloudWatch(world)
        case "ec2":
            return Ec2(world)
        case "eks":
            return Eks(world)
        case "elbv2":
            return Elbv2(world)
        case "iam":
            return IamResponse()
        case "route53":
            return Route53(world)
        case "sts":
            return TokenResponse()
        case _:
            message = f"the embedded AWS has no service {service}"
            raise LookupError(message)
