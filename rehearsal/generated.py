"""The generated packages of Pulumi, which load a part only when something of it is first used: two seconds in all."""

import sys
from importlib import import_module

import pulumi
from pulumi import _types  # pyright: ignore[reportPrivateUsage]

__all__ = ["learn_types", "load"]

_AWS = [f"pulumi_aws.{part}" for part in ("cloudwatch", "ec2", "eks", "iam", "lb", "route53", "vpc")]
_KUBERNETES = [f"pulumi_kubernetes.{part}" for part in ("apiextensions", "core.v1", "helm.v3", "meta.v1", "storage.v1")]
_PARTS = (*_AWS, "pulumi_eks", *_KUBERNETES)


def load() -> None:
    """Load the parts that programs use; two threads that use one first at once would meet half of it."""
    for name in _PARTS:
        hasattr(import_module(name), "anything")  # asking is using


def learn_types() -> None:
    """Let the SDK work out what types their properties have: it remembers that, and a program needs it for each.

    A tenth of the time of a program that is forked without it.
    """
    for name in [name for name in sys.modules if name.startswith(_PARTS)]:
        for kind in [kind for kind in vars(sys.modules[name]).values() if isinstance(kind, type)]:
            if _has_properties(kind):
                _types._types_from_py_properties(kind)  # pyright: ignore[reportPrivateUsage]  it is what keeps them


def _has_properties(kind: type[object]) -> bool:
    return issubclass(kind, pulumi.Resource) or _types.is_input_type(kind) or _types.is_output_type(kind)
