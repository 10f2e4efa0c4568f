# ruff: noqa: D102 - a method is the AWS operation of its name
"""EKS: moto plus versions and their updates, China's hosts, and a cluster's security group."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.eks.models import Cluster

from components.eks_versions import known_versions
from rehearsal.aws.refusals import Params, Refusal, clusters
from rehearsal.aws.services.eks_children import EksChildren

__all__ = ["Eks"]


class Eks(EksChildren):
    """The EKS API of a region in China; what takes minutes in AWS is done at once."""

    def create_cluster(self) -> ActionResult:
        params = {"version": known_versions()[-1], **self._get_params()}
        clusters.creation(self._held, params)
        self.params = params
        result = super().create_cluster()
        self._complete(self._held.eks.clusters[params["name"]], params)
        return result

    def delete_cluster(self) -> ActionResult:
        name: str = self._get_params()["name"]
        clusters.deletion(self._cluster())
        result = super().delete_cluster()
        for group in [
            group.id
            for groups in self._held.ec2.groups.values()
            for group in groups.values()
            if group.name == _group_name(name)
        ]:
            self._held.ec2.delete_security_group(group_id=group)
        self._forget(name)
        return result

    def update_cluster_version(self) -> ActionResult:
        params = self._get_params()
        cluster = self._cluster()
        clusters.upgrade(cluster, params["version"])
        cluster.version = params["version"]
        return self._updated("VersionUpdate", {"Version": params["version"]})

    def update_cluster_config(self) -> ActionResult:
        """Replace moto's, which answers with a cluster and drops most of its VPC configuration."""
        params = self._get_params()
        cluster = self._cluster()
        changes = {key: value for key, value in params.items() if key in _CONFIGS}
        vpc = {"places" if key in _PLACES else "access" for key in changes.get("resourcesVpcConfig", ())}
        if len((changes.keys() - {"resourcesVpcConfig"}) | vpc) > 1:
            raise Refusal("InvalidParameterException", "Only one type of update can be allowed")
        for key, value in changes.items():
            held = vars(cluster)
            mergeable = isinstance(value, dict)
            held[_CONFIGS[key]] = {**held[_CONFIGS[key]], **value} if mergeable else value
        return self._updated("ConfigUpdate", {key: str(value) for key, value in changes.items()})

    def create_nodegroup(self) -> ActionResult:
        params = self._get_params()
        cluster = self._cluster()
        version = params.get("version", cluster.version)
        clusters.node_version(cluster, version)
        release = params.get("releaseVersion", f"{version}.0-20250101")
        self.params = {**params, "version": version, "releaseVersion": release}
        return super().create_nodegroup()

    def update_nodegroup_version(self) -> ActionResult:
        params = self._get_params()
        cluster = self._cluster()
        group = self._held.eks.describe_nodegroup(cluster.name, params["nodegroupName"])
        version = params.get("version", cluster.version)
        clusters.node_version(cluster, version)
        group.version = version
        group.release_version = params.get("releaseVersion", f"{version}.0-20250101")
        return self._updated("VersionUpdate", {"Version": version})

    def describe_update(self) -> ActionResult:
        ident: str = self._get_params()["updateId"]
        update = self._world.eks_updates.get(ident)
        if update is None:
            raise Refusal("ResourceNotFoundException", f"No update found for ID: {ident}")
        return ActionResult({"update": update})

    def update_nodegroup_config(self) -> ActionResult:
        result = super().update_nodegroup_config()
        answer: Any = result.result
        self._world.eks_updates[answer["update"]["id"]] = answer["update"]
        return result

    def tag_resource(self) -> ActionResult:
        params = self._get_params()
        self._tags(params["resourceArn"]).update(params["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        params = self._get_params()
        tags = self._tags(params["resourceArn"])
        for key in params["tagKeys"]:
            tags.pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": self._tags(self._get_params()["resourceArn"])})

    # -- inside ----------------------------------------------------------------------------------

    def _complete(self, cluster: Cluster, params: Params) -> None:
        """Give a new cluster what AWS adds: hosts, defaults, and the security group of its nodes."""
        region, subnets = self._held.region, params["resourcesVpcConfig"]["subnetIds"]
        ident = token_hex(16).upper()
        cluster.endpoint = f"https://{ident}.gr7.{region}.eks.amazonaws.com.cn"
        cluster.identity = {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com.cn/id/{ident}"}}
        vpc: str = self._held.ec2.get_subnet(subnets[0]).vpc_id
        group = self._held.ec2.create_security_group(
            _group_name(cluster.name), f"EKS created security group of {cluster.name}", vpc_id=vpc
        )
        self._held.ec2.authorize_security_group_ingress(
            group.id, "-1", "-1", "-1", [], source_groups=[{"GroupId": group.id}]
        )
        cluster.resources_vpc_config = {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["0.0.0.0/0"],
            "securityGroupIds": [],
            **cluster.resources_vpc_config,
            "vpcId": vpc,
            "clusterSecurityGroupId": group.id,
        }
        cluster.kubernetes_network_config = {
            "serviceIpv4Cidr": "172.20.0.0/16",
            "ipFamily": "ipv4",
            **params.get("kubernetesNetworkConfig", {}),
        }
        vars(cluster).update(
            access_config={"authenticationMode": "CONFIG_MAP", **params.get("accessConfig", {})},
            upgrade_policy={"supportType": "EXTENDED", **params.get("upgradePolicy", {})},
            deletion_protection=params.get("deletionProtection", False),
        )

    def _tags(self, arn: str) -> dict[str, str]:
        for cluster in self._held.eks.clusters.values():
            for owner in (cluster, *cluster.nodegroups.values()):
                if owner.arn == arn:
                    return owner.tags
        return self._tags_of_child(arn)


_CONFIGS = {
    "resourcesVpcConfig": "resources_vpc_config",
    "logging": "logging",
    "accessConfig": "access_config",
    "upgradePolicy": "upgrade_policy",
    "deletionProtection": "deletion_protection",
}
"""What UpdateClusterConfig changes, with moto's name for it."""
_PLACES = frozenset({"securityGroupIds", "subnetIds"})
"""What in `resourcesVpcConfig` is a change of its own, apart from who reaches the API."""


def _group_name(cluster: str) -> str:
    return f"eks-cluster-sg-{cluster}"
