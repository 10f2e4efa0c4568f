"""The model's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

__all__ = ["Clock", "date_of", "time_of"]

_START = datetime(2026, 1, 1, tzinfo=UTC)
"""The date of model time 0, where AWS's API asks for or tells dates: whole minutes of the model are AWS's minutes."""


def date_of(seconds: float) -> datetime:
    """Return the date of a model time."""
    return _START + timedelta(seconds=seconds)


def time_of(date: datetime) -> float:
    """Return the model time (seconds) of a date; one without a time zone is in UTC."""
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - _START).total_seconds()


class Clock:
    """Model time in seconds since the start: what was advanced, plus real time at a speed-up.

    The default speed 0 makes a rehearsal repeatable: time moves only by `advance`.
    """

    def __init__(self, *, speed: float = 0) -> None:
        self._advanced = 0.0
        self.speed = speed
        self.started = monotonic()

    @property
    def now(self) -> float:
        """Model seconds since the start."""
        return self._advanced + self.speed * (monotonic() - self.started)

    def advance(self, seconds: float) -> None:
        """Move on; time never goes back."""
        if seconds < 0:
            message = f"cannot advance by {seconds} s: time moves forward only"
            raise ValueError(message)
        self._advanced += seconds
