from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from rollout.drain import still_used
from rollout.watching import Series

NOW = datetime(2026, 11, 23, 14, 0, 30, tzinfo=UTC)
MINUTES = [datetime(2026, 11, 23, 12, 50, tzinfo=UTC) + timedelta(minutes=number) for number in range(70)]


def hosts(minutes: Sequence[datetime] = MINUTES) -> Series:
    return Series("HealthyHostCount", "targetgroup/dkms-blue-dkms/1", [(at, 6.0) for at in minutes])


def requests(*minutes: int, count: float = 5.0, name: str = "RequestCount") -> Series:
    """Some in the minutes so long ago."""
    return Series(
        name, "targetgroup/dkms-blue-dkms/1", [(MINUTES[-1] - timedelta(minutes=ago), count) for ago in minutes]
    )


@pytest.mark.parametrize("history", [[hosts()], [hosts(), requests()], [hosts(), requests(1, 20, count=0)]])
def test_an_hour_without_requests_is_enough(history: list[Series]) -> None:
    assert still_used(NOW, history) == ""


def test_traffic_within_the_hour_and_when_to_try_again() -> None:
    told = still_used(NOW, [hosts(), requests(69, 20)])
    assert "dkms-blue-dkms/1 still had traffic at 2026-11-23 13:40 UTC (RequestCount)" in told
    assert "try again at 2026-11-23 14:40 UTC" in told
    assert "ActiveFlowCount" in still_used(NOW, [hosts(), requests(5, name="ActiveFlowCount")])
    assert still_used(NOW, [hosts(), requests(60)]) == ""


def test_no_history_is_not_no_traffic() -> None:
    assert "nobody knows" in still_used(NOW, [requests()])
    told = still_used(NOW, [hosts(MINUTES[-20:])])
    assert "in 20 of the last 60 minutes only" in told
    assert "try again at 2026-11-23 14:43 UTC" in told
    assert still_used(NOW, [hosts(), hosts([])]) != ""
    assert still_used(NOW, [hosts(MINUTES[:-2])]) == ""  # the last minutes have not arrived yet
