"""A story under live traffic: real time passes, real requests are sent, and every one of them is kept."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager

from infra.config import StackConfig
from rehearsal.aws import EmbeddedAws
from rehearsal.faults import Saboteur
from rehearsal.oracle import Probe
from rehearsal.play import Scene, Staging
from rehearsal.story import Chapter
from rehearsal.traffic.access import Access
from rehearsal.traffic.clients import Clients
from rehearsal.traffic.plane import Plane
from rehearsal.traffic.recording import Act, Sample, Tally, Traffic

__all__ = ["LiveStaging", "live"]

_TICK = 0.1
"""Real seconds between two looks at what the clients met."""
_BEFORE = 300
"""Model seconds of traffic before the first change, to compare with."""


class LiveStaging(Staging):
    """Waits in real time, and collects what clients meet meanwhile."""

    def __init__(
        self,
        aws: EmbeddedAws,
        config: StackConfig,
        traffic: Traffic,
        access: Access,
        keep: ExitStack,
        *,
        saboteur: Saboteur | None = None,
        starting: Callable[[int, Chapter], None] = lambda _number, _chapter: None,
        waiting: Callable[[float, Tally], None] = lambda _left, _tally: None,
    ) -> None:
        super().__init__(aws, saboteur=saboteur, starting=starting)
        self.samples: list[Sample] = []
        self.acts: list[Act] = []
        self._config, self._traffic, self._access = config, traffic, access
        self._keep, self._waiting = keep, waiting
        self._tally = Tally()
        self._clients: Clients | None = None

    @property
    def tally(self) -> Tally:
        """What clients met so far."""
        self._collect()
        return self._tally

    def wait(self, seconds: float) -> None:
        """Let model time pass at its speed."""
        end = time.monotonic() + seconds / self._traffic.speed
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _TICK))
            self._waiting(max(0, end - time.monotonic()) * self._traffic.speed, self.tally)

    def open(self, probes: Sequence[Probe]) -> None:
        """Start the clients, and let them send for a while before anything changes."""
        super().open(probes)
        self._clients = self._keep.enter_context(
            Clients.start(
                self._access,
                probes,
                scheme="https" if self._config.entry.certificate_arn else "http",
                speed=self._traffic.speed,
                rate=self._traffic.rate,
                epoch=self.aws.epoch,
            )
        )
        self.wait(_BEFORE)

    def record(self, scene: Scene) -> None:
        """Keep a scene that has just ended as an act."""
        state = self.aws.follow()
        self.acts.append(
            Act(
                number=scene.number,
                title=scene.title,
                changes=scene.changes,
                began=scene.began,
                ended=state.at,
                calls=scene.calls,
                predicted={probe.service: probe.shares for probe in scene.verdict.probes},
                lost=scene.lost,
                chain=state.snapshot,
            )
        )

    def close(self) -> None:
        """Stop the clients, and wait for what is still in flight."""
        self._keep.close()
        self._collect()
        self.samples.sort(key=lambda sample: sample.at)

    def _collect(self) -> None:
        if self._clients:
            met = self._clients.collect()
            self.samples += met
            self._tally = self._tally.plus(met)


@contextmanager
def live(
    aws: EmbeddedAws,
    config: StackConfig,
    names: Sequence[str],
    traffic: Traffic,
    *,
    saboteur: Saboteur | None = None,
    starting: Callable[[int, Chapter], None] = lambda _number, _chapter: None,
    waiting: Callable[[float, Tally], None] = lambda _left, _tally: None,
) -> Generator[LiveStaging]:
    """Run pods, load balancers and DNS for as long as a story takes; `names` are those that clients use.

    `waiting` is told, again and again, how many model seconds a wait still lasts and what clients met so far.
    """
    with Plane.start(aws, speed=traffic.speed, hosts=names) as plane, ExitStack() as keep:
        yield LiveStaging(
            aws, config, traffic, plane.access, keep, saboteur=saboteur, starting=starting, waiting=waiting
        )
