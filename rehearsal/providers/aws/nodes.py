"""Managed node groups."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.clusters import EksResourceType
from rehearsal.providers.aws.resource import Created, given
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = ["NodeGroup"]

_SCALING = {"desiredSize", "maxSize", "minSize"}


class NodeGroup(EksResourceType):
    """A managed node group."""

    pulumi_type = "aws:eks/nodeGroup:NodeGroup"
    replaces = frozenset(
        {"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "nodeGroupName"}
        | {"nodeRoleArn", "remoteAccess", "subnetIds"}
    )
    updates = frozenset(
        {"forceUpdateVersion", "labels", "launchTemplate", "releaseVersion", "scalingConfig", "tags"}
        | {"taints", "updateConfig", "version"}
    )
    outputs = frozenset({"arn", "resources", "status", "tagsAll"})
    chosen = frozenset(
        {"amiType", "capacityType", "diskSize", "instanceTypes", "releaseVersion", "updateConfig", "version"}
    )
    sets = frozenset({"subnetIds", "taints"})
    auto_name = AutoName("nodeGroupName", 63)

    @override
    def create(self, inputs: Props) -> Created:
        group = self.aws.client("eks").create_nodegroup(
            clusterName=inputs["clusterName"],
            nodegroupName=inputs["nodeGroupName"],
            nodeRole=inputs["nodeRoleArn"],
            subnets=inputs["subnetIds"],
            scalingConfig=inputs["scalingConfig"],
            **given(
                amiType=inputs.get("amiType"),
                capacityType=inputs.get("capacityType"),
                diskSize=inputs.get("diskSize"),
                instanceTypes=inputs.get("instanceTypes"),
                labels=inputs.get("labels"),
                launchTemplate=inputs.get("launchTemplate"),
                releaseVersion=inputs.get("releaseVersion"),
                remoteAccess=inputs.get("remoteAccess"),
                tags=inputs.get("tags"),
                taints=inputs.get("taints"),
                updateConfig=inputs.get("updateConfig"),
                version=inputs.get("version"),
            ),
        )["nodegroup"]
        id_ = f"{inputs['clusterName']}:{inputs['nodeGroupName']}"
        return Created(id_, _outputs(group) | self.foreseen(inputs))

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        cluster, _, name = id_.partition(":")
        group = self.find("describe_nodegroup", "nodegroup", clusterName=cluster, nodegroupName=name)
        return group and {**_outputs(group), "tagsAll": group.get("tags", {})}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        eks = self.aws.client("eks")
        cluster, _, name = id_.partition(":")
        if changed & {"launchTemplate", "releaseVersion", "version"}:
            eks.update_nodegroup_version(
                clusterName=cluster,
                nodegroupName=name,
                force=new.get("forceUpdateVersion", False),
                **given(
                    launchTemplate=new.get("launchTemplate"),
                    releaseVersion=new.get("releaseVersion"),
                    version=new.get("version"),
                ),
            )
        if changed & {"labels", "scalingConfig", "taints", "updateConfig"}:
            eks.update_nodegroup_config(
                clusterName=cluster,
                nodegroupName=name,
                scalingConfig=new["scalingConfig"],
                **given(updateConfig=new.get("updateConfig")),
                **_label_changes(old, new),
                **_taint_changes(old, new),
            )
        self.retag(old["arn"], old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        cluster, _, name = id_.partition(":")
        self.aws.client("eks").delete_nodegroup(clusterName=cluster, nodegroupName=name)


def _label_changes(old: Props, new: Props) -> dict[str, Any]:
    before: dict[str, str] = old.get("labels") or {}
    after: dict[str, str] = new.get("labels") or {}
    removed = [key for key in before if key not in after]
    changes = given(addOrUpdateLabels=after or None, removeLabels=removed or None)
    return {"labels": changes} if before != after else {}


def _taint_changes(old: Props, new: Props) -> dict[str, Any]:
    before: list[dict[str, str]] = old.get("taints") or []
    after: list[dict[str, str]] = new.get("taints") or []
    removed = [taint for taint in before if taint not in after]
    changes = given(addOrUpdateTaints=after or None, removeTaints=removed or None)
    return {"taints": changes} if before != after else {}


def _outputs(group: Mapping[str, Any]) -> Props:
    resources = group.get("resources", {})
    names = [{"name": item["name"]} for item in resources.get("autoScalingGroups", ())]
    update = group.get("updateConfig")
    return given(
        arn=group["nodegroupArn"],
        clusterName=group["clusterName"],
        nodeGroupName=group["nodegroupName"],
        nodeRoleArn=group["nodeRole"],
        subnetIds=group["subnets"],
        scalingConfig={key: group["scalingConfig"][key] for key in sorted(_SCALING)},
        status=group["status"],
        amiType=group.get("amiType"),
        capacityType=group.get("capacityType"),
        diskSize=group.get("diskSize"),
        instanceTypes=group.get("instanceTypes"),
        labels=group.get("labels"),
        taints=group.get("taints"),
        releaseVersion=group.get("releaseVersion"),
        updateConfig=update,
        version=group.get("version"),
        tags=group.get("tags", {}),
        resources=[{"autoscalingGroups": names}],
    )
