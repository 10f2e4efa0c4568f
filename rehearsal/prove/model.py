"""What is explored, and what was found. Pure data, as `bluegreen prove --json` writes it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from components.errors import BlueGreenError

__all__ = ["Case", "Ending", "Finding", "Group", "Mode", "Proof", "counted"]


class Group(StrEnum):
    """Kinds of case that belong together."""

    CRASH = "crash"
    FAULTS = "faults"
    WORLD = "world"
    MUTANTS = "mutants"


class Mode(StrEnum):
    """What goes wrong in a case, at its call."""

    NOTHING = "nothing"
    """It is wrong by itself."""
    KILLED = "killed"
    LATER = "killed-later"
    THROTTLED = "throttled"
    BROKEN = "broken"
    UNSENT = "unsent"
    UNHEARD = "unheard"
    DENIED = "denied"
    SICK = "sick"
    ZONE = "zone"
    MOVED = "moved"
    TWICE = "twice"
    MUTANT = "mutant"

    @property
    def group(self) -> Group:
        """The kind of case."""
        if self in (Mode.NOTHING, Mode.KILLED, Mode.LATER):
            return Group.CRASH
        if self is Mode.MUTANT:
            return Group.MUTANTS
        return Group.WORLD if self in (Mode.SICK, Mode.ZONE, Mode.MOVED, Mode.TWICE) else Group.FAULTS

    @property
    def told(self) -> str:
        """What happens, in words."""
        return _TOLD[self]


_TOLD = {
    Mode.NOTHING: "nothing goes wrong",
    Mode.KILLED: "killed when the call had taken effect, before its answer came",
    Mode.LATER: "killed when the answer was written down, before the next call",
    Mode.THROTTLED: "throttled at the first attempt",
    Mode.BROKEN: "answered 503 at the first attempt",
    Mode.UNSENT: "timed out at the first attempt, without effect",
    Mode.UNHEARD: "timed out at the first attempt, with effect",
    Mode.DENIED: "denied",
    Mode.SICK: "the pods of the colour that gets more turn unhealthy",
    Mode.ZONE: "the pods of a zone go",
    Mode.MOVED: "somebody has moved the weights by hand",
    Mode.TWICE: "another update moves the weights meanwhile",
    Mode.MUTANT: "the program makes a mistake on purpose, which is to be caught",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Case(_Frozen):
    """One thing that goes wrong at one place of one transition."""

    stack: str
    transition: str
    mode: Mode
    at: str
    """The call, such as `CreateListener.2`; `each` call once, or the `start`; of a mutant its name."""

    @property
    def id(self) -> str:
        """Its name, by which it is played again."""
        return f"{self.stack}/{self.transition}/{self.mode}/{self.at}"

    @classmethod
    def parse(cls, text: str) -> "Case":
        """Read an id. Raises BlueGreenError."""
        stack, transition, mode, at, *rest = [*text.split("/"), "", "", "", ""]
        if any(rest) or not at or mode not in list(Mode):
            raise BlueGreenError(f"--case {text} is no case; write it as prod-bj/canary-10/killed/ModifyListener.1")
        return cls(stack=stack, transition=transition, mode=Mode(mode), at=at)


class Ending(StrEnum):
    """How a case ended, the best first."""

    HELD = "held"
    """It came to what was asked, by itself or when it was run again."""
    STOPPED = "stopped"
    """The gates stopped it; once the world was well again, it came to what was asked."""
    REPAIRED = "repaired"
    """Run again it failed, since the state did not know what exists; after a `pulumi import` of what was being created,
    it came to what was asked."""
    CAUGHT = "caught"
    """A mistake made on purpose ended as it must."""
    STUCK = "stuck"
    """Run again it fails, or ends elsewhere; no traffic was lost."""
    STRAYED = "strayed"
    """It replaced or deleted what the transition does not."""
    MISSED = "missed"
    """A mistake made on purpose did not end as it must: what was to show it cannot be trusted."""
    LOST = "lost"
    """Traffic was lost."""

    @property
    def fine(self) -> bool:
        """Whether this is as it should be."""
        return self in (Ending.HELD, Ending.STOPPED, Ending.REPAIRED, Ending.CAUGHT)


class Finding(_Frozen):
    """What one case has shown."""

    case: Case
    ending: Ending
    number: int = 0
    """The call's number among those of the transition when nothing goes wrong; 0 for none."""
    call: str = ""
    """The call in words; of a mutant what it does that the program must not."""
    lost: float = 0
    """The largest share that was lost after any call, in per cent."""
    allowed: float = 0
    """What the event itself costs the stack at rest, before the update or after it."""
    why: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """What it made a second time, since nobody knew of the first, which no state knows and no traffic meets."""
    asked: tuple[str, ...] = ()
    """The change of configuration, a line a key."""
    revision: str = ""
    """Of git, where the change is that of the stack's file since then."""

    @property
    def replay(self) -> str:
        """The command that plays exactly this case."""
        since = f"--from {self.revision} " if self.revision else ""
        return f"bluegreen prove {since}--case {self.case.id}"


class Proof(_Frozen):
    """Everything that was explored."""

    findings: tuple[Finding, ...] = ()
    calls: dict[str, int] = {}
    """How many mutating calls each transition makes when nothing goes wrong, by `stack/transition`."""
    sample: int | None = None
    """How many cases of each mode were chosen for a stack; None for all of them."""
    seed: int = 0
    seconds: float = 0

    @property
    def wrong(self) -> list[Finding]:
        """What is not as it should be, the worst first."""
        order = list(Ending)
        found = [each for each in self.findings if not each.ending.fine]
        return sorted(found, key=lambda each: (-order.index(each.ending), -each.lost, each.case.id))

    @property
    def mutants(self) -> list[Finding]:
        """What has become of each mistake made on purpose, by its name."""
        found = [each for each in self.findings if each.case.mode is Mode.MUTANT]
        return sorted(found, key=lambda each: (each.case.at, each.case.id))

    @property
    def left(self) -> dict[str, int]:
        """What was left behind, by the operation that made it: how many times in all cases."""
        return dict(Counter(line.partition(":")[0] for each in self.findings for line in each.left).most_common())

    @property
    def transitions(self) -> list[tuple[str, str]]:
        """Stacks and transitions, in their order."""
        return [(stack, name) for stack, _, name in (key.partition("/") for key in self.calls)]

    def of(self, stack: str, transition: str, group: Group) -> list[Finding]:
        """The cases of one kind in one transition."""
        return [
            each
            for each in self.findings
            if (each.case.stack, each.case.transition, each.case.mode.group) == (stack, transition, group)
        ]

    def with_findings(self, stack: str, transition: str, calls: int, findings: Iterable[Finding]) -> "Proof":
        """Add what a worker has found."""
        found = sorted([*self.findings, *findings], key=lambda each: each.case.id)
        return self.model_copy(
            update={"findings": tuple(found), "calls": {**self.calls, f"{stack}/{transition}": calls}}
        )


def counted(findings: Sequence[Finding]) -> str:
    """How many there are, and how many of them ended otherwise than by themselves: `12 (3 repaired)`."""
    counts = Counter(each.ending for each in findings)
    told = [f"{counts[ending]} {ending}" for ending in Ending if counts[ending] and ending is not Ending.HELD]
    return " ".join([str(len(findings)), *(f"({each})" for each in told)]) if findings else ""
