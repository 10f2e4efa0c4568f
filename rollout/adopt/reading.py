"""What adoption reads of AWS. Nothing here changes anything."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any, cast

from botocore.config import Config

from components.errors import BlueGreenError
from components.gates.reading import refused_as, session
from rollout.adopt.seen import Balancer, Forwarding, Group, Record, Route, Subnet, Zone

__all__ = ["AdoptError", "Reader"]


class AdoptError(BlueGreenError):
    """What runs cannot be adopted as it is: what was found, the rule, and the way out."""


_told = refused_as(
    AdoptError,
    "adopt reads by elasticloadbalancing:Describe*, route53:ListHostedZonesByName, route53:GetHostedZone, "
    "route53:ListResourceRecordSets, ec2:DescribeSubnets, eks:ListClusters, eks:DescribeCluster and "
    "sts:GetCallerIdentity, in the account of the chain",
)


class Reader:
    """Reads one region of the account whose credentials are at hand."""

    def __init__(self, region: str, profile: str | None = None) -> None:
        self.region = region
        self._session = session(region, profile)

    @_told
    def account(self) -> str:
        """Return the number of the account."""
        return self._client("sts").get_caller_identity()["Account"]

    @_told
    def zones(self, host: str) -> list[Zone]:
        """Find the hosted zones that may hold a name, the closest first."""
        labels = host.split(".")
        names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
        listed = {name: self._client("route53").list_hosted_zones_by_name(DNSName=name) for name in names}
        return [
            Zone(
                id=each["Id"].rpartition("/")[2],
                name=name,
                private=bool(each.get("Config", {}).get("PrivateZone")),
            )
            for name, answer in listed.items()
            for each in answer["HostedZones"]
            if each["Name"].rstrip(".") == name
        ]

    @_told
    def records(self, zone: Zone, host: str) -> Sequence[Any]:
        """Return all records of a name, as AWS tells them."""
        listed = self._client("route53").list_resource_record_sets(HostedZoneId=zone.id, StartRecordName=host)
        return [each for each in listed["ResourceRecordSets"] if each["Name"].rstrip(".").lower() == host]

    @_told
    def balancer_of(self, name: str) -> Balancer | None:
        """Find the load balancer of this region and account that has a DNS name."""
        wanted = name.rstrip(".").lower().removeprefix("dualstack.")
        pages = self._client("elbv2").get_paginator("describe_load_balancers").paginate()
        every = (each for page in pages for each in page["LoadBalancers"])
        return next((self._balancer(each) for each in every if each["DNSName"].lower() == wanted), None)

    @_told
    def balancer(self, arn: str) -> Balancer:
        """Describe a load balancer."""
        return self._balancer(self._client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0])

    @_told
    def listeners(self, balancer: Balancer) -> list[Forwarding]:
        """Return the listeners of a load balancer, by port."""
        described = self._client("elbv2").describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
        return sorted(map(_forwarding, described), key=lambda listener: listener.port)

    @_told
    def routes(self, listener: Forwarding) -> tuple[list[Route], int]:
        """Return what an ALB's listener sends to target groups, in the order of its rules, and how many these are."""
        rules = self._client("elbv2").describe_rules(ListenerArn=listener.arn)["Rules"]
        found = [(rule, arn) for rule in rules for arn in _groups(rule["Actions"])]
        routes = [
            Route(group=self.group(arn), hosts=_values(rule, "host-header"), paths=_values(rule, "path-pattern"))
            for rule, arn in found
        ]
        return routes, sum(not rule["IsDefault"] for rule in rules)

    @functools.cache  # noqa: B019  a reader lives as long as its command
    @_told
    def group(self, arn: str) -> Group:
        """Describe a target group and the health of its targets."""
        elb = self._client("elbv2")
        described = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
        health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return Group(
            arn=arn,
            name=described["TargetGroupName"],
            type=described["TargetType"],
            port=described.get("Port", 0),
            health_path=described.get("HealthCheckPath", ""),
            targets=tuple(each["Target"]["Id"] for each in health),
            healthy=sum(each["TargetHealth"]["State"] == "healthy" for each in health),
            tags=self._tags(arn),
        )

    @_told
    def clusters(self, vpc: str) -> list[str]:
        """Return the names of the EKS clusters in a VPC."""
        pages = self._client("eks").get_paginator("list_clusters").paginate()
        names = [name for page in pages for name in page["clusters"]]
        return [name for name in names if (found := self.cluster(name)) and found[1] == vpc]

    @_told
    def cluster(self, name: str) -> tuple[str, str] | None:
        """Return version and VPC of a cluster of this account; None where there is no such."""
        eks = self._client("eks")
        try:
            found = eks.describe_cluster(name=name)["cluster"]
        except eks.exceptions.ResourceNotFoundException:
            return None
        subnets = found["resourcesVpcConfig"]["subnetIds"]
        vpc = found["resourcesVpcConfig"].get("vpcId") or self._subnets(subnets)[1]
        return found["version"], vpc

    def _balancer(self, described: Any) -> Balancer:  # noqa: ANN401 - as boto3 tells it
        arn = described["LoadBalancerArn"]
        attributes = self._client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        switched_on = {each["Key"] for each in attributes if each["Value"] == "true"}
        return Balancer(
            arn=arn,
            name=described["LoadBalancerName"],
            dns_name=described["DNSName"],
            vpc=described["VpcId"],
            internal=described["Scheme"] == "internal",
            groups=tuple(described.get("SecurityGroups", ())),
            subnets=self._subnets([zone["SubnetId"] for zone in described["AvailabilityZones"]])[0],
            protected="deletion_protection.enabled" in switched_on,
            logs="access_logs.s3.enabled" in switched_on,
            tags=self._tags(arn),
        )

    def _subnets(self, ids: Sequence[str]) -> tuple[list[Subnet], str]:
        described = self._client("ec2").describe_subnets(SubnetIds=[*ids])["Subnets"]
        subnets = [
            Subnet(id=each["SubnetId"], zone=each["AvailabilityZone"], cidr=each["CidrBlock"]) for each in described
        ]
        return sorted(subnets, key=lambda subnet: subnet.zone), described[0]["VpcId"]

    def _tags(self, arn: str) -> dict[str, str]:
        described = self._client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
        return {tag["Key"]: tag["Value"] for tag in described[0]["Tags"]} if described else {}

    @functools.cache  # noqa: B019  as above
    def _client(self, service: str) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        patience = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})
        return self._session.client(service, config=patience)


