"""The functions of the provider that a program calls."""

from collections.abc import Callable, Mapping

from rehearsal.providers.aws.clusters import cluster_outputs
from rehearsal.providers.aws.resource import Aws
from rehearsal.providers.values import Props

__all__ = ["FUNCTIONS"]


def _caller_identity(aws: Aws, _: Props) -> Props:
    identity = aws.client("sts").get_caller_identity()
    account, user = identity["Account"], identity["UserId"]
    return {"id": account, "accountId": account, "arn": identity["Arn"], "userId": user}


def _partition(aws: Aws, _: Props) -> Props:
    reverse = ".".join(reversed(aws.dns_suffix.split(".")))
    return {
        "id": aws.partition,
        "partition": aws.partition,
        "dnsSuffix": aws.dns_suffix,
        "reverseDnsPrefix": reverse,
    }


def _region(aws: Aws, args: Props) -> Props:
    region = args.get("region") or args.get("name") or aws.region
    descriptions = {"cn-north-1": "China (Beijing)", "cn-northwest-1": "China (Ningxia)"}
    return {
        "id": region,
        "name": region,
        "region": region,
        "description": descriptions.get(region, region),
        "endpoint": f"ec2.{region}.{aws.dns_suffix}",
    }


def _cluster(aws: Aws, args: Props) -> Props:
    outputs = cluster_outputs(aws.client("eks").describe_cluster(name=args["name"])["cluster"])
    plural = {
        "accessConfig": "accessConfigs",
        "certificateAuthority": "certificateAuthorities",
        "kubernetesNetworkConfig": "kubernetesNetworkConfigs",
        "upgradePolicy": "upgradePolicies",
    }
    lists = {name: [outputs.pop(key)] for key, name in plural.items() if key in outputs}
    return {"id": args["name"], "region": aws.region, **outputs, **lists}


def _cluster_auth(aws: Aws, args: Props) -> Props:
    """Give a token of the right form; no cluster of a rehearsal asks for it."""
    return {"id": args["name"], "name": args["name"], "region": aws.region, "token": "k8s-aws-v1.rehearsal"}


FUNCTIONS: Mapping[str, Callable[[Aws, Props], Props]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:eks/getCluster:getCluster": _cluster,
    "aws:eks/getClusterAuth:getClusterAuth": _cluster_auth,
}
