"""What the embedded AWS knows beyond moto: time, pods, the tape of calls, and the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rehearsal.aws.claims import Claims
from rehearsal.aws.clock import Clock
from rehearsal.aws.cloudwatch.alarms import Alarm
from rehearsal.aws.cloudwatch.history import History
from rehearsal.aws.health import Timeline
from rehearsal.aws.inventory import Inventory
from rehearsal.aws.permissions import Permissions
from rehearsal.aws.trouble import Troublemaker
from rehearsal.aws.wire import Call, Checkpoint, Followed
from rehearsal.oracle import Oracle, Probe, Verdict
from rehearsal.oracle.metrics import measure
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
        self.alarms: dict[str, Alarm] = {}
        """By name."""
        self.checkpoints: list[Checkpoint] | None = None
        """A copy of this process after every mutating call, or change of a cluster; None while none are kept."""
        self.trouble = Troublemaker()
        self.held = False
        """Whether a call's answer is held back."""
        self.documents: dict[str, bytes] = {}
        """What others keep here, such as the objects of clusters: it outlives them, and means nothing to AWS."""
        self.claims = Claims()
        self.permissions = Permissions(region, self.inventory.account, self.inventory.tags)
        self.throttle_every = 0
        """Every so many mutating calls one is refused with Throttling; 0 for none."""
        self._timeline = Timeline()
        self._oracle = Oracle()
        self._history = History()
        self._clients: Sequence[Probe] = ()
        """What is sent, since clients started."""
        self._held: Snapshot | None = None
        """What the API holds since the last change."""
        self._settled: Snapshot | None = None
        """That with its states of health, as last measured."""
        self._measured = 0.0
        """Up to which model time the history goes."""
        self._pods: dict[str, Pod] = {}
        self._crashed: dict[str, tuple[float, Pod]] = {}
        """Pods by their addresses that will be restarted, and when."""
        self._last: Snapshot | None = None
        self._version = 0

    def snapshot(self) -> Snapshot:
        """Return everything that routing depends on, with its state of health now."""
        if self._restarted():
            self.judge()
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
        self._measure_until(now)
        self._restarted()
        held = self.inventory.read(self._pods.values())
        self._timeline.observe(held, now)
        self._held, self._measured = held, now
        settled = self._timeline.settle(held, now)
        self._measure(settled, now)
        return self._oracle.judge(settled, now)

    def measured(self) -> tuple[History, float]:
        """Return what load balancers measured until now, and the model time that it is now."""
        now = self.clock.now
        self._measure_until(now)
        return self._history, now

    def _measure_until(self, now: float) -> None:
        """Measure again whenever time alone, since the last change, has changed a state of health."""
        if self._held:
            for at in self._timeline.turns(self._held, self._measured, now):
                self._measure(self._timeline.settle(self._held, at), at)
            self._measured = now

    def _measure(self, settled: Snapshot, at: float) -> None:
        """Note what load balancers measure from now on, unless only time has passed."""
        if settled != self._settled:
            self._settled = settled
            self._history.note(at, measure(settled, self._clients))

    def record(self, service: str, operation: str, summary: str, error: str | None, made: Sequence[str]) -> None:
        """Tape a mutating call that has just been carried out or refused, and the ids of what it has made."""
        verdict = self.judge()
        self.calls.append(
            Call(
                number=len(self.calls) + 1,
                at=verdict.at,
                service=service,
                operation=operation,
                summary=summary,
                error=error,
                made=tuple(dict.fromkeys(made)),
                verdict=verdict,
            )
        )

    def ask(self, probes: Sequence[Probe], *, watch: bool) -> Verdict:
        """Judge these requests from now on; with `watch`, clients start to send them."""
        self._measure_until(self.clock.now)
        (self._oracle.watch if watch else self._oracle.ask)(probes)
        self._clients, self._settled = probes if watch else (), None
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
            self._crashed.pop(address, None)
        return self.judge()

    def crash(self, addresses: Iterable[str], *, restart: float) -> Verdict:
        """Let pods die at once, and be back at their addresses after so many seconds."""
        for address in addresses:
            self._crashed[address] = (self.clock.now + restart, self._pods.pop(address))
        return self.judge()

    def _restarted(self) -> bool:
        """Bring back the pods whose time has come, and tell whether there were any."""
        back = [pod for at, pod in self._crashed.values() if at <= self.clock.now]
        for pod in back:
            del self._crashed[pod.address]
            self._pods[pod.address] = pod
        return bool(back)

    def set_healthy(self, addresses: Iterable[str], *, healthy: bool) -> Verdict:
        """Make pods pass or fail their health checks."""
        return self.add_pods([replace(self._pods[address], healthy=healthy) for address in addresses])

    def disturb(self, addresses: Iterable[str], *, error_share: float | None, latency: float | None) -> Verdict:
        """Make pods answer with errors, or later; None leaves things as they are."""
        pods = [self._pods[address] for address in addresses]
        if error_share is not None:
            pods = [replace(pod, error_share=error_share) for pod in pods]
        if latency is not None:
            pods = [replace(pod, latency=latency) for pod in pods]
        return self.add_pods(pods)
