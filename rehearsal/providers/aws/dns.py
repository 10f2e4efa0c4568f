"""Hosted zones and their records."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from rehearsal.providers.aws.resource import Created, ResourceType, absent, given, retag, tag_list, tag_map
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.values import Props

__all__ = ["Record", "Zone"]

_RECORD_ID = re.compile(r"(?P<name>.*?)_(?P<type>A|AAAA|CAA|CNAME|MX|NS|PTR|SRV|TXT)(?:_(?P<set>.+))?")


class Zone(ResourceType):
    """A hosted zone: public, or private to its VPCs."""

    pulumi_type = "aws:route53/zone:Zone"
    replaces = frozenset({"delegationSetId", "name"})
    updates = frozenset({"comment", "forceDestroy", "tags", "vpcs"})
    outputs = frozenset({"arn", "nameServers", "primaryNameServer", "tagsAll", "zoneId"})

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"comment": "Managed by Pulumi", "forceDestroy": False}

    @override
    def create(self, inputs: Props) -> Created:
        route53 = self.aws.client("route53")
        vpcs = [self._vpc(vpc) for vpc in inputs.get("vpcs", ())]
        reply = route53.create_hosted_zone(
            Name=inputs["name"],
            CallerReference=secrets.token_hex(16),
            HostedZoneConfig={"Comment": inputs["comment"], "PrivateZone": bool(vpcs)},
            **given(VPC=vpcs[0] if vpcs else None),
        )
        id_ = _zone_id(reply["HostedZone"]["Id"])
        for vpc in vpcs[1:]:
            route53.associate_vpc_with_hosted_zone(HostedZoneId=id_, VPC=vpc)
        self._retag(id_, {}, inputs)
        return Created(id_, self._outputs(reply) | self.foreseen(inputs))

    def _vpc(self, vpc: Props) -> dict[str, str]:
        return {"VPCId": vpc["vpcId"], "VPCRegion": vpc.get("vpcRegion") or self.aws.region}

    def _retag(self, id_: str, old: Props, new: Props) -> None:
        to_set, to_remove = retag(old, new)
        if to_set or to_remove:
            self.aws.client("route53").change_tags_for_resource(
                ResourceType="hostedzone",
                ResourceId=id_,
                **given(AddTags=tag_list(to_set) or None, RemoveTagKeys=to_remove or None),
            )

    def _outputs(self, described: Mapping[str, Any]) -> Props:
        zone = described["HostedZone"]
        id_ = _zone_id(zone["Id"])
        servers = sorted(described.get("DelegationSet", {}).get("NameServers", ()))
        return {
            "arn": f"arn:{self.aws.partition}:route53:::hostedzone/{id_}",
            "zoneId": id_,
            "name": zone["Name"].rstrip("."),
            "comment": zone.get("Config", {}).get("Comment", ""),
            "nameServers": servers,
            "primaryNameServer": servers[0] if servers else "",
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        route53 = self.aws.client("route53")
        try:
            described = route53.get_hosted_zone(Id=id_)
        except ClientError as error:
            if absent(error, "NoSuchHostedZone"):
                return None
            raise
        listed = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=id_)
        tags = tag_map(listed["ResourceTagSet"]["Tags"])
        vpcs = [{"vpcId": v["VPCId"], "vpcRegion": v["VPCRegion"]} for v in described.get("VPCs", ())]
        return self._outputs(described) | {"tags": tags, "tagsAll": tags, "vpcs": vpcs}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        route53 = self.aws.client("route53")
        if "comment" in changed:
            route53.update_hosted_zone_comment(Id=id_, Comment=new["comment"])
        if "vpcs" in changed:
            before = [self._vpc(vpc) for vpc in old.get("vpcs", ())]
            after = [self._vpc(vpc) for vpc in new.get("vpcs", ())]
            for vpc in after:
                if vpc not in before:
                    route53.associate_vpc_with_hosted_zone(HostedZoneId=id_, VPC=vpc)
            for vpc in before:
                if vpc not in after:
                    route53.disassociate_vpc_from_hosted_zone(HostedZoneId=id_, VPC=vpc)
        self._retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        route53 = self.aws.client("route53")
        if state.get("forceDestroy"):
            records = route53.list_resource_record_sets(HostedZoneId=id_)["ResourceRecordSets"]
            # AWS's own two go with the zone.
            deletes = [{"Action": "DELETE", "ResourceRecordSet": r} for r in records if r["Type"] not in ("NS", "SOA")]
            if deletes:
                route53.change_resource_record_sets(HostedZoneId=id_, ChangeBatch={"Changes": deletes})
        route53.delete_hosted_zone(Id=id_)


def _zone_id(path: str) -> str:
    return path.rpartition("/")[2]


class Record(ResourceType):
    """A record: simple or weighted, with values or an alias.

    A change of its type or set identifier deletes and creates in one batch, which is a transaction; any
    other change is one UPSERT, because Route 53 finds a record by its name, type and set identifier.
    """

    pulumi_type = "aws:route53/record:Record"
    replaces = frozenset({"name", "zoneId"})
    updates = frozenset(
        {"aliases", "allowOverwrite", "healthCheckId", "multivalueAnswerRoutingPolicy", "records"}
        | {"setIdentifier", "ttl", "type", "weightedRoutingPolicies"}
    )
    outputs = frozenset({"fqdn"})
    sets = frozenset({"aliases", "records"})
    chosen = frozenset({"allowOverwrite"})

    @override
    def create(self, inputs: Props) -> Created:
        action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
        name = self._change((action, inputs))
        parts = [inputs["zoneId"], inputs["name"].lower(), inputs["type"], inputs.get("setIdentifier")]
        return Created("_".join(part for part in parts if part), {"fqdn": name})

    def _change(self, *changes: tuple[str, Props]) -> str:
        """Send one batch; return the full name of the record."""
        route53 = self.aws.client("route53")
        zone_id = changes[0][1]["zoneId"]
        zone = route53.get_hosted_zone(Id=zone_id)["HostedZone"]["Name"].rstrip(".")
        name = _full_name(changes[0][1]["name"], zone)
        route53.change_resource_record_sets(
            HostedZoneId=zone_id,
            ChangeBatch={
                "Comment": "Managed by Pulumi",
                "Changes": [
                    {"Action": action, "ResourceRecordSet": {"Name": name, **_record_set(inputs)}}
                    for action, inputs in changes
                ],
            },
        )
        return name

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        zone_id, name, type_, set_identifier = _identity(id_, state)
        route53 = self.aws.client("route53")
        try:
            zone = route53.get_hosted_zone(Id=zone_id)["HostedZone"]["Name"].rstrip(".")
        except ClientError as error:
            if absent(error, "NoSuchHostedZone"):
                return None
            raise
        full_name = _full_name(name, zone)
        listed = route53.list_resource_record_sets(
            HostedZoneId=zone_id, StartRecordName=full_name, StartRecordType=type_
        )
        for record in listed["ResourceRecordSets"]:
            key = record["Name"].rstrip("."), record["Type"], record.get("SetIdentifier", "")
            if key == (full_name, type_, set_identifier):
                return {"zoneId": zone_id, "name": name, "fqdn": full_name, **_read_record_set(record)}
        return None

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if changed & {"setIdentifier", "type"}:
            self._change(("DELETE", old), ("CREATE", new))
        elif changed - {"allowOverwrite"}:
            self._change(("UPSERT", new))

    @override
    def delete(self, id_: str, state: Props) -> None:
        self._change(("DELETE", state))


def _full_name(name: str, zone: str) -> str:
    name = name.lower().rstrip(".")
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}" if name else zone


def _identity(id_: str, state: Props) -> tuple[str, str, str, str]:
    """Tell which record this is; an import knows only the id `ZONE_NAME_TYPE[_SETIDENTIFIER]`."""
    if state:
        return state["zoneId"], state["name"], state["type"], state.get("setIdentifier") or ""
    zone_id, _, rest = id_.partition("_")
    match = _RECORD_ID.fullmatch(rest)
    if match is None:
        raise ProviderError(f"record id {id_}: it must be ZONE_NAME_TYPE or ZONE_NAME_TYPE_SETIDENTIFIER")
    return zone_id, match["name"], match["type"], match["set"] or ""


def _record_set(inputs: Props) -> dict[str, Any]:
    policies = inputs.get("weightedRoutingPolicies")
    record = given(
        Type=inputs["type"],
        SetIdentifier=inputs.get("setIdentifier") or None,
        HealthCheckId=inputs.get("healthCheckId") or None,
        MultiValueAnswer=inputs.get("multivalueAnswerRoutingPolicy") or None,
        TTL=inputs.get("ttl") or None,
        Weight=policies[0]["weight"] if policies else None,
    )
    for alias in inputs.get("aliases") or ():
        record["AliasTarget"] = {
            "DNSName": alias["name"],
            "HostedZoneId": alias["zoneId"],
            "EvaluateTargetHealth": alias["evaluateTargetHealth"],
        }
    if inputs.get("records"):
        record["ResourceRecords"] = [{"Value": value} for value in inputs["records"]]
    return record


def _read_record_set(record: Mapping[str, Any]) -> Props:
    alias = record.get("AliasTarget")
    return given(
        type=record["Type"],
        setIdentifier=record.get("SetIdentifier"),
        healthCheckId=record.get("HealthCheckId"),
        multivalueAnswerRoutingPolicy=record.get("MultiValueAnswer"),
        ttl=record.get("TTL"),
        records=[item["Value"] for item in record.get("ResourceRecords", ())] or None,
        weightedRoutingPolicies=[{"weight": record["Weight"]}] if "Weight" in record else None,
        aliases=[
            {
                "name": alias["DNSName"].rstrip("."),
                "zoneId": alias["HostedZoneId"],
                "evaluateTargetHealth": alias["EvaluateTargetHealth"],
            }
        ]
        if alias
        else None,
    )
