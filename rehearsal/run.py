"""Sets the stage: an embedded AWS, the providers and an engine, for as long as a stack's story takes."""

import time
from contextlib import ExitStack
from pathlib import Path

from infra.config import NAMESPACE
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, StepEvent
from rehearsal.furnish import furnish
from rehearsal.play import Outcome, play
from rehearsal.providers.hosting import Providers
from rehearsal.screen import Screen
from rehearsal.script import Script
from rehearsal.story import Chapter

__all__ = ["perform"]

PROGRAM = Path(__file__).parent.parent / "infra"


def perform(script: Script, engine_name: str, screen: Screen) -> Outcome:
    """Play a script from its first chapter to its last, or to the first loss or failure."""
    outcome, began = Outcome(), time.monotonic()
    screen.opening(script, engine_name)
    with ExitStack() as stage:
        screen.working("starting the embedded AWS")
        aws = stage.enter_context(EmbeddedAws.start(script.config.region))
        providers = stage.enter_context(Providers(aws))
        furnish(aws, script.config)
        progress = _Progress(screen)
        engine = EmbeddedEngine(NAMESPACE, script.stack, PROGRAM, providers.ports, on_event=progress.event)
        for scene in play(aws, engine, script.stack, script.chapters, progress.chapter):
            outcome.scenes.append(scene)
            screen.scene(scene)
    screen.closing(script, outcome, time.monotonic() - began)
    return outcome


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
