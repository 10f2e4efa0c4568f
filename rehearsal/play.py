"""Plays chapters on the embedded AWS: the real program, the real calls, and the oracle's word after each of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from infra.config import StackConfig, parse
from rehearsal.aws import Call, EmbeddedAws
from rehearsal.engine import Engine, Operation, Result
from rehearsal.oracle import Probe, Verdict
from rehearsal.stack_file import flatten
from rehearsal.story import SETTLE, Chapter, changed_settings

__all__ = ["Outcome", "Scene", "play", "probes"]


class Scene(BaseModel):
    """What one chapter did: the change, the plan, the calls, and where traffic went."""

    model_config = ConfigDict(frozen=True)

    number: int
    title: str
    changes: tuple[str, ...]
    """The change of configuration, a line a key."""
    result: Result
    calls: tuple[Call, ...]
    """Mutating AWS calls in order, each with the shares and the loss after it."""
    verdict: Verdict
    """The oracle's word once things have settled."""

    @property
    def planned(self) -> Counter[str]:
        """How many resources were created, updated, replaced and deleted."""
        words = {
            Operation.CREATE: "created",
            Operation.UPDATE: "updated",
            Operation.REPLACE: "replaced",
            Operation.DELETE: "deleted",
            Operation.IMPORT: "imported",
        }
        return Counter(words[step.op] for step in self.result.steps if step.op in words)

    @property
    def notes(self) -> tuple[str, ...]:
        """What policies and the engine warn of."""
        return tuple(line.message for line in self.result.diagnostics if line.severity == "warning")

    @property
    def lost(self) -> float:
        """The largest share lost after any of the calls, in per cent."""
        return max([self.verdict.lost, *(call.verdict.lost for call in self.calls)])

    @property
    def first_loss(self) -> Call | None:
        """The call after which traffic was first lost."""
        return next((call for call in self.calls if call.verdict.lost > 0), None)


@dataclass
class Outcome:
    """How a whole story ended."""

    scenes: list[Scene] = field(default_factory=list[Scene])

    @property
    def calls(self) -> int:
        """Mutating AWS calls in all."""
        return sum(len(scene.calls) for scene in self.scenes)

    @property
    def lost(self) -> float:
        """The largest share lost after any call, in per cent."""
        return max((scene.lost for scene in self.scenes), default=0.0)

    @property
    def error(self) -> str | None:
        """Why the story stopped, if an update failed."""
        return next((scene.result.error for scene in self.scenes if scene.result.error), None)


def play(
    aws: EmbeddedAws,
    engine: Engine,
    stack: str,
    chapters: Sequence[Chapter],
    starting: Callable[[int, Chapter], None] = lambda _number, _chapter: None,
) -> Iterator[Scene]:
    """One scene a chapter, until the last, a failed update, or a loss.

    Clients start once the first chapter is up and settled: before that there is nothing to lose.
    """
    seen = len(aws.calls())
    before: Chapter | None = None
    for number, chapter in enumerate(chapters, start=1):
        starting(number, chapter)
        source = f"Pulumi.{stack}.yaml"
        flat = flatten(chapter.settings, source)
        config = parse(flat, source)
        aws.advance(chapter.wait)
        result = engine.up(flat)
        calls = tuple(aws.calls(since=seen))
        seen += len(calls)
        if before is None and not result.error:
            aws.advance(SETTLE)
            aws.watch(probes(config))
        scene = Scene(
            number=number,
            title=chapter.title,
            changes=tuple(changed_settings(before.settings, chapter.settings)) if before else (),
            result=result,
            calls=calls,
            verdict=aws.verdict(),
        )
        yield scene
        if result.error or scene.lost:
            return
        before = chapter


def probes(config: StackConfig) -> list[Probe]:
    """One client of each service: what it asks for, and from where."""
    client = next(iter(config.entry.client_cidrs[0].hosts()))
    return [
        Probe(
            service=name,
            entry=config.entry.host,
            port=config.entry.port,
            host=service.hosts[0] if service.hosts else None,
            path=service.paths[0].replace("*", "a").replace("?", "a") if service.paths else "/",
            source_ip=str(client),
        )
        for name, service in config.services.items()
    ]