def _forwarding(described: Any) -> Forwarding:  # noqa: ANN401 - as boto3 tells it
    certificates: Sequence[Any] = described.get("Certificates") or [{}]
    return Forwarding(
        arn=described["ListenerArn"],
        port=described["Port"],
        protocol=described["Protocol"],
        groups=tuple(_groups(described["DefaultActions"])),
        certificate=certificates[0].get("CertificateArn"),
        ssl_policy=described.get("SslPolicy") or None,
    )


def _groups(actions: Sequence[Any]) -> Iterator[str]:
    """Target groups of actions; AWS says a single one in either way, or in both."""
    for action in actions:
        several = action.get("ForwardConfig", {}).get("TargetGroups") or ()
        named = [each["TargetGroupArn"] for each in several] or [action.get("TargetGroupArn")]
        yield from (arn for arn in named if arn)


def _values(rule: Any, field: str) -> tuple[str, ...]:  # noqa: ANN401 - as boto3 tells it
    key = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}[field]
    asked = [each for each in rule["Conditions"] if each["Field"] == field]
    return tuple(cast("str", value) for each in asked for value in each.get(key, each).get("Values", ()))


def simple_record(found: Sequence[Any], host: str) -> Record:
    """Read the one simple record that answers for a name. Raises AdoptError where it is another."""
    answering = [each for each in found if each["Type"] in ("A", "CNAME")]
    if not answering:
        raise AdoptError(f"{host}: has no A or CNAME record in its zone; give the name that clients use")
    record = answering[0]
    if len(answering) > 1 or "SetIdentifier" in record:
        raise AdoptError(
            f"{host}: is answered by a routing policy ({record.get('SetIdentifier')} and others); only a simple record "
            "can be adopted, so give it one that leads to the NLB first"
        )
    alias = record.get("AliasTarget")
    values = [each["Value"] for each in record.get("ResourceRecords", ())]
    if not alias and record["Type"] == "A":
        raise AdoptError(
            f"{host}: is an A record of {', '.join(values)}; to adopt it, it must be an alias or a CNAME of the NLB, "
            "which follows the NLB's own addresses"
        )
    return Record(
        type=record["Type"],
        target=(alias["DNSName"] if alias else values[0]).rstrip(".").lower(),
        ttl=60 if alias else int(record["TTL"]),
        has_ipv6=any(each["Type"] == "AAAA" for each in found),
    )
