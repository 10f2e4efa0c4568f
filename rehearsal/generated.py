"""The generated packages of Pulumi, which load a part only when something of it is first used: two seconds in all."""

from importlib import import_module

__all__ = ["load"]

_AWS = [f"pulumi_aws.{part}" for part in ("cloudwatch", "ec2", "eks", "iam", "lb", "route53", "vpc")]
_KUBERNETES = [f"pulumi_kubernetes.{part}" for part in ("apiextensions", "core.v1", "helm.v3", "meta.v1", "storage.v1")]


def load() -> None:
    """Load the parts that programs use; two threads that use one first at once would meet half of it."""
    for name in (*_AWS, "pulumi_eks", *_KUBERNETES):
        hasattr(import_module(name), "anything")  # asking is using
