"""What is put into a cluster through the EKS API: add-ons, and who may do what."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.clusters import EksResourceType
from rehearsal.providers.aws.resource import Created, given
from rehearsal.providers.values import Props

__all__ = ["AccessEntry", "AccessPolicyAssociation", "Addon", "PodIdentityAssociation"]


class Addon(EksResourceType):
    """An add-on, such as vpc-cni, in one version."""

    pulumi_type = "aws:eks/addon:Addon"
    replaces = frozenset({"addonName", "clusterName"})
    updates = frozenset(
        {"addonVersion", "configurationValues", "preserve", "resolveConflictsOnCreate"}
        | {"resolveConflictsOnUpdate", "serviceAccountRoleArn", "tags"}
    )
    outputs = frozenset({"arn", "createdAt", "modifiedAt", "tagsAll"})
    chosen = frozenset({"addonVersion", "configurationValues"})
    documents = frozenset({"configurationValues"})

    @override
    def create(self, inputs: Props) -> Created:
        addon = self.aws.client("eks").create_addon(
            clusterName=inputs["clusterName"],
            addonName=inputs["addonName"],
            **given(
                addonVersion=inputs.get("addonVersion"),
                configurationValues=inputs.get("configurationValues"),
                resolveConflicts=inputs.get("resolveConflictsOnCreate"),
                serviceAccountRoleArn=inputs.get("serviceAccountRoleArn"),
                tags=inputs.get("tags"),
            ),
        )["addon"]
        id_ = f"{inputs['clusterName']}:{inputs['addonName']}"
        return Created(id_, self._outputs(addon) | self.foreseen(inputs))

    def _outputs(self, addon: Mapping[str, Any]) -> Props:
        return given(
            arn=addon["addonArn"],
            clusterName=addon["clusterName"],
            addonName=addon["addonName"],
            addonVersion=addon.get("addonVersion"),
            configurationValues=addon.get("configurationValues"),
            serviceAccountRoleArn=addon.get("serviceAccountRoleArn"),
            createdAt=str(addon["createdAt"]),
            modifiedAt=str(addon["modifiedAt"]),
            tags=addon.get("tags", {}),
        )

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        cluster, _, name = id_.partition(":")
        addon = self.find("describe_addon", "addon", clusterName=cluster, addonName=name)
        return addon and {**self._outputs(addon), "tagsAll": addon.get("tags", {})}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if changed & {"addonVersion", "configurationValues", "serviceAccountRoleArn"}:
            self.aws.client("eks").update_addon(
                clusterName=new["clusterName"],
                addonName=new["addonName"],
                **given(
                    addonVersion=new.get("addonVersion"),
                    configurationValues=new.get("configurationValues"),
                    resolveConflicts=new.get("resolveConflictsOnUpdate"),
                    serviceAccountRoleArn=new.get("serviceAccountRoleArn"),
                ),
            )
        self.retag(old["arn"], old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("eks").delete_addon(
            clusterName=state["clusterName"],
            addonName=state["addonName"],
            preserve=state.get("preserve", False),
        )


class AccessEntry(EksResourceType):
    """A principal that the cluster lets in."""

    pulumi_type = "aws:eks/accessEntry:AccessEntry"
    replaces = frozenset({"clusterName", "principalArn", "type"})
    updates = frozenset({"kubernetesGroups", "tags", "userName"})
    outputs = frozenset({"accessEntryArn", "createdAt", "modifiedAt", "tagsAll"})
    chosen = frozenset({"kubernetesGroups", "userName"})
    sets = frozenset({"kubernetesGroups"})

    @override
    def defaults(self, inputs: Props) -> Props:
        return {"type": "STANDARD"}

    @override
    def create(self, inputs: Props) -> Created:
        entry = self.aws.client("eks").create_access_entry(
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            type=inputs["type"],
            **given(
                kubernetesGroups=inputs.get("kubernetesGroups"),
                tags=inputs.get("tags"),
                username=inputs.get("userName"),
            ),
        )["accessEntry"]
        id_ = f"{inputs['clusterName']}:{inputs['principalArn']}"
        return Created(id_, self._outputs(entry) | self.foreseen(inputs))

    def _outputs(self, entry: Mapping[str, Any]) -> Props:
        return given(
            accessEntryArn=entry["accessEntryArn"],
            clusterName=entry["clusterName"],
            principalArn=entry["principalArn"],
            type=entry["type"],
            kubernetesGroups=entry.get("kubernetesGroups", []),
            userName=entry.get("username"),
            createdAt=str(entry["createdAt"]),
            modifiedAt=str(entry["modifiedAt"]),
            tags=entry.get("tags", {}),
        )

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        cluster, _, principal = id_.partition(":")
        entry = self.find("describe_access_entry", "accessEntry", clusterName=cluster, principalArn=principal)
        return entry and {**self._outputs(entry), "tagsAll": entry.get("tags", {})}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if changed & {"kubernetesGroups", "userName"}:
            self.aws.client("eks").update_access_entry(
                clusterName=new["clusterName"],
                principalArn=new["principalArn"],
                kubernetesGroups=new.get("kubernetesGroups", []),
                **given(username=new.get("userName")),
            )
        self.retag(old["accessEntryArn"], old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("eks").delete_access_entry(clusterName=state["clusterName"], principalArn=state["principalArn"])


class AccessPolicyAssociation(EksResourceType):
    """What a principal with an access entry may do."""

    pulumi_type = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
    replaces = frozenset({"accessScope", "clusterName", "policyArn", "principalArn"})
    outputs = frozenset({"associatedAt", "modifiedAt"})

    @override
    def create(self, inputs: Props) -> Created:
        association = self.aws.client("eks").associate_access_policy(
            clusterName=inputs["clusterName"],
            principalArn=inputs["principalArn"],
            policyArn=inputs["policyArn"],
            accessScope=inputs["accessScope"],
        )["associatedAccessPolicy"]
        id_ = "#".join(inputs[key] for key in ("clusterName", "principalArn", "policyArn"))
        return Created(id_, self._outputs(association))

    def _outputs(self, association: Mapping[str, Any]) -> Props:
        return {
            "associatedAt": str(association["associatedAt"]),
            "modifiedAt": str(association["modifiedAt"]),
        }

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        cluster, principal, policy = id_.split("#")
        listed = self.find(
            "list_associated_access_policies",
            "associatedAccessPolicies",
            clusterName=cluster,
            principalArn=principal,
        )
        for association in listed or ():
            if association["policyArn"] == policy:
                keys = {"clusterName": cluster, "principalArn": principal, "policyArn": policy}
                return {**keys, "accessScope": association["accessScope"], **self._outputs(association)}
        return None

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("eks").disassociate_access_policy(
            clusterName=state["clusterName"],
            principalArn=state["principalArn"],
            policyArn=state["policyArn"],
        )


class PodIdentityAssociation(EksResourceType):
    """The role that the pods of one service account get."""

    pulumi_type = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    replaces = frozenset({"clusterName", "namespace", "serviceAccount"})
    updates = frozenset({"disableSessionTags", "roleArn", "tags", "targetRoleArn"})
    outputs = frozenset({"associationArn", "associationId", "externalId", "tagsAll"})
    chosen = frozenset({"disableSessionTags"})

    @override
    def create(self, inputs: Props) -> Created:
        association = self.aws.client("eks").create_pod_identity_association(
            clusterName=inputs["clusterName"],
            namespace=inputs["namespace"],
            serviceAccount=inputs["serviceAccount"],
            roleArn=inputs["roleArn"],
            **given(
                disableSessionTags=inputs.get("disableSessionTags"),
                tags=inputs.get("tags"),
                targetRoleArn=inputs.get("targetRoleArn"),
            ),
        )["association"]
        return Created(association["associationId"], self._outputs(association) | self.foreseen(inputs))

    def _outputs(self, association: Mapping[str, Any]) -> Props:
        return given(
            associationArn=association["associationArn"],
            associationId=association["associationId"],
            clusterName=association["clusterName"],
            namespace=association["namespace"],
            serviceAccount=association["serviceAccount"],
            roleArn=association["roleArn"],
            externalId=association.get("externalId"),
            tags=association.get("tags", {}),
        )

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        """Describe it; an import, which names no cluster, is not possible here."""
        if not state:
            return None
        association = self.find(
            "describe_pod_identity_association",
            "association",
            clusterName=state["clusterName"],
            associationId=id_,
        )
        return association and {**self._outputs(association), "tagsAll": association.get("tags", {})}

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if changed - {"tags"}:
            self.aws.client("eks").update_pod_identity_association(
                clusterName=new["clusterName"],
                associationId=id_,
                roleArn=new["roleArn"],
                **given(disableSessionTags=new.get("disableSessionTags"), targetRoleArn=new.get("targetRoleArn")),
            )
        self.retag(old["associationArn"], old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("eks").delete_pod_identity_association(clusterName=state["clusterName"], associationId=id_)
