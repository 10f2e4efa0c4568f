"""The measures of a recording, taken once for all that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rehearsal.traffic.measures import Agreement, Totals, agreements, totals
from rehearsal.traffic.recording import ClientKind, Recording
from rehearsal.traffic.shifts import Shift, shifts

__all__ = ["Figures"]


@dataclass(frozen=True)
class Figures:
    """A recording with its measures."""

    recording: Recording

    @cached_property
    def by_kind(self) -> Mapping[ClientKind, Totals]:
        """What became of the requests of each kind of client."""
        return totals(self.recording)

    @cached_property
    def all(self) -> Totals:
        """What became of all requests."""
        kinds = self.by_kind.values()
        return Totals(
            requests=sum(each.requests for each in kinds),
            failed=sum(each.failed for each in kinds),
            reset=sum(each.reset for each in kinds),
            peer=sum(each.peer for each in kinds),
        )

    @cached_property
    def shifts(self) -> Sequence[Shift]:
        """Every act that moved shares."""
        return shifts(self.recording)

    @property
    def complete(self) -> Sequence[Shift]:
        """The shifts of all traffic to the other colour."""
        return [shift for shift in self.shifts if shift.complete]

    @cached_property
    def agreements(self) -> Sequence[Agreement]:
        """Where the oracle's word can be held against what clients met."""
        return agreements(self.recording)

    @property
    def sent(self) -> float:
        """Requests per real second that were sent, from the first to the last one."""
        samples = self.recording.samples
        took = (samples[-1].at - samples[0].at) / self.recording.speed if samples else 0
        return len(samples) / took if took else self.recording.rate

    @property
    def lost(self) -> float:
        """The largest share lost after any call, in per cent, by the oracle's word."""
        return max((act.lost for act in self.recording.acts), default=0.0)
