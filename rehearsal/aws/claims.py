"""Ids given in advance: a stack's configuration names a VPC, subnets, a hosted zone or load balancers that exist."""

from __future__ import annotations

import re
from types import SimpleNamespace

import moto.ec2.utils
import moto.elbv2.models
from moto.moto_api._internal import mock_random
from moto.route53.models import HostedZoneIdentifier
from moto.utilities.id_generator import IdSourceContext, moto_id_manager

__all__ = ["Claims"]


_ELB_ID = r"[0-9a-f]{16}"


class Claims:
    """The next new thing gets the oldest id claimed for its kind; for a load balancer, that is the end of its ARN."""

    def __init__(self) -> None:
        """Take moto's place in making ids; one instance per process."""
        self._ids: list[str] = []
        generate = moto.ec2.utils.random_id

        def ec2_id(prefix: str = "", size: int = 17) -> str:
            return self._take(f"{prefix}-.*") or generate(prefix, size)

        moto.ec2.utils.random_id = ec2_id
        # Load balancers, target groups and listeners; the name before it is the caller's.
        hexadecimal = mock_random.get_random_hex

        def elb_id(length: int = 8) -> str:
            return self._take(_ELB_ID) or hexadecimal(length)

        moto.elbv2.models.mock_random = SimpleNamespace(get_random_hex=elb_id)  # pyright: ignore[reportPrivateImportUsage] - its own name there
        moto_id_manager.add_id_source(self._zone_id)

    def add(self, ident: str) -> None:
        """Claim an id such as `vpc-0a1b`, `subnet-0a1b`, `Z0123456789ABC` or, for an ARN, `50dc6c495c0c9188`."""
        self._ids.append(ident)

    def _zone_id(self, context: IdSourceContext) -> str | None:
        return self._take("Z.*") if isinstance(context.get("resource_identifier"), HostedZoneIdentifier) else None

    def _take(self, pattern: str) -> str | None:
        found = next((ident for ident in self._ids if re.fullmatch(pattern, ident)), None)
        if found:
            self._ids.remove(found)
        return found
