"""How an EKS cluster's Kubernetes API is reached."""

import json

import pulumi
from pulumi_aws import eks

__all__ = ["kubeconfig", "kubeconfig_of"]


def kubeconfig_of(
    name: pulumi.Input[str], region: pulumi.Input[str], parent: pulumi.Resource | None = None
) -> pulumi.Output[str]:
    """Look up a cluster that exists, by the AWS provider of `parent`, and say how it is reached."""
    found = eks.get_cluster_output(name=name, region=region, opts=pulumi.InvokeOptions(parent=parent))
    return kubeconfig(found, region)


def kubeconfig(found: pulumi.Output[eks.GetClusterResult], region: pulumi.Input[str]) -> pulumi.Output[str]:
    """JSON that fetches its token with `aws eks get-token`; no secret in it."""
    known = {"name": found.name, "endpoint": found.endpoint, "authority": found.certificate_authorities[0].data}
    return pulumi.Output.all(**known, region=region).apply(
        lambda of: _kubeconfig(of["name"], of["endpoint"], of["authority"], of["region"])
    )


def _kubeconfig(name: str, endpoint: str, authority: str, region: str) -> str:
    arguments = ["--region", region, "eks", "get-token", "--cluster-name", name]
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws", "args": arguments}}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
            "users": [{"name": name, "user": user}],
        }
    )
