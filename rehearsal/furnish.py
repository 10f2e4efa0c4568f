"""Makes what a stack's configuration says exists already: its VPC and subnets, its hosted zone, clusters, other stacks.

By the same API calls as anyone's, under the ids that the configuration names.
"""

from collections.abc import Iterator, Sequence

from components.argocd_model import ArgoCD
from components.controller import pod_identity_trust
from components.model import Cluster, Zone
from components.network_model import ExistingNetwork
from components.partition import partition
from infra.config import StackConfig
from rehearsal import as_is
from rehearsal.aws import EmbeddedAws
from rehearsal.providers.aws.resource import ACCOUNT
from rehearsal.providers.stacks import publish

__all__ = ["furnish"]


def furnish(aws: EmbeddedAws, config: StackConfig) -> None:
    """Create what the stack expects to find; nothing where it brings all of its own."""
    network = config.network if isinstance(config.network, ExistingNetwork) else None
    subnets = _network(aws, network) if network else []
    if config.entry.zone.id:
        _zone(aws, config.entry.zone, config.entry.zone.id, network and network.vpc_id)
    for cluster, colour in _existing(config):
        _cluster(aws, cluster, subnets, {"bluegreen:colour": colour} if colour else {})
    if config.argocd:
        _argocd(aws, config.argocd)
    for colour in config.found:
        if spec := as_is.found(config):
            as_is.build(aws, config, spec, config.clusters[colour].existing or "", colour)


def _existing(config: StackConfig) -> Iterator[tuple[str, str | None]]:
    every: list[tuple[Cluster, str | None]] = [(cluster, colour.value) for colour, cluster in config.clusters.items()]
    every += [(cluster, None) for cluster in config.tools.values()]
    for cluster, colour in every:
        if cluster.existing:
            yield cluster.existing, colour


def _argocd(aws: EmbeddedAws, argocd: ArgoCD) -> None:
    """ArgoCD's cluster in a VPC of its own; the embedded region stands in for whichever it is in."""
    name = argocd.cluster or ("argocd" if argocd.stack else None)
    if argocd.stack and name:
        role = f"arn:{partition(aws.region)}:iam::{ACCOUNT}:role/{name}"
        publish(aws, argocd.stack, {"argocd": {"cluster": name, "region": aws.region, "roleArn": role}})
    if name:
        ec2 = aws.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="192.168.0.0/16")["Vpc"]["VpcId"]
        zones = ec2.describe_availability_zones()["AvailabilityZones"][:2]
        subnets = [
            ec2.create_subnet(VpcId=vpc, AvailabilityZone=zone["ZoneName"], CidrBlock=f"192.168.{place}.0/24")
            for place, zone in enumerate(zones)
        ]
        _cluster(aws, name, [made["Subnet"]["SubnetId"] for made in subnets], {})


def _network(aws: EmbeddedAws, network: ExistingNetwork) -> list[str]:
    ec2 = aws.client("ec2")
    aws.claim(network.vpc_id)
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    pairs = [(zone, subnet) for zone, pair in network.subnets.items() for subnet in (pair.private, pair.public)]
    for place, (zone, subnet) in enumerate((zone, subnet) for zone, subnet in pairs if subnet):
        aws.claim(subnet)
        ec2.create_subnet(VpcId=network.vpc_id, AvailabilityZone=zone, CidrBlock=f"10.0.{place * 16}.0/20")
    return [pair.private for pair in network.subnets.values()]


def _zone(aws: EmbeddedAws, zone: Zone, zone_id: str, vpc_id: str | None) -> None:
    inside: dict[str, object] = {}
    if zone.private:
        # A private zone answers in some VPC from its first day on; the stack may yet bring its own.
        vpc_id = vpc_id or aws.client("ec2").create_vpc(CidrBlock="192.168.0.0/16")["Vpc"]["VpcId"]
        inside = {"VPC": {"VPCRegion": aws.region, "VPCId": vpc_id}, "HostedZoneConfig": {"PrivateZone": True}}
    aws.claim(zone_id)
    aws.client("route53").create_hosted_zone(Name=zone.name, CallerReference=zone_id, **inside)


def _cluster(aws: EmbeddedAws, name: str, subnets: Sequence[str], tags: dict[str, str]) -> None:
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=pod_identity_trust())["Role"]
    aws.client("eks").create_cluster(
        name=name, roleArn=role["Arn"], resourcesVpcConfig={"subnetIds": list(subnets)}, tags=tags
    )
