"""EKS clusters, and what all types of EKS have in common."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from botocore.exceptions import ClientError
from typing_extensions import override

from rehearsal.providers.aws.resource import Created, ResourceType, absent, given, retag
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["Cluster", "EksResourceType", "cluster_outputs"]


Found: TypeAlias = Any
"""What EKS says of one thing."""


class EksResourceType(ResourceType):
    """A resource type of EKS."""

    def find(self, operation: str, key: str, **query: str) -> Found | None:
        """Describe one thing, or list what belongs to it; None where EKS knows none."""
        try:
            return getattr(self.aws.client("eks"), operation)(**query)[key]
        except ClientError as error:
            if absent(error, "ResourceNotFoundException"):
                return None
            raise

    def retag(self, arn: str, old: Props, new: Props) -> None:
        """Set and remove the tags that differ."""
        eks = self.aws.client("eks")
        to_set, to_remove = retag(old, new)
        if to_set:
            eks.tag_resource(resourceArn=arn, tags=to_set)
        if to_remove:
            eks.untag_resource(resourceArn=arn, tagKeys=to_remove)


_ACCESS = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
_PLACES = ("securityGroupIds", "subnetIds")
_VPC_CONFIG = (*_ACCESS, *_PLACES)


class Cluster(EksResourceType):
    """The control plane of a cluster; a new version is an upgrade in place."""

    pulumi_type = "aws:eks/cluster:Cluster"
    replaces = frozenset(
        {"bootstrapSelfManagedAddons", "encryptionConfig", "kubernetesNetworkConfig", "name", "roleArn"}
    )
    updates = frozenset(
        {"accessConfig", "deletionProtection", "enabledClusterLogTypes", "tags", "upgradePolicy"}
        | {"version", "vpcConfig"}
    )
    outputs = frozenset(
        {"arn", "certificateAuthority", "createdAt", "endpoint", "identities", "platformVersion"}
        | {"status", "tagsAll"}
    )
    chosen = frozenset({"accessConfig", "kubernetesNetworkConfig", "upgradePolicy", "version"})
    sets = frozenset({"enabledClusterLogTypes"})
    auto_name = AutoName("name", 100)

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"bootstrapSelfManagedAddons": True}

    @override
    def replacing(self, changed: set[str], old: Props, new: Props) -> set[str]:
        replacing = super().replacing(changed, old, new)
        bootstrap = [
            inputs.get("accessConfig", {}).get("bootstrapClusterCreatorAdminPermissions") for inputs in (old, new)
        ]
        return replacing | {"accessConfig"} if bootstrap[0] != bootstrap[1] else replacing

    @override
    def create(self, inputs: Props) -> Created:
        encryption = inputs.get("encryptionConfig")
        cluster = self.aws.client("eks").create_cluster(
            name=inputs["name"],
            roleArn=inputs["roleArn"],
            resourcesVpcConfig=_vpc_config(inputs, _VPC_CONFIG),
            bootstrapSelfManagedAddons=inputs["bootstrapSelfManagedAddons"],
            **given(
                accessConfig=inputs.get("accessConfig"),
                deletionProtection=inputs.get("deletionProtection"),
                encryptionConfig=[encryption] if encryption else None,
                kubernetesNetworkConfig=inputs.get("kubernetesNetworkConfig"),
                logging=_logging(inputs) if inputs.get("enabledClusterLogTypes") else None,
                tags=inputs.get("tags"),
                upgradePolicy=inputs.get("upgradePolicy"),
                version=inputs.get("version"),
            ),
        )["cluster"]
        return Created(cluster["name"], cluster_outputs(cluster) | self.foreseen(inputs))

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        cluster = self.find("describe_cluster", "cluster", name=id_)
        return cluster and {**cluster_outputs(cluster), "tagsAll": cluster.get("tags", {})}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        eks = self.aws.client("eks")
        configs: dict[str, Callable[[Props], dict[str, Any]]] = {
            "accessConfig": lambda inputs: {
                "accessConfig": {"authenticationMode": inputs["accessConfig"]["authenticationMode"]}
            },
            "enabledClusterLogTypes": lambda inputs: {"logging": _logging(inputs)},
            "upgradePolicy": lambda inputs: {"upgradePolicy": inputs["upgradePolicy"]},
            "deletionProtection": lambda inputs: {"deletionProtection": inputs.get("deletionProtection", False)},
        }
        if "version" in changed:
            eks.update_cluster_version(name=id_, version=new["version"])
        # EKS takes one kind of change at a time.
        for key, arguments in configs.items():
            if key in changed:
                eks.update_cluster_config(name=id_, **arguments(new))
        for kind in (_ACCESS, _PLACES):
            wanted = _vpc_config(new, kind)
            if "vpcConfig" in changed and wanted != _vpc_config(old, list(wanted)):
                eks.update_cluster_config(name=id_, resourcesVpcConfig=wanted)
        self.retag(old["arn"], old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("eks").delete_cluster(name=id_)


def _vpc_config(inputs: Props, keys: Sequence[str]) -> dict[str, Any]:
    config = inputs["vpcConfig"]
    return {key: config[key] for key in keys if config.get(key) is not None}


def _logging(inputs: Props) -> dict[str, Any]:
    wanted = inputs.get("enabledClusterLogTypes", [])
    everything = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    off = [kind for kind in everything if kind not in wanted]
    settings = [{"types": wanted, "enabled": True}, {"types": off, "enabled": False}]
    return {"clusterLogging": [setting for setting in settings if setting["types"]]}


def cluster_outputs(cluster: Mapping[str, Any]) -> Props:
    """Say of a cluster what the resource and the function `getCluster` both say."""
    vpc = cluster["resourcesVpcConfig"]
    keys = (*_VPC_CONFIG, "clusterSecurityGroupId", "vpcId")
    issuer = cluster.get("identity", {}).get("oidc", {}).get("issuer")
    return given(
        arn=cluster["arn"],
        name=cluster["name"],
        roleArn=cluster["roleArn"],
        version=cluster["version"],
        status=cluster["status"],
        platformVersion=cluster.get("platformVersion"),
        endpoint=cluster.get("endpoint"),
        createdAt=str(cluster["createdAt"]),
        certificateAuthority={"data": cluster.get("certificateAuthority", {}).get("data", "")},
        identities=[{"oidcs": [{"issuer": issuer}]}] if issuer else [],
        vpcConfig={key: vpc[key] for key in keys if key in vpc},
        accessConfig=cluster.get("accessConfig"),
        kubernetesNetworkConfig=cluster.get("kubernetesNetworkConfig"),
        upgradePolicy=cluster.get("upgradePolicy"),
        tags=cluster.get("tags", {}),
    )
