"""What a team runs before it has this program: record → NLB → ALB → the pods of a cluster, made by raw calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from components.network_model import ExistingNetwork
from components.traffic import Colour
from infra.config import StackConfig
from rehearsal.aws import EmbeddedAws, Pod

__all__ = ["AsIs", "build", "found"]

INGRESS = {"elbv2.k8s.aws/cluster": "{cluster}", "ingress.k8s.aws/stack": "default/dkms"}
"""Tags that the AWS Load Balancer Controller gives the load balancers of an Ingress."""

Made = Mapping[str, str]
"""ARNs and ids of what stands now: `alb`, `alb_listener`, `nlb`, `listener`, `target_group` and `service`."""


@dataclass(frozen=True, kw_only=True)
class AsIs:
    """How it was made; names are those that AWS shows."""

    nlb: str = "dkms-prod"
    alb: str = "k8s-default-dkms-1a2b3c4d5e"
    target_group: str = "dkms-to-alb"
    service: str = "k8s-default-dkms-0f9e8d7c6b"
    record: Literal["A", "CNAME"] = "A"
    ingress: bool = True
    """Whether a controller made the ALB, which its tags then say, and its listener sends by a rule; else by default."""
    nlb_group: bool = False
    """Whether the NLB has a security group, which AWS takes at its creation only."""
    ports: Sequence[int] = ()
    """Further listeners of the NLB, to the same ALB."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Attributes of the NLB that are not AWS's defaults."""
    ids: Mapping[str, str] = field(default_factory=dict[str, str])
    """Ids to have, under the names of `Made`, `alb_group` and `nlb_group`."""


def found(config: StackConfig) -> AsIs | None:
    """How what the stack file names as found must have been made; None where it names nothing."""
    adopted, chain = config.adopted, next(iter(config.found.values()), None)
    if not adopted or not chain:
        return None
    nlb, alb = adopted.nlb, adopted.alb
    every = {
        "nlb": nlb.arn if nlb else chain.nlb,
        "listener": nlb and nlb.listener,
        "alb": alb.arn if alb else chain.alb,
        "alb_listener": alb and alb.listener,
        "target_group": alb.target_group if alb else chain.target_group,
        "service": next(iter(chain.services.values())),
    }
    arns = {key: arn for key, arn in every.items() if arn}
    groups = {"nlb_group": nlb and nlb.security_group, "alb_group": alb and alb.security_group}
    given = {key: group for key, group in groups.items() if group}
    return AsIs(
        nlb=_name(arns["nlb"]),
        alb=_name(arns["alb"]),
        target_group=_name(arns["target_group"]),
        service=_name(arns["service"]),
        record="CNAME" if adopted.record.endswith("_CNAME") else "A",
        ingress=not alb,
        nlb_group="nlb_group" in given,
        attributes=_wanted(config),
        ids={key: arn.rpartition("/")[2] for key, arn in arns.items()} | given,
    )


def _wanted(config: StackConfig) -> dict[str, str]:
    """What the policies of prod want of a load balancer, and adoption says beforehand."""
    logs = config.access_logs
    wanted = {"deletion_protection.enabled": "true"} if config.protect else {}
    return wanted | ({"access_logs.s3.enabled": "true", "access_logs.s3.bucket": logs.bucket} if logs else {})


def _name(arn: str) -> str:
    return arn.split("/")[-2]


def build(aws: EmbeddedAws, config: StackConfig, spec: AsIs, cluster: str, colour: Colour = Colour.BLUE) -> Made:
    """Make it, in the network and the zone that the configuration names, in front of a cluster that exists."""
    return _Builder(aws, config, spec, cluster, colour).build()


