"""What a team says about the ArgoCD that deploys to its colours: frozen, validated, free of Pulumi."""

from collections.abc import Iterator
from typing import Annotated, Literal

from components.model import ClusterName
from components.partition import partition
from components.schema import Cidr, KubernetesName, Model, Problem, RegionName, matching, repeated

__all__ = ["ArgoCD", "ArgoCDPlace"]

RoleArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}",
        "the ARN of an IAM role, such as arn:aws-cn:iam::123456789012:role/argocd",
    ),
]
# https://www.pulumi.com/docs/iac/concepts/stacks/#stackreferences
StackName = Annotated[
    str, matching(r"([\w.-]{1,100}/){2}[\w.-]{1,100}", "a stack by its full name, such as acme/dkms/dev-bj")
]
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_WORD = r"[0-9A-Za-z]([\w.-]{0,61}[0-9A-Za-z])?"
LabelKey = Annotated[
    str, matching(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}", "the key of a label, such as team")
]
LabelValue = Annotated[str, matching(rf"({_WORD})?", "the value of a label, of at most 63 letters, digits and .-_")]
OURS = {"argocd.argoproj.io/secret-type", "colour", "environment", "region", "stack"}


class ArgoCDPlace(Model):
    """Where an ArgoCD runs, and the role that it deploys with: what the stack that owns it says in output `argocd`."""

    cluster: ClusterName
    """Name of its EKS cluster."""
    region: RegionName
    """Region of that cluster."""
    role_arn: RoleArn
    """IAM role that it takes to deploy."""

    def strangers(self, region: str) -> Iterator[Problem]:
        """Find what is of another partition than a stack of this region, which nothing crosses."""
        home = partition(region)
        if (theirs := self.role_arn.split(":")[1]) != home:
            yield "roleArn", f"{self.role_arn} is of {theirs}, and {region} of {home}; give a role of the stack's own"
        if (theirs := partition(self.region)) != home:
            yield "region", f"{self.region} is of {theirs}, and {region} of {home}; an ArgoCD reaches its own only"


class ArgoCD(Model):
    """The ArgoCD that deploys to the colours: each new cluster is registered there, and forgotten before it goes.

    It runs in this stack's `tools.argocd`, in the cluster of another stack, or in one that no stack owns.
    """

    stack: StackName | None = None
    """Stack that owns ArgoCD, such as `acme/dkms/dev-bj`; its output `argocd` says the cluster, region and role."""
    cluster: ClusterName | None = None
    """Name of ArgoCD's EKS cluster in the stack's account, where no stack says it."""
    region: RegionName | None = None
    """Region of `cluster`. Default the stack's."""
    role_arn: RoleArn | None = None
    """IAM role that ArgoCD takes to deploy; its pods may assume it, by its trust policy. A change is a new access entry
    in each cluster, made before the old one goes."""
    namespace: KubernetesName = "argocd"
    """ArgoCD's namespace, which exists. A change registers every cluster anew, so not under traffic."""
    access_policy: Literal["AmazonEKSEditPolicy", "AmazonEKSAdminPolicy"] = "AmazonEKSEditPolicy"
    """EKS access policy that the role gets in the services' namespaces, and nowhere else. Edit leaves out roles, role
    bindings and custom resources."""
    cidrs: tuple[Cidr, ...] = ()
    """Networks of ArgoCD's pods, let in to the Kubernetes API inside the VPC. Default none."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels of the cluster in ArgoCD besides `colour`, `environment`, `region` and `stack`, for cluster generators of
    ApplicationSets. Changed in place; a generator that no longer finds a cluster deletes its Applications."""

    def problems(self) -> Iterator[Problem]:
        """What of it contradicts itself."""
        if self.stack:
            for key, given in (("cluster", self.cluster), ("region", self.region), ("roleArn", self.role_arn)):
                if given:
                    yield key, f"{given} is for stack {self.stack} to say; remove one of the two"
        elif self.role_arn is None:
            yield "roleArn", "is missing; give the role that ArgoCD takes, or the stack that says it"
        if self.region and not self.cluster and not self.stack:
            yield "region", "is that of cluster; give the cluster's name too"
        for label in sorted(OURS & self.labels.keys()):
            yield f"labels.{label}", "is written by this program; give the label another name"
        yield from repeated("cidrs", self.cidrs)
