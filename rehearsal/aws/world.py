"""What the embedded AWS knows beyond moto: time, pods, the tape of calls, and the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rehearsal.aws.claims import Claims
from rehearsal.aws.clock import Clock
from rehearsal.aws.health import Timeline
from rehearsal.aws.inventory import Inventory
from rehearsal.aws.wire import Call, Followed
from rehearsal.oracle import Oracle, Probe, Verdict
from rehearsal.oracle.state import Pod, Snapshot

__all__ = ["World"]


class World:
    """One region with its clock; not thread-safe, its owner holds a lock."""

    def __init__(self, region: str, *, speed: float = 0) -> None:
        self.inventory = Inventory(region)
        self.clock = Clock(speed=speed)
        self.calls: list[Call] = []
        self.eks_children: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        """What moto does not hold of EKS clusters, per cluster and kind."""
        self.eks_updates: dict[str, dict[str, Any]] = {}
        self.claims = Claims()
        self.throttle_every = 0
        """Every so many mutating calls one is refused with Throttling; 0 for none."""
        self._timeline = Timeline()
        self._oracle = Oracle()
        self._pods: dict[str, Pod] = {}
        self._last: Snapshot | None = None
        self._version = 0

    def snapshot(self) -> Snapshot:
        """Return everything that routing depends on, with its state of health now."""
        return self._timeline.settle(self.inventory.read(self._pods.values()), self.clock.now)

    def current(self) -> Followed:
        """Return the same with its version."""
        now, snapshot = self.clock.now, self.snapshot()
        if snapshot != self._last:
            self._last, self._version = snapshot, self._version + 1
        return Followed(version=self._version, at=now, snapshot=snapshot)

    def judge(self) -> Verdict:
        """Note what changed, and return the oracle's word on it. Call it after every change."""
        now = self.clock.now
        held = self.inventory.read(self._pods.values())
        self._timeline.observe(held, now)
        return self._oracle.judge(self._timeline.settle(held, now), now)

    def record(self, service: str, operation: str, summary: str, error: str | None) -> None:
        """Tape a mutating call that has just been carried out or refused."""
        verdict = self.judge()
        self.calls.append(
            Call(
                number=len(self.calls) + 1,
                at=verdict.at,
                service=service,
                operation=operation,
                summary=summary,
                error=error,
                verdict=verdict,
            )
        )

    def ask(self, probes: Sequence[Probe], *, watch: bool) -> Verdict:
        """Judge these requests from now on; with `watch`, clients start to send them."""
        (self._oracle.watch if watch else self._oracle.ask)(probes)
        return self.judge()

    def advance(self, seconds: float) -> Verdict:
        """Let model time pass."""
        self.clock.advance(seconds)
        return self.judge()

    def add_pods(self, pods: Iterable[Pod]) -> Verdict:
        """Run pods, or change those that run."""
        self._pods.update({pod.address: pod for pod in pods})
        return self.judge()

    def remove_pods(self, addresses: Iterable[str]) -> Verdict:
        """Stop pods; an address without one is fine."""
        for address in addresses:
            self._pods.pop(address, None)
        return self.judge()

    def set_healthy(self, addresses: Iterable[str], *, healthy: bool) -> Verdict:
        """Make pods pass or fail their health checks."""
        return self.add_pods([replace(self._pods[address], healthy=healthy) for address in addresses])
