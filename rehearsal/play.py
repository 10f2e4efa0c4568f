"""Plays chapters on the embedded AWS: the real program, the real calls, and the oracle's word after each of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from infra.config import StackConfig, parse
from rehearsal.aws import Call, EmbeddedAws
from rehearsal.engine import Engine, Operation, Result
from rehearsal.oracle import Probe, Verdict
from rehearsal.stack_file import flatten
from rehearsal.story import SETTLE, Chapter, changed_settings

__all__ = ["Outcome", "Scene", "clients", "play", "probes"]


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
    source = f"Pulumi.{stack}.yaml"
    settings = [flatten(chapter.settings, source) for chapter in chapters]
    configs = [parse(flat, source) for flat in settings]
    before: Chapter | None = None
    for number, (chapter, flat) in enumerate(zip(chapters, settings, strict=True), start=1):
        starting(number, chapter)
        aws.advance(chapter.wait)
        changes = tuple(changed_settings(before.settings, chapter.settings)) if before else ()
        result = _update(engine, flat, changes)
        calls = tuple(aws.calls(since=seen))
        seen += len(calls)
        if before is None and not result.error:
            aws.advance(SETTLE)
            aws.watch(clients(aws, configs))
        scene = Scene(
            number=number,
            title=chapter.title,
            changes=changes,
            result=result,
            calls=calls,
            verdict=aws.verdict(),
        )
        yield scene
        if result.error or scene.lost:
            return
        before = chapter


def _update(engine: Engine, flat: Mapping[str, str], changes: Sequence[str]) -> Result:
    """What `pulumi up` does: a preview, and the update if the preview ends well.

    Only of a removal can the preview say more than the update would, before anything is done: it refuses to
    delete what is protected. Elsewhere its time is saved.
    """
    if any(line.startswith("- ") and not line.startswith("- weights") for line in changes):
        preview = engine.preview(flat)
        if preview.error:
            return preview
    return engine.up(flat)


def clients(aws: EmbeddedAws, configs: Sequence[StackConfig]) -> list[Probe]:
    """Who sends requests from the start: all that the first configuration answers, and what a later one names.

    What a later one names counts where it is answered at the start: a new service may take it from another one.
    """
    first = probes(configs[0])
    later = [probe for config in configs[1:] for probe in probes(config) if probe not in first]
    answered = zip(later, aws.ask(later).probes, strict=True)
    return [*first, *(probe for probe, verdict in answered if not verdict.lost)]


def probes(config: StackConfig) -> list[Probe]:
    """A client of each service by each of its hosts and paths, and one in every other network of clients."""
    here, *elsewhere = (str(next(iter(cidr.hosts()))) for cidr in config.entry.client_cidrs)
    asked = [
        Probe(
            service=name,
            entry=host,
            port=config.entry.port,
            path=path.replace("*", "a").replace("?", "a"),
            source_ip=here,
        )
        for name, service in config.services.items()
        for host in service.hosts or (config.entry.host,)
        for path in service.paths or ("/",)
    ]
    return [*asked, *(asked[0].model_copy(update={"source_ip": address}) for address in elsewhere)]