class _Builder:
    def __init__(self, aws: EmbeddedAws, config: StackConfig, spec: AsIs, cluster: str, colour: Colour) -> None:
        assert isinstance(config.network, ExistingNetwork)  # noqa: S101 - a chain that exists stands in a VPC that does
        self._aws, self._config, self._spec, self._cluster, self._colour = aws, config, spec, cluster, colour
        self._elb, self._ec2 = aws.client("elbv2"), aws.client("ec2")
        self._vpc = config.network.vpc_id
        self._subnets = [pair.private for pair in config.network.subnets.values()]
        self._port = config.entry.port

    def build(self) -> Made:
        tags = {key: value.format(cluster=self._cluster) for key, value in INGRESS.items()}
        tags = tags if self._spec.ingress else {}
        alb_group = self._group("alb_group", {"CidrIp": "0.0.0.0/0"})
        alb = self._balancer("alb", "application", tags, SecurityGroups=[alb_group])
        service = self._service(alb_group, tags)
        alb_listener = self._listen_on_alb(alb["LoadBalancerArn"], service)
        self._claim("target_group")
        behind = self._elb.create_target_group(
            Name=self._spec.target_group,
            TargetType="alb",
            Protocol="TCP",
            Port=self._port,
            VpcId=self._vpc,
            HealthCheckProtocol=self._config.entry.protocol,
            HealthCheckPath=next(iter(self._config.services.values())).health_path,
        )["TargetGroups"][0]["TargetGroupArn"]
        self._elb.register_targets(TargetGroupArn=behind, Targets=[{"Id": alb["LoadBalancerArn"]}])
        groups = [self._group("nlb_group", {"CidrIp": "0.0.0.0/0"})] if self._spec.nlb_group else []
        nlb = self._balancer("nlb", "network", {}, **({"SecurityGroups": groups} if groups else {}))
        if self._spec.attributes:
            given = [{"Key": key, "Value": value} for key, value in self._spec.attributes.items()]
            self._elb.modify_load_balancer_attributes(LoadBalancerArn=nlb["LoadBalancerArn"], Attributes=given)
        listener = self._listen_on_nlb(nlb["LoadBalancerArn"], self._port, behind, claim=True)
        for port in self._spec.ports:
            self._listen_on_nlb(nlb["LoadBalancerArn"], port, behind)
        self._record(nlb)
        return {
            "alb": alb["LoadBalancerArn"],
            "alb_listener": alb_listener,
            "nlb": nlb["LoadBalancerArn"],
            "listener": listener,
            "target_group": behind,
            "service": service,
        }

    def _claim(self, key: str) -> None:
        if key in self._spec.ids:
            self._aws.claim(self._spec.ids[key])

    def _group(self, key: str, source: Mapping[str, str]) -> str:
        self._claim(key)
        group = self._ec2.create_security_group(
            GroupName=f"{self._spec.nlb}-{key}", Description="what runs", VpcId=self._vpc
        )["GroupId"]
        self._let_in(group, {"IpRanges": [source]}, self._port)
        return group

    def _let_in(self, group: str, source: Mapping[str, Any], port: int) -> None:
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}
        self._ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    def _balancer(self, key: str, kind: str, tags: Mapping[str, str], **more: object) -> dict[str, Any]:
        self._claim(key)
        return self._elb.create_load_balancer(
            Name=getattr(self._spec, key),
            Type=kind,
            Scheme="internal",
            Subnets=self._subnets,
            **({"Tags": _tags(tags)} if tags else {}),
            **more,
        )["LoadBalancers"][0]

    def _service(self, alb_group: str, tags: Mapping[str, str]) -> str:
        name, service = next(iter(self._config.services.items()))
        self._claim("service")
        named = tags and {**tags, "ingress.k8s.aws/resource": f"default/dkms-{name}:{service.port}"}
        arn = self._elb.create_target_group(
            Name=self._spec.service,
            TargetType="ip",
            Protocol="HTTP",
            Port=service.port,
            VpcId=self._vpc,
            HealthCheckPath=service.health_path,
            **({"Tags": _tags(named)} if named else {}),
        )["TargetGroups"][0]["TargetGroupArn"]
        config = self._aws.client("eks").describe_cluster(name=self._cluster)["cluster"]["resourcesVpcConfig"]
        self._let_in(config["clusterSecurityGroupId"], {"UserIdGroupPairs": [{"GroupId": alb_group}]}, service.port)
        subnets = self._ec2.describe_subnets(SubnetIds=self._subnets)["Subnets"]
        pods = [
            Pod(f"{subnet['CidrBlock'].rpartition('.')[0]}.{place}", service.port, self._cluster, self._colour)
            for subnet in subnets
            for place in (50, 51)
        ]
        self._aws.add_pods(pods)
        self._elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": pod.ip, "Port": pod.port} for pod in pods])
        return arn

    def _listen_on_alb(self, alb: str, service: str) -> str:
        entry = self._config.entry
        arn = entry.certificate_arn
        self._claim("alb_listener")
        to_service = {"Type": "forward", "TargetGroupArn": service}
        nobody = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
        listener = self._elb.create_listener(
            LoadBalancerArn=alb,
            Port=self._port,
            Protocol=entry.protocol,
            DefaultActions=[nobody if self._spec.ingress else to_service],
            **({"Certificates": [{"CertificateArn": arn}]} if arn else {}),
        )["Listeners"][0]["ListenerArn"]
        if self._spec.ingress:
            self._elb.create_rule(
                ListenerArn=listener,
                Priority=1,
                Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
                Actions=[to_service],
            )
        return listener

    def _listen_on_nlb(self, nlb: str, port: int, behind: str, *, claim: bool = False) -> str:
        self._claim("listener" if claim else "")
        return self._elb.create_listener(
            LoadBalancerArn=nlb,
            Port=port,
            Protocol="TCP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": behind}],
        )["Listeners"][0]["ListenerArn"]

    def _record(self, nlb: Mapping[str, Any]) -> None:
        entry = self._config.entry
        alias = {
            "DNSName": nlb["DNSName"],
            "HostedZoneId": nlb["CanonicalHostedZoneId"],
            "EvaluateTargetHealth": True,
        }
        cname = {"TTL": 300, "ResourceRecords": [{"Value": nlb["DNSName"]}]}
        answer = {"AliasTarget": alias} if self._spec.record == "A" else cname
        record = {"Name": entry.host, "Type": self._spec.record, **answer}
        self._aws.client("route53").change_resource_record_sets(
            HostedZoneId=entry.zone.id, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        )


def _tags(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]
