"""How a program waits."""

import os
import time

import urllib3

__all__ = ["CLOCK", "POLL", "wait"]

CLOCK = "BLUEGREEN_CLOCK"
"""Environment variable with which a rehearsal says where its clock is: a URL that answers when time has passed."""
POLL = 15
"""Seconds between two looks at what a bake watches; CloudWatch judges alarms once a minute."""

_POOL = urllib3.PoolManager()


def wait(seconds: int, most: int = 0) -> int:
    """Wait, in a rehearsal by its own clock; returns how many seconds have passed.

    Where a rehearsal's time stands still until somebody waits, these may be more, up to `most`: until alarms are next
    judged there is nothing new to look at.
    """
    clock = os.environ.get(CLOCK)
    if not clock:
        time.sleep(seconds)
        return seconds
    answer = _POOL.request("GET", clock, fields={"seconds": str(seconds), "most": str(most)}, timeout=None)
    return int(answer.json()["passed"])
