"""Load balancers, and what all types of Elastic Load Balancing have in common."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from rehearsal.providers.aws.attributes import Attribute, Attributes, flag
from rehearsal.providers.aws.resource import Created, ResourceType, absent, given, retag, tag_list, tag_map
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["ElbResourceType", "LoadBalancer"]


class ElbResourceType(ResourceType):
    """A resource type of Elastic Load Balancing: its id is its ARN."""

    def retag(self, arn: str, old: Props, new: Props) -> None:
        """Set and remove the tags that differ."""
        elb = self.aws.client("elbv2")
        to_set, to_remove = retag(old, new)
        if to_set:
            elb.add_tags(ResourceArns=[arn], Tags=tag_list(to_set))
        if to_remove:
            elb.remove_tags(ResourceArns=[arn], TagKeys=to_remove)

    def tags(self, arn: str) -> Props:
        """Read the tags, which the other describing calls leave out."""
        described = self.aws.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
        tags = tag_map(described[0]["Tags"])
        return {"tags": tags, "tagsAll": tags}

    def find(self, operation: str, key: str, missing: str, **query: object) -> dict[str, Any] | None:
        """Describe one thing; None where AWS answers with the error code `missing`."""
        try:
            return getattr(self.aws.client("elbv2"), operation)(**query)[key][0]
        except ClientError as error:
            if absent(error, missing):
                return None
            raise


_ATTRIBUTES = {
    "accessLogs.bucket": Attribute("access_logs.s3.bucket", ""),
    "accessLogs.enabled": Attribute("access_logs.s3.enabled", default=False, read=flag),
    "accessLogs.prefix": Attribute("access_logs.s3.prefix", ""),
    "enableDeletionProtection": Attribute("deletion_protection.enabled", default=False, read=flag),
    "enableZonalShift": Attribute("zonal_shift.config.enabled", default=False, read=flag),
}
_OF_TYPE = {
    "application": Attributes(
        _ATTRIBUTES
        | {
            "clientKeepAlive": Attribute("client_keep_alive.seconds", 3600, int),
            "desyncMitigationMode": Attribute("routing.http.desync_mitigation_mode", "defensive"),
            "dropInvalidHeaderFields": Attribute(
                "routing.http.drop_invalid_header_fields.enabled", default=False, read=flag
            ),
            "enableHttp2": Attribute("routing.http2.enabled", default=True, read=flag),
            "idleTimeout": Attribute("idle_timeout.timeout_seconds", 60, int),
            "preserveHostHeader": Attribute("routing.http.preserve_host_header.enabled", default=False, read=flag),
            "xffHeaderProcessingMode": Attribute("routing.http.xff_header_processing.mode", "append"),
        }
    ),
    "network": Attributes(
        _ATTRIBUTES
        | {
            "dnsRecordClientRoutingPolicy": Attribute("dns_record.client_routing_policy", "any_availability_zone"),
            "enableCrossZoneLoadBalancing": Attribute("load_balancing.cross_zone.enabled", default=False, read=flag),
        }
    ),
}


class LoadBalancer(ElbResourceType):
    """A network or an application load balancer."""

    pulumi_type = "aws:lb/loadBalancer:LoadBalancer"
    replaces = frozenset({"internal", "loadBalancerType", "name"})
    updates = frozenset(
        {"ipAddressType", "securityGroups", "subnetMappings", "subnets", "tags"}
        | _OF_TYPE["application"].inputs
        | _OF_TYPE["network"].inputs
    )
    outputs = frozenset({"arn", "arnSuffix", "dnsName", "tagsAll", "vpcId", "zoneId"})
    chosen = frozenset({"internal", "ipAddressType", "securityGroups", "subnetMappings", "subnets"})
    sets = frozenset({"securityGroups", "subnetMappings", "subnets"})
    auto_name = AutoName("name", 32)

    @override
    def defaults(self, inputs: Props) -> Props:
        kind = inputs.get("loadBalancerType", "application")
        return {"loadBalancerType": kind, **_OF_TYPE[kind].defaults}

    @override
    def replacing(self, changed: set[str], old: Props, new: Props) -> set[str]:
        replacing = super().replacing(changed, old, new)
        if new["loadBalancerType"] == "network":
            groups = [bool(inputs.get("securityGroups")) for inputs in (old, new)]
            if "securityGroups" in changed and groups[0] != groups[1]:
                replacing.add("securityGroups")
            removed = set(old.get("subnets", ())) - set(new.get("subnets", ()))
            if "subnets" in changed and removed:
                replacing.add("subnets")
        return replacing

    @override
    def create(self, inputs: Props) -> Created:
        elb = self.aws.client("elbv2")
        balancer = elb.create_load_balancer(
            Name=inputs["name"],
            Type=inputs["loadBalancerType"],
            Scheme="internal" if inputs.get("internal") else "internet-facing",
            **given(
                IpAddressType=inputs.get("ipAddressType"),
                SecurityGroups=inputs.get("securityGroups"),
                SubnetMappings=_mappings(inputs),
                Subnets=inputs.get("subnets"),
                Tags=tag_list(inputs.get("tags")) or None,
            ),
        )["LoadBalancers"][0]
        self._set_attributes(balancer["LoadBalancerArn"], {}, inputs)
        return Created(balancer["LoadBalancerArn"], self._outputs(balancer) | self.foreseen(inputs))

    def _set_attributes(self, arn: str, old: Props, new: Props) -> None:
        changes = _OF_TYPE[new["loadBalancerType"]].changes(old, new)
        if changes:
            self.aws.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=changes)

    def _outputs(self, balancer: Mapping[str, Any]) -> Props:
        arn = balancer["LoadBalancerArn"]
        return {
            "arn": arn,
            "arnSuffix": arn.partition(":loadbalancer/")[2],
            "name": balancer["LoadBalancerName"],
            "dnsName": balancer["DNSName"],
            "zoneId": balancer["CanonicalHostedZoneId"],
            "vpcId": balancer["VpcId"],
            "internal": balancer["Scheme"] == "internal",
            "ipAddressType": balancer["IpAddressType"],
            "loadBalancerType": balancer["Type"],
            "securityGroups": sorted(balancer.get("SecurityGroups", ())),
            "subnets": sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        balancer = self.find("describe_load_balancers", "LoadBalancers", "LoadBalancerNotFound", LoadBalancerArns=[id_])
        if balancer is None:
            return None
        described = self.aws.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=id_)
        attributes = _OF_TYPE[balancer["Type"]].values(described["Attributes"])
        return attributes | self._outputs(balancer) | self.tags(id_)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        elb = self.aws.client("elbv2")
        if "securityGroups" in changed:
            elb.set_security_groups(LoadBalancerArn=id_, SecurityGroups=new["securityGroups"])
        if changed & {"subnets", "subnetMappings"}:
            subnets = given(Subnets=new.get("subnets"), SubnetMappings=_mappings(new))
            elb.set_subnets(LoadBalancerArn=id_, **subnets)
        if "ipAddressType" in changed:
            elb.set_ip_address_type(LoadBalancerArn=id_, IpAddressType=new["ipAddressType"])
        self._set_attributes(id_, old, new)
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("elbv2").delete_load_balancer(LoadBalancerArn=id_)


def _mappings(inputs: Props) -> list[dict[str, str]] | None:
    mappings = inputs.get("subnetMappings")
    return mappings and [
        given(
            SubnetId=mapping["subnetId"],
            AllocationId=mapping.get("allocationId"),
            PrivateIPv4Address=mapping.get("privateIpv4Address"),
        )
        for mapping in mappings
    ]
