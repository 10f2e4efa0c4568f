"""A colour's cluster as ArgoCD knows it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_aws import eks

from components.argocd_model import ArgoCD
from components.cluster import EksCluster
from components.partition import access_policy
from components.security import let_in
from components.traffic import Colour

__all__ = ["ArgoCDHome", "ArgoCDRegistration", "argocd_home"]


@dataclass(frozen=True, kw_only=True)
class ArgoCDHome:
    """An ArgoCD that clusters can be registered in."""

    args: ArgoCD
    role_arn: pulumi.Input[str]
    inside: pulumi.ProviderResource
    """The provider of its cluster's Kubernetes API."""


def argocd_home(
    name: str,
    args: ArgoCD,
    kubeconfig: pulumi.Input[str],
    role_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
) -> ArgoCDHome:
    """Reach an ArgoCD by its cluster's kubeconfig.

    Its Secrets change in place: a provider replaces them else, and an ArgoCD that misses a cluster for a moment deletes
    the Applications that it generated for it.
    https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/#enablesecretmutable_python
    """
    inside = kubernetes.Provider(
        name, kubeconfig=kubeconfig, enable_server_side_apply=True, enable_secret_mutable=True, opts=opts
    )
    return ArgoCDHome(args=args, role_arn=role_arn, inside=inside)


class ArgoCDRegistration(pulumi.ComponentResource):
    """What lets ArgoCD into a colour's cluster, and then tells it of the cluster.

    The Secret that tells it comes last and goes first: before the colour's bindings, and before ArgoCD's access, so
    that it ends its Applications knowing that their cluster is none of its own any more.
    https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#clusters
    """

    def __init__(
        self,
        name: str,
        home: ArgoCDHome,
        colour: Colour,
        cluster: EksCluster,
        *,
        known_as: str,
        region: str,
        namespaces: Sequence[str],
        tags: Mapping[str, str],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`known_as` is the cluster's name in ArgoCD, which has each once.

        `after` is what must stand before ArgoCD deploys: Services and bindings come before their pods.
        """
        super().__init__("bluegreen:index:ArgoCDRegistration", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        let_in(name, cluster.security_group_id, 443, home.args.cidrs, tags, child)
        entry = eks.AccessEntry(
            name, cluster_name=cluster.cluster_name, principal_arn=home.role_arn, tags={**tags}, opts=child
        )
        allowed = eks.AccessPolicyAssociation(
            name,
            cluster_name=cluster.cluster_name,
            principal_arn=entry.principal_arn,
            policy_arn=access_policy(region, home.args.access_policy),
            access_scope=eks.AccessPolicyAssociationAccessScopeArgs(type="namespace", namespaces=[*namespaces]),
            # An entry has each policy once: to let go of the old scope would let go of the new one.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        stack = pulumi.get_stack()
        labels = {"colour": colour.value, "environment": stack.partition("-")[0], "region": region, "stack": stack}
        kubernetes.core.v1.Secret(
            name,
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                namespace=home.args.namespace,
                labels={"argocd.argoproj.io/secret-type": "cluster", **labels, **home.args.labels},
            ),
            string_data={
                "name": known_as,
                "server": cluster.endpoint,
                "namespaces": ",".join(namespaces),
                "clusterResources": "false",
                "config": pulumi.Output.all(
                    name=cluster.cluster_name, role=home.role_arn, authority=cluster.authority
                ).apply(lambda of: _config(of["name"], of["role"], of["authority"])),
            },
            opts=pulumi.ResourceOptions(parent=self, provider=home.inside, depends_on=[allowed, *after]),
        )
        self.register_outputs({"knownAs": known_as})


def _config(cluster: str, role: str, authority: str) -> str:
    return json.dumps(
        {
            "awsAuthConfig": {"clusterName": cluster, "roleARN": role},
            "tlsClientConfig": {"insecure": False, "caData": authority},
        }
    )
