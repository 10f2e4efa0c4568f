"""Plays chapters on the embedded AWS: the real program, the real calls, and the oracle's word after each of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, TypeAdapter

from infra.config import StackConfig
from rehearsal.aws import Call, EmbeddedAws
from rehearsal.engine import Engine, Operation, Result
from rehearsal.faults import Saboteur
from rehearsal.oracle import Probe, Verdict
from rehearsal.script import Script
from rehearsal.stack_file import flatten
from rehearsal.story import SETTLE, Chapter, changed_settings
from rehearsal.traffic.recording import Recording, Tally

__all__ = ["STORIES", "Outcome", "Scene", "Staging", "Story", "clients", "play", "probes"]


class Scene(BaseModel):
    """What one chapter did: the change, the plan, the calls, and where traffic went."""

    model_config = ConfigDict(frozen=True)

    number: int
    title: str
    changes: tuple[str, ...]
    """The change of configuration, a line a key."""
    began: float
    """When the update started, in model seconds."""
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


class Story(BaseModel):
    """What was played of one stack, as `bluegreen rehearse --json` writes it."""

    model_config = ConfigDict(frozen=True)

    scenes: tuple[Scene, ...]
    met: Tally | None = None
    """What clients met, where there were any."""


STORIES = TypeAdapter(dict[str, Story])
"""By stack."""


@dataclass
class Outcome:
    """How a whole story ended."""

    scenes: list[Scene] = field(default_factory=list[Scene])
    recording: Recording | None = None
    """What the clients met, where there were any."""

    @property
    def calls(self) -> int:
        """Mutating AWS calls in all."""
        return sum(len(scene.calls) for scene in self.scenes)

    @property
    def lost(self) -> float:
        """The largest share lost after any call, in per cent."""
        return max((scene.lost for scene in self.scenes), default=0.0)

    @property
    def story(self) -> Story:
        """The same, to be written down."""
        return Story(scenes=tuple(self.scenes), met=Tally().plus(self.recording.samples) if self.recording else None)

    @property
    def failed(self) -> int:
        """Requests that failed."""
        return self.story.met.failed if self.story.met else 0

    @property
    def error(self) -> str | None:
        """Why the story stopped, if an update failed."""
        return next((scene.result.error for scene in self.scenes if scene.result.error), None)


class Staging:
    """What goes on around the updates: time passes, clients send, things go wrong. Here only the oracle judges."""

    def __init__(
        self,
        aws: EmbeddedAws,
        *,
        saboteur: Saboteur | None = None,
        starting: Callable[[int, Chapter], None] = lambda _number, _chapter: None,
    ) -> None:
        self.aws = aws
        self._saboteur, self._starting = saboteur, starting

    def starting(self, number: int, chapter: Chapter) -> None:
        """A chapter's update is about to start."""
        self._starting(number, chapter)
        if self._saboteur:
            self._saboteur.before(number)

    def updated(self, number: int) -> None:
        """Its last call was made."""
        if self._saboteur:
            self._saboteur.after(number)

    def wait(self, seconds: float) -> None:
        """Let model time pass."""
        self.aws.advance(seconds)

    def open(self, probes: Sequence[Probe]) -> None:
        """Clients start to send these requests."""
        self.aws.watch(probes)

    def close(self) -> None:
        """Clients stop, and what was in flight has ended."""

    @property
    def tally(self) -> Tally | None:
        """What clients met so far; None where nobody sends."""
        return None


def play(staging: Staging, engine: Engine, script: Script) -> Iterator[Scene]:
    """One scene a chapter, until the last, a failed update, or a loss. A scene ends when the next update may start.

    Clients start once the first chapter is up and settled: before that there is nothing to lose, unless the stack
    adopts what runs.
    """
    aws = staging.aws
    seen = aws.called
    chapters = script.chapters
    before: Chapter | None = None
    runs_already = bool(script.configs[0].found)
    if runs_already:
        staging.wait(SETTLE)
        staging.open(clients(aws, script.configs))
    for number, chapter in enumerate(chapters, start=1):
        staging.starting(number, chapter)
        began = aws.verdict().at
        changes = tuple(changed_settings(before.settings, chapter.settings)) if before else ()
        result = _update(engine, flatten(chapter.settings, f"Pulumi.{script.stack}.yaml"), changes)
        staging.updated(number)
        calls = tuple(aws.calls(since=seen))
        seen += len(calls)
        verdict = aws.verdict()
        ends = bool(result.error) or any(each.lost for each in (verdict, *(call.verdict for call in calls)))
        # Of a loss the word stands that was true then; what comes after the wait may look well again.
        staging.wait(chapters[number].wait if before and not ends and number < len(chapters) else SETTLE)
        if before is None and not ends and not runs_already:
            staging.open(clients(aws, script.configs))
        scene = Scene(
            number=number,
            title=chapter.title,
            changes=changes,
            began=began,
            result=result,
            calls=calls,
            verdict=verdict if ends else aws.verdict(),
        )
        yield scene
        if result.error or scene.lost:
            return
        before = chapter


def _update(engine: Engine, flat: Mapping[str, str], changes: Sequence[str]) -> Result:
    """What `pulumi up` does: a preview, and the update if the preview ends well.

    Only where something may be deleted or replaced can the preview say more than the update would, before anything
    is done: it refuses to delete what is protected. Elsewhere its time is saved.
    """
    if any(line.startswith(("- ", "~ network.", "~ entry.")) and not line.startswith("- weights") for line in changes):
        preview = engine.preview(flat)
        if preview.error:
            return preview
    return engine.up(flat)


def clients(aws: EmbeddedAws, configs: Sequence[StackConfig]) -> list[Probe]:
    """Who sends requests from the start: all that the first configuration answers, and what a later one names.

    What a later one names counts where it is answered at the start: a new service may take it from another one.
    """
    asked = [probe for config in configs for probe in probes(config)]
    first = [
        probe.model_copy(update={"also": frozenset(each.service for each in asked if _same_request(each, probe))})
        for probe in probes(configs[0])
    ]
    later: list[Probe] = []
    for probe in asked:
        if not any(_same_request(probe, each) for each in (*first, *later)):
            later.append(probe)
    answered = zip(later, aws.ask(later).probes, strict=True)
    return [*first, *(probe for probe, verdict in answered if not verdict.lost)]


def _same_request(one: Probe, other: Probe) -> bool:
    return (one.entry, one.port, one.path, one.source_ip) == (other.entry, other.port, other.path, other.source_ip)


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
