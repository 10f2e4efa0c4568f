"""Route 53: moto with AWS's own rules for a batch of changes."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.route53.responses import Route53 as MotoRoute53

from rehearsal.aws.refusals.records import changed
from rehearsal.aws.world import World

__all__ = ["Route53"]


class Route53(MotoRoute53):
    """The Route 53 API of the partition."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._held = world.inventory

    def change_resource_record_sets(self) -> ActionResult:
        """Replace moto's: it applies half a batch, mixes simple and weighted, and deletes across names."""
        zone = self._held.route53.get_hosted_zone(self._get_param("HostedZoneId"))
        zone.rrsets = changed(self._held, zone, self._get_param("ChangeBatch.Changes"))
        submitted = {"Id": "/change/C0123456789ABCDEFGHIJ", "Status": "INSYNC", "SubmittedAt": utcnow()}
        return ActionResult({"ChangeInfo": submitted})
