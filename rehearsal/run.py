"""Sets the stage: an embedded AWS, the providers and an engine, for as long as a stack's story takes."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from components.errors import BlueGreenError
from infra.config import NAMESPACE, StackConfig
from policies.pack import POLICIES
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Engine, Observer, StepEvent, prepare
from rehearsal.engine.analyzer import Analyzer
from rehearsal.engine.real import PulumiEngine, pulumi_on_path
from rehearsal.furnish import furnish
from rehearsal.play import Outcome, play
from rehearsal.providers import Providers
from rehearsal.screen import Screen
from rehearsal.script import EngineName, Script
from rehearsal.story import Chapter

__all__ = ["perform", "stage"]

ROOT = Path(__file__).parent.parent
PROGRAM, POLICY_PACK = ROOT / "infra", ROOT / "policies"


def perform(script: Script, engine_name: EngineName, screen: Screen) -> Outcome:
    """Play a script from its first chapter to its last, or to the first loss or failure."""
    outcome, began = Outcome(), time.monotonic()
    screen.opening(script, engine_name)
    screen.working("starting the embedded AWS")
    progress = _Progress(screen)
    with stage(script.stack, script.config, engine_name, progress.event) as (aws, engine):
        for scene in play(aws, engine, script.stack, script.chapters, progress.chapter):
            outcome.scenes.append(scene)
            screen.scene(scene)
    screen.closing(script, outcome, time.monotonic() - began)
    return outcome


@contextmanager
def stage(
    stack: str, config: StackConfig, engine_name: EngineName, on_event: Observer = lambda _event: None
) -> Generator[tuple[EmbeddedAws, Engine]]:
    """An embedded AWS with what the configuration expects of it, and an engine on it with the stack's policies.

    Raises BlueGreenError when the Pulumi CLI is asked for and is not on PATH.
    """
    if engine_name is EngineName.PULUMI and not pulumi_on_path():
        raise BlueGreenError("--engine pulumi: there is no pulumi on PATH; install it, or leave the option away")
    if engine_name is EngineName.EMBEDDED:
        prepare("infra.program")
    with EmbeddedAws.start(config.region) as aws, Providers(aws) as providers:
        furnish(aws, config)
        if engine_name is EngineName.EMBEDDED:
            yield (
                aws,
                EmbeddedEngine(
                    NAMESPACE,
                    stack,
                    PROGRAM,
                    providers.ports,
                    environment=aws.environment(),
                    analyzers=[Analyzer(POLICIES)],
                    on_event=on_event,
                ),
            )
            return
        with PulumiEngine(
            NAMESPACE,
            stack,
            PROGRAM,
            providers.ports,
            environment=aws.environment(),
            policy_packs=[POLICY_PACK],
            on_event=on_event,
        ) as engine:
            yield aws, engine


class _Progress:
    """Counts the resources of the running chapter."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._number, self._done = screen, 0, 0
        self._current: Chapter | None = None

    def chapter(self, number: int, chapter: Chapter) -> None:
        self._number, self._current, self._done = number, chapter, 0
        self._screen.starting(number, chapter)

    def event(self, event: StepEvent) -> None:
        if event.state == "finished" and self._current:
            self._done += 1
            self._screen.progress(self._number, self._current, self._done)
