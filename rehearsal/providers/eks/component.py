"""What the components have in common."""

from collections.abc import Collection
from typing import Any, TypeAlias

import pulumi

from rehearsal.providers.eks.values import Inputs
from rehearsal.providers.errors import ProviderError

__all__ = ["Anything", "refuse_unmodelled", "wanted"]

Anything: TypeAlias = Any
"""A plain value, a resource, or an Output of either: what of these an argument is, is only known at run time."""


def refuse_unmodelled(what: str, given: Inputs, modelled: Collection[str]) -> None:
    """Refuse arguments that the rehearsal would otherwise ignore.

    Raises ProviderError where an argument has a value and is not modelled.
    """
    ignored = sorted(key for key, value in given.items() if key not in modelled and value not in (None, False))
    if ignored:
        raise ProviderError(f"{what}: the rehearsal does not model {', '.join(ignored)}")


def wanted(args: Inputs, *keys: str) -> dict[str, pulumi.Input[Anything]]:
    """Pick the arguments that are given."""
    return {key: args[key] for key in keys if args.get(key) is not None}
