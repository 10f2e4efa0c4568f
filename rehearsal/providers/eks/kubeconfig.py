"""The kubeconfig of an EKS cluster."""

import pulumi

from rehearsal.providers.eks.component import Anything

__all__ = ["kubeconfig"]

_API = "client.authentication.k8s.io/v1beta1"


def kubeconfig(
    name: pulumi.Output[str], arn: pulumi.Output[str], endpoint: pulumi.Output[str], authority: pulumi.Output[str]
) -> pulumi.Output[Anything]:
    """Write the configuration that gets its token from `aws eks get-token`, as pulumi-eks does."""
    facts = pulumi.Output.all(name=name, arn=arn, endpoint=endpoint, authority=authority)
    return facts.apply(lambda of: _config(of["name"], of["arn"].split(":")[3], of["endpoint"], of["authority"]))


def _config(name: str, region: str, endpoint: str, authority: str) -> dict[str, Anything]:
    get_token = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    exec_info = {"name": "KUBERNETES_EXEC_INFO", "value": f'{{"apiVersion": "{_API}"}}'}
    token = {"apiVersion": _API, "command": "aws", "args": get_token, "env": [exec_info]}
    return {
        "apiVersion": "v1",
        "clusters": [
            {
                "cluster": {"server": endpoint, "certificate-authority-data": authority},
                "name": "kubernetes",
            }
        ],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [{"name": "aws", "user": {"exec": token}}],
    }
