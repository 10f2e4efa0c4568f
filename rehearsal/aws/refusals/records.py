"""Route 53 record sets: a batch of changes applied as a whole or not at all.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from moto.route53.models import FakeZone, RecordSet

from rehearsal.aws.inventory import Inventory
from rehearsal.aws.refusals import Refusal

__all__ = ["changed"]

_Given = Mapping[str, Any]
_ROUTING = ("Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer")


def changed(held: Inventory, zone: FakeZone, changes: Sequence[Mapping[str, Any]]) -> list[RecordSet]:
    """Return the zone's records after a batch, in which each change sees those before it."""
    records = list(zone.rrsets)
    for change in changes:
        action, given = change["Action"], _canonical(change["ResourceRecordSet"])
        _refuse_shape(held, zone, given)
        same = next((each for each in records if _key(each) == _key_of(given)), None)
        if action == "DELETE":
            if same is None:
                raise _invalid(f"Tried to delete {_told(given)} but it was not found")
            if _values(same) != _values(_record(given)):
                raise _invalid(
                    f"Tried to delete {_told(given)} but the values provided do not match the current values"
                )
            records.remove(same)
            continue
        if action == "CREATE" and same is not None:
            raise _invalid(f"Tried to create {_told(given)} but it already exists")
        _refuse_mixture(records, given)
        new = _record(given)
        if same is None:
            records.append(new)
        else:
            records[records.index(same)] = new
    return records


def _canonical(given: _Given) -> dict[str, Any]:
    record = dict(given)
    record["Name"] = given["Name"].rstrip(".").lower() + "."
    if "ResourceRecords" in given:
        record["ResourceRecords"] = [each["Value"] for each in given["ResourceRecords"]]
    return record


def _record(given: _Given) -> RecordSet:
    return cast("RecordSet", RecordSet(dict(given)))  # moto's metaclass hides the class


def _refuse_shape(held: Inventory, zone: FakeZone, given: _Given) -> None:
    """Check one record set by itself."""
    alias = given.get("AliasTarget")
    if not (given["Name"] == zone.name or given["Name"].endswith(f".{zone.name}")):
        raise _invalid(f"RRSet with DNS name {given['Name']} is not permitted in zone {zone.name}")
    if bool(alias) == bool(given.get("ResourceRecords")) or bool(alias) == ("TTL" in given):
        raise Refusal(
            "InvalidInput",
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
            f"TrafficPolicyInstanceId] in Change with [Name={given['Name']}, Type={given['Type']}]",
        )
    routed = any(given.get(key) is not None for key in _ROUTING)
    if not 0 <= int(given.get("Weight", 0)) <= 255:
        raise Refusal("InvalidInput", f"Invalid request: weight {given['Weight']} is not between 0 and 255")
    if routed != bool(given.get("SetIdentifier")):
        raise Refusal(
            "InvalidInput",
            f"Invalid request: {_told(given)} needs both a SetIdentifier and one of {_ROUTING}, or neither",
        )
    if alias:
        if "EvaluateTargetHealth" not in alias:
            raise Refusal("InvalidInput", "Invalid XML: AliasTarget needs EvaluateTargetHealth")
        _refuse_alias(held, zone, given, alias)


def _refuse_alias(held: Inventory, zone: FakeZone, given: _Given, alias: Mapping[str, str]) -> None:
    name = alias["DNSName"].rstrip(".").lower()
    target = f"{name}., type {given['Type']} in zone {alias['HostedZoneId']}"
    if alias["HostedZoneId"] == zone.resource_id:
        if not any(each.name == f"{name}." and each.type == given["Type"] for each in zone.rrsets):
            raise _invalid(f"Tried to create an alias that targets {target}, but that target was not found")
        return
    for balancer in held.elbv2.load_balancers.values():
        if balancer.dns_name.lower() == name.removeprefix("dualstack."):
            if balancer.canonical_hosted_zone_id == alias["HostedZoneId"]:
                return
            raise _invalid(
                f"Tried to create an alias that targets {target}, "
                "but the alias target name does not lie within the target zone"
            )
    raise _invalid(f"Tried to create an alias that targets {target}, but that target was not found")


def _refuse_mixture(records: Sequence[RecordSet], given: _Given) -> None:
    """Refuse a weighted record beside a simple one of the same name and type, or the reverse."""
    for each in records:
        if (each.name, each.type) == (given["Name"], given["Type"]) and (
            bool(each.set_identifier) != bool(given.get("SetIdentifier"))
        ):
            raise _invalid(
                f"RRSet with DNS name {given['Name']}, type {given['Type']}, "
                f"SetIdentifier {given.get('SetIdentifier')} cannot be created because other RRSets exist "
                "with the same name and type"
            )


def _key(record: RecordSet) -> tuple[str | None, ...]:
    return record.name, record.type, record.set_identifier


def _key_of(given: _Given) -> tuple[str | None, ...]:
    return given["Name"], given["Type"], given.get("SetIdentifier")


def _values(record: RecordSet) -> tuple[object, ...]:
    alias: Mapping[str, Any] = record.alias_target or {}
    target = {**alias, "DNSName": alias["DNSName"].rstrip(".").lower()} if alias else None
    weight = None if record.weight is None else int(record.weight)
    ttl = None if record.ttl is None else int(record.ttl)
    return ttl, sorted(record.records), weight, target


def _told(given: _Given) -> str:
    ident = f", set-identifier='{given['SetIdentifier']}'" if given.get("SetIdentifier") else ""
    return f"resource record set [name='{given['Name']}', type='{given['Type']}'{ident}]"


def _invalid(message: str) -> Refusal:
    return Refusal("InvalidChangeBatch", f"[{message}]")
