# ruff: noqa: D102 - a method is the AWS operation of its name
"""What belongs to an EKS cluster and moto lacks: add-ons, access entries, pod identities."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.eks.models import Cluster
from moto.eks.responses import EKSResponse

from rehearsal.aws.refusals import Refusal, clusters
from rehearsal.aws.world import World

__all__ = ["EksChildren"]

_Child = dict[str, Any]


class EksChildren(EKSResponse):
    """Each child is the dictionary that AWS would answer with, under its kind and its own key."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.automated_parameter_parsing = True
        self._world = world
        self._held = world.inventory

    # -- add-ons ---------------------------------------------------------------------------------

    def create_addon(self) -> ActionResult:
        name: str = self._get_params()["addonName"]
        addon = self._create("addon", name, addonName=name, addonArn=self._arn("addon", name))
        addon.update({"status": "ACTIVE", "health": {"issues": []}})
        addon.setdefault("addonVersion", "v1.0.0-eksbuild.1")
        return ActionResult({"addon": addon})

    def describe_addon(self) -> ActionResult:
        return ActionResult({"addon": self._child("addon", self._get_params()["addonName"])})

    def update_addon(self) -> ActionResult:
        self._change("addon", self._get_params()["addonName"])
        return self._updated("AddonUpdate", {"AddonVersion": self._get_params().get("addonVersion", "")})

    def delete_addon(self) -> ActionResult:
        return ActionResult({"addon": self._delete("addon", self._get_params()["addonName"])})

    def list_addons(self) -> ActionResult:
        return ActionResult({"addons": sorted(self._children("addon"))})

    # -- access entries --------------------------------------------------------------------------

    def create_access_entry(self) -> ActionResult:
        clusters.access_entries(vars(self._cluster())["access_config"]["authenticationMode"])
        principal: str = self._get_params()["principalArn"]
        arn = self._arn("access-entry", principal.rsplit("/", 1)[-1])
        entry = self._create("access-entry", principal, principalArn=principal, accessEntryArn=arn)
        defaults: _Child = {"type": "STANDARD", "username": principal, "kubernetesGroups": [], "policies": {}}
        entry.update(defaults | entry)
        return ActionResult({"accessEntry": entry})

    def describe_access_entry(self) -> ActionResult:
        return ActionResult({"accessEntry": self._entry()})

    def update_access_entry(self) -> ActionResult:
        return ActionResult({"accessEntry": self._change("access-entry", self._get_params()["principalArn"])})

    def delete_access_entry(self) -> ActionResult:
        self._delete("access-entry", self._get_params()["principalArn"])
        return EmptyResult()

    def list_access_entries(self) -> ActionResult:
        return ActionResult({"accessEntries": sorted(self._children("access-entry"))})

    def associate_access_policy(self) -> ActionResult:
        params, entry = self._get_params(), self._entry()
        policy = {
            "policyArn": params["policyArn"],
            "accessScope": params["accessScope"],
            "associatedAt": utcnow(),
            "modifiedAt": utcnow(),
        }
        entry["policies"][params["policyArn"]] = policy
        return ActionResult(
            {
                "clusterName": params["clusterName"],
                "principalArn": params["principalArn"],
                "associatedAccessPolicy": policy,
            }
        )

    def disassociate_access_policy(self) -> ActionResult:
        policy: str = self._get_params()["policyArn"]
        if self._entry()["policies"].pop(policy, None) is None:
            raise Refusal("ResourceNotFoundException", f"The access policy {policy} is not associated")
        return EmptyResult()

    def list_associated_access_policies(self) -> ActionResult:
        return ActionResult({"associatedAccessPolicies": list(self._entry()["policies"].values())})

    # -- pod identity ----------------------------------------------------------------------------

    def create_pod_identity_association(self) -> ActionResult:
        params = self._get_params()
        for other in self._children("podidentityassociation").values():
            if all(other[key] == params[key] for key in ("namespace", "serviceAccount")):
                raise Refusal("ResourceInUseException", "Association already exists: " + other["associationId"])
        ident = f"a-{token_hex(9)[:17]}"
        arn = self._arn("podidentityassociation", ident)
        association = self._create("podidentityassociation", ident, associationId=ident, associationArn=arn)
        return ActionResult({"association": association})

    def describe_pod_identity_association(self) -> ActionResult:
        return ActionResult({"association": self._association()})

    def update_pod_identity_association(self) -> ActionResult:
        ident = self._get_params()["associationId"]
        return ActionResult({"association": self._change("podidentityassociation", ident)})

    def delete_pod_identity_association(self) -> ActionResult:
        ident = self._get_params()["associationId"]
        return ActionResult({"association": self._delete("podidentityassociation", ident)})

    def list_pod_identity_associations(self) -> ActionResult:
        return ActionResult({"associations": list(self._children("podidentityassociation").values())})

    # -- inside ----------------------------------------------------------------------------------

    def _cluster(self) -> Cluster:
        params = self._get_params()
        return self._held.eks.describe_cluster(params.get("clusterName") or params["name"])

    def _children(self, kind: str) -> dict[str, _Child]:
        return self._world.eks_children.setdefault((self._cluster().name, kind), {})

    def _child(self, kind: str, key: str) -> _Child:
        children = self._children(kind)
        if key not in children:
            raise Refusal("ResourceNotFoundException", f"No {kind} found for name: {key}.")
        return children[key]

    def _entry(self) -> _Child:
        return self._child("access-entry", self._get_params()["principalArn"])

    def _association(self) -> _Child:
        return self._child("podidentityassociation", self._get_params()["associationId"])

    def _create(self, kind: str, key: str, **identity: str) -> _Child:
        children = self._children(kind)
        if key in children:
            raise Refusal("ResourceInUseException", f"{kind} already exists: {key}")
        child: _Child = {"tags": {}, **self._get_params(), **identity, "createdAt": utcnow(), "modifiedAt": utcnow()}
        children[key] = child
        return child

    def _change(self, kind: str, key: str) -> _Child:
        child = self._child(kind, key)
        child.update({**self._get_params(), "modifiedAt": utcnow()})
        return child

    def _delete(self, kind: str, key: str) -> _Child:
        self._child(kind, key)
        return self._children(kind).pop(key)

    def _forget(self, cluster: str) -> None:
        for owner, kind in list(self._world.eks_children):
            if owner == cluster:
                del self._world.eks_children[owner, kind]

    def _tags_of_child(self, arn: str) -> dict[str, str]:
        for children in self._world.eks_children.values():
            for child in children.values():
                if arn in (child.get("addonArn"), child.get("accessEntryArn"), child.get("associationArn")):
                    return child["tags"]
        raise Refusal("NotFoundException", f"Resource {arn} was not found")

    def _arn(self, kind: str, name: str) -> str:
        cluster, held = self._cluster().name, self._held
        return f"arn:{held.partition}:eks:{held.region}:{DEFAULT_ACCOUNT_ID}:{kind}/{cluster}/{name}"

    def _updated(self, kind: str, params: dict[str, str]) -> ActionResult:
        update = {
            "id": token_hex(16),
            "status": "Successful",
            "type": kind,
            "params": [{"type": key, "value": value} for key, value in params.items()],
            "createdAt": utcnow(),
            "errors": [],
        }
        self._world.eks_updates[str(update["id"])] = update
        return ActionResult({"update": update})
