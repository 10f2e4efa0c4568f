"""What a rehearsal can let go wrong, and when."""

from collections.abc import Sequence
from enum import StrEnum

from components.traffic import Colour
from rehearsal.aws import EmbeddedAws

__all__ = ["Fault", "Saboteur"]

_RESTART = 10.0
"""Seconds until a kubelet has restarted a container."""


class Fault(StrEnum):
    """One thing that goes wrong in an upgrade."""

    UNHEALTHY = "unhealthy"
    """No pod of the new colour ever passes its health check."""
    FAILING = "failing"
    """The pods of the new colour answer 500 as soon as they get traffic, while their health checks pass."""
    SLOW = "slow"
    """They take two seconds for an answer from then on, which by itself loses nothing."""
    CRASH = "crash"
    """A pod of the new colour dies as the second shift starts, and is restarted."""
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
    """Lets a fault happen at its moments of a story in which `colour` is new.

    Chapter 2 adds the colour, 3 is the first shift to it and 4 the second.
    """

    def __init__(self, aws: EmbeddedAws, fault: Fault, colour: Colour) -> None:
        self._aws, self._fault, self._colour = aws, fault, colour

    def before(self, number: int) -> None:
        """Act before the update of a chapter; what only shows under traffic shows from the shift on."""
        match self._fault, number:
            case Fault.THROTTLING, 2:
                self._aws.throttle(3)
            case Fault.FAILING, 3:
                self._aws.disturb(self._pods(), error_share=1)
            case Fault.SLOW, 3:
                self._aws.disturb(self._pods(), latency=2)
            case Fault.CRASH, 4:
                self._aws.crash(self._pods()[:1], restart=_RESTART)
            case _:
                pass

    def after(self, number: int) -> None:
        """Act after the last call of a chapter."""
        if (self._fault, number) == (Fault.UNHEALTHY, 2):
            self._aws.set_healthy(self._pods(), healthy=False)

    def _pods(self) -> Sequence[str]:
        pods = self._aws.snapshot().pods.values()
        return sorted(pod.address for pod in pods if pod.colour == self._colour)
