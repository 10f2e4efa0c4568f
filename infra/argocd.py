"""Where the stack's configuration says that ArgoCD is, and what other stacks are told of it."""

from collections.abc import Collection, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pydantic import ValidationError

from components.argocd import ArgoCDHome, argocd_home
from components.argocd_model import ArgoCDPlace
from components.cluster import EksCluster
from components.errors import ConfigError
from components.kubeconfig import kubeconfig_of
from infra.config import NAMESPACE, StackConfig
from infra.sentences import sentences

__all__ = ["find_argocd", "read_place"]

_NAME, _OUTPUT = f"{NAMESPACE}-argocd", "argocd"


def find_argocd(config: StackConfig, tools: Mapping[str, EksCluster]) -> ArgoCDHome | None:
    """Reach the ArgoCD that deploys to the stack's colours, and export where it is, if this stack says it."""
    args = config.argocd
    if args is None:
        return None
    if args.stack:
        place = _of_stack(args.stack, config)
        return argocd_home(_NAME, args, kubeconfig_of(place["cluster"], place["region"]), place["roleArn"])
    own, region, role = tools.get("argocd"), args.region or config.region, args.role_arn or ""
    name = own.cluster_name if own else args.cluster or ""
    pulumi.export(_OUTPUT, {"cluster": name, "region": region, "roleArn": role})
    return argocd_home(_NAME, args, own.kubeconfig if own else kubeconfig_of(name, region), role)


def _of_stack(stack: str, config: StackConfig) -> pulumi.Output[dict[str, str]]:
    taken = {cluster.existing for cluster in config.clusters.values() if cluster.existing}
    reference = pulumi.StackReference(_NAME, stack_name=stack)

    def read(outputs: Mapping[str, Any], account: str) -> dict[str, str]:
        try:
            place = read_place(outputs.get(_OUTPUT), stack, config.region, account, taken)
        except ConfigError as error:
            raise pulumi.RunError(f"Pulumi.{pulumi.get_stack()}.yaml: {error}") from None
        return place.model_dump(by_alias=True)

    account = aws.get_caller_identity_output().account_id
    return pulumi.Output.all(reference.outputs, account).apply(lambda of: read(*of))


def read_place(given: object, stack: str, region: str, account: str, taken: Collection[str]) -> ArgoCDPlace:
    """Read output `argocd` of another stack; `account` is this stack's, and `taken` are the clusters of colours.

    A cluster of that name is looked up in this account, so where the other one is elsewhere it would be a namesake.

    Raises ConfigError naming the key, the stack and what is wrong in its output.
    """
    key = f"{NAMESPACE}:argocd.stack: output {_OUTPUT} of {stack}"
    if given is None:
        raise ConfigError(
            f"{key} is missing; deploy {NAMESPACE}:argocd there first, or give cluster and roleArn here instead"
        )
    try:
        place = ArgoCDPlace.model_validate(given)
    except ValidationError as error:
        wrong = [(".".join(map(str, path)), text) for path, text in sentences(error, ArgoCDPlace)]
    else:
        wrong = [*place.strangers(region)]
        if not wrong and (theirs := place.role_arn.split(":")[4]) != account:
            wrong.append(
                (
                    "roleArn",
                    f"{place.role_arn} is of account {theirs}, and this stack of {account}; an ArgoCD of another "
                    "account is not told of clusters, so run one here, or register the cluster there by hand",
                )
            )
        if place.cluster in taken:
            wrong.append(("cluster", f"{place.cluster} is the cluster of a colour here, and goes with it"))
        if not wrong:
            return place
    raise ConfigError("; ".join(f"{key}: {field}: {text}" if field else f"{key}: {text}" for field, text in wrong))
