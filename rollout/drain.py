"""Whether everybody has left a colour. Pure.

Weight 0 is not enough: an SDK may hold an address for longer than its TTL, and a flow through an NLB lives up to an
hour. Metrics tell who still comes; but a metric exists only while there is something to count, so that no requests and
no history look alike. Hosts are counted every minute: where their count is there, the requests would be, too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rollout.watching import MINUTE, Series

__all__ = ["DRAIN", "WINDOW", "still_used"]

DRAIN = timedelta(hours=1)
"""Least time without requests and flows."""
WINDOW = DRAIN + timedelta(minutes=10)
"""How far back one has to look."""
_LATE = timedelta(minutes=3)
"""Metrics of the last minutes may not have arrived."""
_HOSTS = "HealthyHostCount"
_GAPS = 0.05
"""Share of the minutes that CloudWatch may miss."""


def still_used(now: datetime, history: Sequence[Series]) -> str:
    """Say what speaks against retiring a colour, and when to try again; empty where nothing does."""
    counted = [(at, each) for each in history if each.name != _HOSTS for at, value in each.points if value > 0]
    if counted:
        at, series = max(counted, key=lambda found: found[0])
        last = at + timedelta(seconds=MINUTE)
        if now - last < DRAIN:
            return (
                f"{series.of} still had traffic at {_time(last)} ({series.name}); "
                f"all is quiet an hour after the last of it, so try again at {_time(last + DRAIN)} or later"
            )
    hosts = [each for each in history if each.name == _HOSTS]
    if not hosts:
        return "nothing is measured of it, so nobody knows whether it has traffic"
    for each in hosts:
        known = [at for at, _ in each.points if now - DRAIN - _LATE <= at]
        least = (1 - _GAPS) * (DRAIN - _LATE).total_seconds() / MINUTE
        if len(known) < least:
            again = f", so try again at {_time(min(known) + DRAIN + _LATE)} or later" if known else ""
            return (
                f"CloudWatch knows {each.of} in {len(known)} of the last 60 minutes only; what it does not know "
                f"may be traffic{again}"
            )
    return ""


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
