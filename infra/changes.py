"""Edits of a stack file that no single update can make without losing requests. Pure."""

from collections.abc import Iterator

from components.schema import Problem
from infra.config import StackConfig

__all__ = ["not_in_one_update"]


def not_in_one_update(before: StackConfig, after: StackConfig) -> Iterator[Problem]:
    """Name the keys, and how to get there instead.

    A target group takes one port and the binding of one namespace, and new pods are healthy only after their health
    checks, which no update waits for; so the old ones would leave before the new ones answer.
    """
    for colour, cluster in after.clusters.items():
        was = before.clusters.get(colour)
        if (
            was
            and was.cluster_of is not cluster.cluster_of
            and any(config.weights_of(service)[colour] for config in (before, after) for service in after.services)
        ):
            yield (
                f"clusters.{colour}.clusterOf",
                f"{colour} has traffic, and its pods would be others at once; shift to {colour.other} first",
            )
    for name, service in after.services.items():
        old = before.services.get(name)
        for key in ("port", "namespace") if old else ():
            was, now = getattr(old, key), getattr(service, key)
            if was != now:
                yield (
                    f"services.{name}.{key}",
                    f"{was} → {now} takes its pods out of traffic before the new ones are healthy; add a service of "
                    f"another name with {key} {now} and a host of its own, give it the hosts of {name} in a later "
                    f"update, and then remove {name}",
                )
