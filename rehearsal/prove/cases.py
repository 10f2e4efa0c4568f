"""Which cases a transition has. Pure."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rehearsal.aws import Call
from rehearsal.prove.model import Case, Group, Mode

__all__ = ["EACH", "START", "Among", "Choice", "Named", "named"]

EACH, START = "each", "start"


@dataclass(frozen=True)
class Named:
    """A call by a name that it has in every run of the transition, whatever their order."""

    name: str
    """Such as `CreateListener.2`."""
    call: Call
    nth: int
    """Which one of its likeness it is, from 1."""


def named(calls: Sequence[Call]) -> list[Named]:
    """Name the calls of a run, in their order."""
    places: dict[str, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: (call.likeness, call.number)):
        places[call.operation].append(call)
    seen: Counter[str] = Counter()
    found: list[Named] = []
    for call in calls:
        seen[call.likeness] += 1
        place = 1 + places[call.operation].index(call)
        found.append(Named(f"{call.operation}.{place}", call, seen[call.likeness]))
    return found


@dataclass(frozen=True)
class Choice:
    """Which of all cases are played."""

    groups: frozenset[Group] = frozenset(Group)
    sample: int | None = None
    """At most so many of each mode for a stack, each in another transition, chosen by the seed."""
    seed: int = 0
    cases: tuple[Case, ...] = ()
    """These only, where any are given."""
    worker: int = 0
    workers: int = 1

    def of(self, stack: str, transition: str, calls: Iterable[Named], among: "Among") -> list[Case]:
        """The cases of a transition that this worker plays."""
        if self.cases:
            return [each for each in self.cases if (each.stack, each.transition) == (stack, transition)]
        chosen: list[Case] = []
        for mode, places in _places(sorted(each.name for each in calls), shifts=transition in among.shifting):
            cases = [Case(stack=stack, transition=transition, mode=mode, at=at) for at in places]
            if mode.group in self.groups:
                chosen += cases if self.sample is None else self._sampled(cases, among.of(mode))
        return chosen[self.worker :: self.workers]

    def _sampled(self, cases: list[Case], names: Sequence[str]) -> list[Case]:
        """One of the cases, where their transition is among those that were chosen for their mode."""
        first = cases[0]
        by_mode = random.Random(f"{self.seed} {first.stack} {first.mode}")  # noqa: S311 - no secret
        if first.transition not in by_mode.sample(names, min(self.sample or 0, len(names))):
            return []
        return [random.Random(f"{self.seed} {first.id}").choice(cases)]  # noqa: S311 - as above


@dataclass(frozen=True)
class Among:
    """The transitions of a stack, by name."""

    every: Sequence[str]
    shifting: Sequence[str]
    """Those that move weights between colours that can share them."""

    def of(self, mode: Mode) -> Sequence[str]:
        """Those in which a mode makes sense."""
        return self.shifting if mode in (Mode.MOVED, Mode.TWICE) else self.every


def _places(calls: Sequence[str], *, shifts: bool) -> Iterator[tuple[Mode, Sequence[str]]]:
    """What a caller repeats without any effect in between is tried with each call of one run; the rest call by call."""
    if not calls:
        return
    yield Mode.KILLED, calls
    yield Mode.LATER, calls
    yield Mode.UNHEARD, calls
    yield Mode.DENIED, calls
    for mode in (Mode.THROTTLED, Mode.BROKEN, Mode.UNSENT):
        yield mode, (EACH,)
    few = calls if len(calls) <= _FEW else calls[:: len(calls) // 2]
    yield Mode.SICK, (START, *few)
    yield Mode.ZONE, (START, *few)
    if shifts:
        yield Mode.MOVED, (START,)
        yield Mode.TWICE, calls[:1]


_FEW = 3
"""Up to so many calls, the world changes after each of them; else after two."""
