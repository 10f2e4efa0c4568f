"""What a rehearsal can let go wrong, and when."""

from collections.abc import Sequence
from enum import StrEnum

from components.traffic import Colour
from rehearsal.aws import EmbeddedAws, Pod

__all__ = ["Fault", "Saboteur"]

_ADDED, _FIRST_SHIFT, _SECOND_SHIFT = 2, 3, 4
"""Chapters of the story, by their numbers."""


class Fault(StrEnum):
    """One thing that goes wrong in an upgrade."""

    UNHEALTHY = "unhealthy"
    """No pod of the new colour ever passes its health check."""
    FAILING = "failing"
    """The pods of the new colour answer 500 as soon as they get traffic, while their health checks pass."""
    SLOW = "slow"
    """They take two seconds for an answer from then on, which by itself loses nothing."""
    CRASH = "crash"
    """A pod of the new colour dies as the second shift starts, and is restarted after it."""
    THROTTLING = "throttling"
    """AWS refuses every third change at first, from when the new colour is added."""

    @property
    def told(self) -> str:
        """What happens, in words."""
        return {
            Fault.UNHEALTHY: "the new colour never passes its health checks",
            Fault.FAILING: "the new colour answers 500 as soon as it gets traffic, though its health checks pass",
            Fault.SLOW: "the new colour takes two seconds for an answer as soon as it gets traffic",
            Fault.CRASH: "a pod of the new colour crashes during the shift",
            Fault.THROTTLING: "AWS throttles every third change",
        }[self]


class Saboteur:
    """Lets a fault happen at its moments of a story in which `colour` is new."""

    def __init__(self, aws: EmbeddedAws, fault: Fault, colour: Colour) -> None:
        self._aws, self._fault, self._colour = aws, fault, colour
        self._crashed: list[Pod] = []

    def before(self, number: int) -> None:
        """Act before the update of a chapter."""
        if self._fault is Fault.THROTTLING and number == _ADDED:
            self._aws.throttle(3)
        if self._fault is Fault.CRASH and number == _SECOND_SHIFT:
            self._crashed = [*self._pods()[:1]]
            self._aws.remove_pods(pod.address for pod in self._crashed)

    def after(self, number: int) -> None:
        """Act after the last call of a chapter."""
        addresses = [pod.address for pod in self._pods()]
        if (self._fault, number) == (Fault.UNHEALTHY, _ADDED):
            self._aws.set_healthy(addresses, healthy=False)
        if (self._fault, number) == (Fault.FAILING, _FIRST_SHIFT):
            self._aws.disturb(addresses, error_share=1)
        if (self._fault, number) == (Fault.SLOW, _FIRST_SHIFT):
            self._aws.disturb(addresses, latency=2)
        if self._crashed:
            self._aws.add_pods(self._crashed)
            self._crashed = []

    def _pods(self) -> Sequence[Pod]:
        pods = self._aws.snapshot().pods.values()
        return sorted((pod for pod in pods if pod.colour == self._colour), key=lambda pod: pod.address)
