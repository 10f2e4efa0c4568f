"""The model's clock."""

from __future__ import annotations

from time import monotonic

__all__ = ["Clock"]


class Clock:
    """Model time in seconds since the start: what was advanced, plus real time at a speed-up.

    The default speed 0 makes a rehearsal repeatable: time moves only by `advance`.
    """

    def __init__(self, *, speed: float = 0) -> None:
        self._advanced = 0.0
        self._speed = speed
        self.started = monotonic()

    @property
    def now(self) -> float:
        """Model seconds since the start."""
        return self._advanced + self._speed * (monotonic() - self.started)

    def advance(self, seconds: float) -> None:
        """Move on; time never goes back."""
        if seconds < 0:
            message = f"cannot advance by {seconds} s: time moves forward only"
            raise ValueError(message)
        self._advanced += seconds
