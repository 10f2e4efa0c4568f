"""The add-ons of a cluster."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from rehearsal.providers.eks.component import Anything, refuse_unmodelled
from rehearsal.providers.eks.values import Inputs
from rehearsal.providers.errors import ProviderError

__all__ = ["Addons"]

_VPC_CNI = frozenset(
    {"addonVersion", "configurationValues", "resolveConflictsOnCreate", "resolveConflictsOnUpdate"}
    | {"serviceAccountRoleArn"}
)


class Addons:
    """kube-proxy, the VPC CNI and, where it is asked for, CoreDNS, which without nodes would stay degraded."""

    def __init__(self, parent: pulumi.Resource, name: str, cluster: pulumi.Output[str], args: Inputs) -> None:
        self._parent, self._name, self._cluster, self._args = parent, name, cluster, args

    def install(self, *, after: Sequence[pulumi.Resource]) -> None:
        """Register them; the VPC CNI comes after the access entries.

        Raises ProviderError for an add-on without a version, or a setting that is not modelled.
        """
        child = pulumi.ResourceOptions(parent=self._parent)
        kube_proxy = self._options("kubeProxyAddonOptions")
        if kube_proxy.get("enabled") is not False:
            self._install("kube-proxy", kube_proxy, kube_proxy.get("version"), child)
        if not self._args.get("useDefaultVpcCni"):
            self._vpc_cni(after)
        coredns = self._options("corednsAddonOptions")
        if coredns.get("enabled"):
            self._install("coredns", coredns, coredns.get("version"), child)

    def _options(self, key: str) -> Inputs:
        return self._args.get(key) or {}

    def _vpc_cni(self, after: Sequence[pulumi.Resource]) -> None:
        options = self._options("vpcCniOptions")
        refuse_unmodelled(f"eks.Cluster {self._name}: vpcCniOptions", options, _VPC_CNI)
        opts = pulumi.ResourceOptions(parent=self._parent, depends_on=after)
        component = pulumi.ComponentResource("eks:index:VpcCniAddon", f"{self._name}-vpc-cni", None, opts)
        child = pulumi.ResourceOptions(parent=component)
        component.register_outputs({"addon": self._install("vpc-cni", options, options.get("addonVersion"), child)})

    def _install(self, addon: str, options: Inputs, version: Anything, opts: pulumi.ResourceOptions) -> aws.eks.Addon:
        if version is None:
            raise ProviderError(
                f"eks.Cluster {self._name}: pin the version of {addon}; pulumi-eks takes the newest otherwise,"
                " at any update"
            )
        configuration = options.get("configurationValues")
        return aws.eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=self._cluster,
            addon_name=addon,
            addon_version=version,
            preserve=True,
            tags=self._args.get("tags"),
            resolve_conflicts_on_create=options.get("resolveConflictsOnCreate") or "OVERWRITE",
            resolve_conflicts_on_update=options.get("resolveConflictsOnUpdate") or "OVERWRITE",
            configuration_values=pulumi.Output.json_dumps(configuration, sort_keys=True) if configuration else None,
            service_account_role_arn=options.get("serviceAccountRoleArn"),
            opts=opts,
        )
