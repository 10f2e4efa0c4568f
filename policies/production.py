"""What each traffic-bearing resource must have in prod. Pure; every rule looks at one resource.

A colour that is being retired has to give up its protection in the update before the one that deletes it. It
says so with the tag `bluegreen:retiring`; a record, which has no tags, by weight 0. A colour's own name, such as
`blue.dkms.example.cn`, has no clients to lose.
"""

import re
from collections.abc import Iterator

from components.tags import RETIRING
from components.traffic import Colour
from policies.stack import UNKNOWN, Resource, part, sequence
from policies.weights import RECORD, record_weights

__all__ = ["access_logs", "deletion_protection", "protected", "tls_policy", "two_zones"]

LOAD_BALANCER = "aws:lb:LoadBalancer"
_CARRIES_TRAFFIC = {LOAD_BALANCER, "aws:lb:Listener", "aws:lb:TargetGroup", RECORD}
# Policies whose lowest version is TLS 1.2 or 1.3 begin so. Others, such as 2016-08, AWS's default outside its
# console, and TLS13-1-0, still speak TLS 1.0.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_TLS_1_2 = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-")


def deletion_protection(resource: Resource) -> Iterator[str]:
    """Require deletion protection of every load balancer, so that AWS itself refuses to delete it."""
    enabled = resource.props.get("enableDeletionProtection")
    if resource.kind == LOAD_BALANCER and enabled not in (True, UNKNOWN) and not resource.tagged(RETIRING):
        yield (
            f"{resource.name} has no deletion protection; set enableDeletionProtection, "
            f"or tag a colour that goes {RETIRING}=true"
        )


def access_logs(resource: Resource) -> Iterator[str]:
    """Require access logs of every load balancer; an NLB writes them once it has a TLS listener."""
    enabled = part(resource.props.get("accessLogs"), "enabled", default=False)
    if resource.kind == LOAD_BALANCER and enabled not in (True, UNKNOWN):
        yield f"{resource.name} writes no access logs; set accessLogs with enabled true and a bucket"


def tls_policy(resource: Resource) -> Iterator[str]:
    """Require TLS 1.2 or newer of listeners that end TLS."""
    policy = resource.props.get("sslPolicy")
    ends_tls = resource.kind == "aws:lb:Listener" and str(resource.props.get("protocol")).upper() in {
        "HTTPS",
        "TLS",
    }
    if ends_tls and policy is not UNKNOWN and not _TLS_1_2.match(str(policy)):
        yield (
            f"{resource.name} has {policy or 'the default, ELBSecurityPolicy-2016-08'}, which allows TLS "
            "below 1.2; set sslPolicy, for example ELBSecurityPolicy-TLS13-1-2-2021-06"
        )


def two_zones(resource: Resource) -> Iterator[str]:
    """Require two subnets of load balancers and clusters; AWS takes one of each zone."""
    if resource.kind == LOAD_BALANCER:
        subnets = resource.props.get("subnets") or resource.props.get("subnetMappings")
    elif resource.kind == "aws:eks:Cluster":
        subnets = part(resource.props.get("vpcConfig"), "subnetIds")
    else:
        return
    if subnets is not UNKNOWN and len(sequence(subnets)) < 2:
        yield f"{resource.name} has {len(sequence(subnets))} subnets; give it subnets of at least two zones"


def protected(resource: Resource) -> Iterator[str]:
    """Require Pulumi's protect of everything whose deletion would lose requests."""
    going = resource.tagged(RETIRING) or (resource.kind == RECORD and _without_clients(resource))
    if resource.kind in _CARRIES_TRAFFIC and not resource.protect and not going:
        yield (
            f"{resource.name} carries traffic and is not protected; set protect, or retire it first: "
            f"tag {RETIRING}=true, for a record weight 0"
        )


def _without_clients(record: Resource) -> bool:
    weights = record_weights(record)
    if weights:
        return weights in ([0], [UNKNOWN])
    name = record.props.get("name")
    return name is UNKNOWN or str(name).partition(".")[0] in set(Colour)
