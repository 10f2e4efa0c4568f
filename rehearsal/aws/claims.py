"""Ids given in advance: a stack's configuration names a VPC, subnets or a hosted zone that exist already."""

from __future__ import annotations

import moto.ec2.utils
from moto.route53.models import HostedZoneIdentifier
from moto.utilities.id_generator import IdSourceContext, moto_id_manager

__all__ = ["Claims"]


class Claims:
    """The next new VPC, subnet or hosted zone gets the oldest id claimed for its kind."""

    def __init__(self) -> None:
        """Take moto's place in making ids; one instance per process."""
        self._ids: list[str] = []
        generate = moto.ec2.utils.random_id

        def ec2_id(prefix: str = "", size: int = 17) -> str:
            return self._take(f"{prefix}-") or generate(prefix, size)

        moto.ec2.utils.random_id = ec2_id
        moto_id_manager.add_id_source(self._zone_id)

    def add(self, ident: str) -> None:
        """Claim an id such as `vpc-0a1b`, `subnet-0a1b` or `Z0123456789ABC`."""
        self._ids.append(ident)

    def _zone_id(self, context: IdSourceContext) -> str | None:
        return self._take("Z") if isinstance(context.get("resource_identifier"), HostedZoneIdentifier) else None

    def _take(self, prefix: str) -> str | None:
        found = next((ident for ident in self._ids if ident.startswith(prefix)), None)
        if found:
            self._ids.remove(found)
        return found
