# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# The replacements take what moto passes, untyped.
"""Changes of moto itself, where no method of a service class can correct it. Import before use."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable
from unittest.mock import patch

import boto3

# Read when a backend is made, or at a call: managed policies exist in every account, AMIs are not
# needed, and there is one account, which saves moto a search for it in every partition (1.4 s).
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_ACCOUNT_ID"] = "123456789012"

# moto makes a session for every list of regions and role of a cluster, and each reads the endpoints of all of AWS
# (0.2 s).
with patch.object(boto3, "Session", functools.cache(boto3.Session)):
    import moto.core.responses
    import moto.core.utils
    import moto.eks.utils  # pyright: ignore[reportUnusedImport]  it makes one at every call
    import moto.elbv2.models
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
    from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

__all__ = ["apply"]


def apply() -> None:
    """Change moto, once per process."""
    # Any call may be throttled, whatever errors its operation documents.
    warnings.filterwarnings("ignore", message=".*does not match an error shape", category=UserWarning)

    # moto lists a service class's methods anew for every call; of EC2's that takes 2 ms.
    listed = functools.cache(moto.core.utils.method_names_from_class)
    _replace(moto.core.responses, "method_names_from_class", listed)

    # moto activates a load balancer when it is described; here the model's clock does.
    _replace(FakeLoadBalancer, "activate", lambda _balancer: None)

    # Certificates come from outside of a stack: any well-formed one of the region exists.
    _replace(ELBv2Backend, "_certificate_exists", lambda _backend, certificate_arn: bool(certificate_arn))
    _replace(moto.elbv2.models, "register_certificate", lambda **_: None)

    # Beijing has a third zone. https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
    zone = Zone(region_name="cn-north-1", name="cn-north-1d", zone_id="cnn1-az4")
    RegionsAndZonesBackend.zones["cn-north-1"].append(zone)


def _replace(owner: object, name: str, new: Callable[..., object]) -> None:
    if not hasattr(owner, name):  # a later moto may have renamed it
        message = f"moto's {owner} has no {name}"
        raise AttributeError(message)
    setattr(owner, name, new)
