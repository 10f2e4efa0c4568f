"""A stage for a rollout with no account: the stack, as its file says, brought up on an embedded AWS, under requests."""

import os
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console
from ruamel.yaml import YAML

from components.errors import BlueGreenError
from components.traffic import Colour
from infra.config import StackConfig
from rehearsal.aws import Call, EmbeddedAws
from rehearsal.furnish import furnish
from rehearsal.play import Staging, clients, probes
from rehearsal.providers import Providers
from rehearsal.report.words import met, per_cent, plural
from rehearsal.script import story_of
from rehearsal.story import SETTLE
from rehearsal.traffic.recording import Tally, Traffic
from rehearsal.traffic.staging import live
from rollout.embedded import EmbeddedStack
from rollout.stack_text import StackText

__all__ = ["LOST", "Rehearsal", "outcome", "rehearsed", "sending", "text_with"]

LOST = 3
"""Exit code."""


@dataclass(frozen=True)
class Rehearsal:
    """Where a command of a rollout works on a stack, and what comes of it."""

    stack: EmbeddedStack
    root: Path
    """The directory of the copy of the stack file that a rehearsal edits."""
    staging: Staging
    calls_before: int
    """Mutating AWS calls until clients started."""

    def met(self) -> str:
        """What clients met so far; empty where nobody sends."""
        return met(self.staging.tally) if self.staging.tally else ""

    def end(self, console: Console) -> int:
        """Stop the clients once all is settled, and say what was lost; return 0, or LOST."""
        self.staging.wait(SETTLE)
        self.staging.close()
        text, lost = outcome(self.staging.aws.calls(self.calls_before), self.staging.tally)
        console.print(text, style="bold red" if lost else "green", highlight=False, soft_wrap=True)
        return LOST if lost else 0


def outcome(calls: Sequence[Call], tally: Tally | None) -> tuple[str, bool]:
    """Say what was lost after mutating AWS calls, by the oracle's word and by what clients met; and whether it was."""
    worst = max(calls, key=lambda call: call.verdict.lost, default=None)
    lost = worst.verdict.lost if worst else 0
    if worst and lost:
        told = f"after call {worst.number}, {worst.operation}: {per_cent(lost)} of traffic lost"
    else:
        told = f"after each of {plural(len(calls), 'AWS call')}: 0 % of traffic lost"
    return f"{told} · {met(tally)}" if tally else told, bool(lost or (tally and tally.failed))


@contextmanager
def rehearsed(stack: str, text: str, traffic: Traffic | None) -> Generator[Rehearsal]:
    """Bring up what the text of a stack file says, let clients send for a while, and yield it.

    Without traffic time jumps, and the oracle alone judges. Raises BlueGreenError where the stack does not come up.
    """
    with ExitStack() as keep:
        root = Path(keep.enter_context(tempfile.TemporaryDirectory(prefix="bluegreen-")))
        copy = root / f"Pulumi.{stack}.yaml"
        copy.write_text(text, encoding="utf-8")
        config = StackText(stack, root).config
        aws = keep.enter_context(EmbeddedAws.start(config.region, speed=traffic.speed if traffic else 0))
        providers = keep.enter_context(Providers(aws))
        keep.enter_context(_environment(aws.environment()))
        furnish(aws, config)
        running = EmbeddedStack(stack, aws, providers.packages, root / "state.json")
        if error := running.up(copy, lambda _urn: None):
            raise BlueGreenError(f"{copy.name} does not come up: {error}")
        staging = keep.enter_context(sending(aws, config, traffic))
        yield Rehearsal(running, root, staging, aws.called)


@contextmanager
def sending(aws: EmbeddedAws, config: StackConfig, traffic: Traffic | None) -> Generator[Staging]:
    """Let clients send from when all is healthy, and until metrics tell of them."""
    with ExitStack() as keep:
        names = sorted({probe.entry for probe in probes(config)})
        staging = keep.enter_context(live(aws, config, names, traffic)) if traffic else Staging(aws)
        staging.wait(SETTLE)
        staging.open(clients(aws, [config]))
        staging.wait(SETTLE)
        yield staging


def text_with(colour: Colour, file: StackText, console: Console) -> str:
    """The text of a stack file; where it lacks a colour, with a cluster of it, as `bluegreen rehearse` adds it."""
    if colour in file.config.clusters:
        return file.text
    console.print(f"{file.name} has no {colour}: it is added as in `bluegreen rehearse`", style="dim")
    text = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.dump({"config": story_of(file.stack, []).chapters[1].settings}, text)  # pyright: ignore[reportUnknownMemberType] - ruamel.yaml is untyped here
    return text.getvalue()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """Let boto3 of this process talk to the embedded AWS, to the end of the block."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
