"""Which cases a transition has. Pure."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from rehearsal.aws import Call
from rehearsal.aws.wire import repeatable
from rehearsal.prove.model import Case, Group, Mode

__all__ = ["EACH", "START", "WRITTEN", "Among", "Choice", "Named", "named"]

EACH, START, WRITTEN = "each", "start", "written"


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
    part: int = 0
    """Which of the parts of each transition's cases, from 0."""
    parts: int = 1

    def of(
        self, stack: str, transition: str, calls: Iterable[Named], among: "Among", written: Sequence[str] = ()
    ) -> list[Case]:
        """The cases of a transition.

        `written` are the times when the state was written down, where it makes no call, as an import.
        """
        if self.cases:
            return [each for each in self.cases if (each.stack, each.transition) == (stack, transition)]
        chosen: list[Case] = []
        for mode, places in _places(list(calls), written, shifts=transition in among.shifting):
            if transition not in among.of(mode):
                continue
            cases = [Case(stack=stack, transition=transition, mode=mode, at=at) for at in places]
            if mode.group in self.groups:
                chosen += cases if self.sample is None else self._sampled(cases, among.of(mode))
        if Group.MUTANTS in self.groups:  # each of them in any sample: a check that none has failed shows nothing
            chosen += [
                Case(stack=stack, transition=transition, mode=Mode.MUTANT, at=name)
                for name in among.mutants.get(transition, ())
            ]
        # A single case is not always in the first part.
        first = random.Random(f"{stack} {transition}").randrange(self.parts)  # noqa: S311 - no secret
        return chosen[(self.part + first) % self.parts :: self.parts]

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
    repeated: AbstractSet[str] = frozenset()
    """Those that do for one colour what an earlier one did for the other: of them the kills are tried, no more."""
    mutants: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The names of those that show in a transition."""

    def of(self, mode: Mode) -> Sequence[str]:
        """Those in which a mode makes sense."""
        names = self.shifting if mode in (Mode.MOVED, Mode.TWICE) else self.every
        return [each for each in names if mode is Mode.KILLED or each not in self.repeated]


def _places(run: Sequence[Named], written: Sequence[str], *, shifts: bool) -> Iterator[tuple[Mode, Sequence[str]]]:
    """Kills are tried with each call by itself, and so are answers to what may not be repeated that nobody heard.

    What a caller overcomes is tried with each call of one run; and denials with each call once, in one run after the
    other: each ends at the first, and what runs beside that is denied or carried out as it comes.
    """
    if written:
        yield Mode.LATER, written
    if not run:
        return
    calls = sorted(each.name for each in run)
    once = [each for each in calls if not repeatable(each)]
    yield Mode.KILLED, calls
    yield Mode.LATER, calls
    yield Mode.UNHEARD, (*([EACH] if len(once) < len(calls) else ()), *once)
    for mode in (Mode.THROTTLED, Mode.BROKEN, Mode.UNSENT, Mode.DENIED):
        yield mode, (EACH,)
    few = (START, *(calls[:_FEW] if shifts else calls[len(calls) // 2 :][:1]))
    yield Mode.SICK, few
    yield Mode.ZONE, few
    if shifts:
        yield Mode.MOVED, (START,)
        yield Mode.TWICE, calls[:1]


_FEW = 3
"""Calls of a shift after which the world changes; of what shifts nothing it is one, half-way."""
