"""What was measured since when, and statistics of it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict

from rehearsal.oracle.metrics import Measured, Metric, Samples

__all__ = ["PERCENTILE", "STATISTICS", "History", "statistic"]

_KEPT = 86400.0
"""Seconds; no alarm looks further back. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""

STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


class History:
    """Intervals of model time, each with what was measured throughout; the last one goes on."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._measured: list[Measured] = []

    def note(self, at: float, measured: Measured) -> None:
        """Begin an interval, if anything differs from the last one."""
        if self._measured and self._measured[-1] == measured:
            return
        if self._starts and self._starts[-1] == at:
            self._measured[-1] = measured
        else:
            self._starts.append(at)
            self._measured.append(measured)
        gone = max(bisect_right(self._starts, at - _KEPT) - 1, 0)
        del self._starts[:gone], self._measured[:gone]

    def changed(self, start: float, end: float) -> bool:
        """Tell whether an interval began in [start, end)."""
        return bisect_left(self._starts, start) < bisect_left(self._starts, end)

    def samples(self, metric: Metric, start: float, end: float) -> Samples:
        """Return how often each value was measured in [start, end)."""
        found: dict[float, float] = defaultdict(float)
        first = max(bisect_right(self._starts, start) - 1, 0)
        for index in range(first, bisect_left(self._starts, end)):
            until = self._starts[index + 1] if index + 1 < len(self._starts) else end
            seconds = min(until, end) - max(self._starts[index], start)
            for value, rate in self._measured[index].get(metric, {}).items():
                found[value] += rate * seconds
        return found


def statistic(name: str, samples: Samples) -> float | None:
    """Return a statistic such as `Sum` or `p99`; None where there are no samples."""
    count = sum(samples.values())
    if not count:
        return None
    if name in ("Minimum", "Maximum"):
        return (min if name == "Minimum" else max)(samples)
    if name == "SampleCount":
        return count
    if name in ("Sum", "Average"):
        total = sum(value * weight for value, weight in samples.items())
        return total if name == "Sum" else total / count
    return _percentile(float(name.removeprefix("p")), samples, count)


def _percentile(percent: float, samples: Samples, count: float) -> float:
    """Return the smallest value that so many per cent of the samples do not exceed."""
    left = count * percent / 100
    for value, weight in sorted(samples.items()):
        left -= weight
        if left <= 1e-9 * count:
            return value
    return max(samples)
