"""Sets the stage: an embedded AWS, the providers and an engine, for as long as a stack's story takes."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from components.errors import BlueGreenError
from infra.config import NAMESPACE, StackConfig
from policies.pack import POLICIES
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Engine, Observer, StepEvent, prepare
from rehearsal.engine.analyzer import Analyzer
from rehearsal.engine.program import Host, start
from rehearsal.engine.real import PulumiEngine, pulumi_on_path
from rehearsal.engine.state import ResourceState
from rehearsal.faults import Fault, Saboteur
from rehearsal.furnish import furnish
from rehearsal.play import Outcome, Staging, play, probes
from rehearsal.providers import Providers
from rehearsal.screen import Screen
from rehearsal.script import EngineName, Script
from rehearsal.story import Chapter
from rehearsal.traffic.recording import Recording, Tally, Traffic
from rehearsal.traffic.staging import LiveStaging, live

__all__ = ["embedded_engine", "perform", "stage"]

ROOT = Path(__file__).parent.parent
PROGRAM, POLICY_PACK = ROOT / "infra", ROOT / "policies"


def perform(
    script: Script,
    engine_name: EngineName,
    screen: Screen,
    traffic: Traffic | None = None,
    fault: Fault | None = None,
) -> Outcome:
    """Play a script from its first chapter to its last, or to the first loss or failure.

    Without traffic time jumps, and the oracle alone judges.
    """
    outcome, began = Outcome(), time.monotonic()
    screen.opening(script, engine_name, traffic, fault)
    screen.working("starting the embedded AWS")
    progress = _Progress(screen)
    speed = traffic.speed if traffic else 0
    with ExitStack() as keep:
        aws, engine = keep.enter_context(stage(script.stack, script.config, engine_name, progress.event, speed=speed))
        saboteur = Saboteur(aws, fault, script.config.active.other) if fault else None
        staging, attended = Staging(aws, saboteur=saboteur, starting=progress.chapter), None
        if traffic:
            staging = attended = keep.enter_context(
                live(
                    aws,
                    script.config,
                    sorted({probe.entry for config in script.configs for probe in probes(config)}),
                    traffic,
                    saboteur=saboteur,
                    starting=progress.chapter,
                    waiting=progress.waiting,
                )
            )
        for scene in play(staging, engine, script):
            outcome.scenes.append(scene)
            if attended:
                attended.record(scene)
            screen.scene(scene, staging.tally)
        if traffic and attended:
            attended.close()
            outcome.recording = _recording(script, traffic, fault, attended)
    screen.closing(script, outcome, fault, time.monotonic() - began)
    return outcome


def _recording(script: Script, traffic: Traffic, fault: Fault | None, staging: LiveStaging) -> Recording:
    return Recording(
        stack=script.stack,
        topology=script.config.topology,
        region=script.config.region,
        subtitle=script.subtitle,
        speed=traffic.speed,
        rate=traffic.rate,
        fault=fault.told if fault else "",
        acts=tuple(staging.acts),
        samples=tuple(staging.samples),
    )


@contextmanager
def stage(
    stack: str,
    config: StackConfig,
    engine_name: EngineName,
    on_event: Observer = lambda _event: None,
    *,
    speed: float = 0,
) -> Generator[tuple[EmbeddedAws, Engine]]:
    """An embedded AWS with what the configuration expects of it, and an engine on it with the stack's policies.

    `speed` is model seconds per real second; at 0 time passes by `advance` only.

    Raises BlueGreenError when the Pulumi CLI is asked for and is not on PATH, or would need another stack's outputs.
    """
    if engine_name is EngineName.PULUMI and not pulumi_on_path():
        raise BlueGreenError("--engine pulumi: there is no pulumi on PATH; install it, or leave the option away")
    if engine_name is EngineName.PULUMI and config.argocd and (other := config.argocd.stack):
        raise BlueGreenError(
            f"--engine pulumi: argocd.stack is {other}, which the rehearsal's backend does not have; leave the option "
            "away, or name ArgoCD's cluster and roleArn"
        )
    if engine_name is EngineName.EMBEDDED:
        prepare("infra.program")
    with EmbeddedAws.start(config.region, speed=speed) as aws, Providers(aws) as providers:
        furnish(aws, config)
        if engine_name is EngineName.EMBEDDED:
            yield aws, embedded_engine(stack, aws, providers, on_event)
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


def embedded_engine(
    stack: str,
    aws: EmbeddedAws,
    providers: Providers,
    on_event: Observer = lambda _event: None,
    on_saved: Callable[[list[ResourceState]], None] | None = None,
    *,
    host: Host = start,
    program: Path = PROGRAM,
    environment: Mapping[str, str] | None = None,
) -> EmbeddedEngine:
    """The embedded engine for a stack, with its policies; of a program other than ours, with what that is told."""
    return EmbeddedEngine(
        NAMESPACE,
        stack,
        program,
        providers.packages,
        environment={**aws.environment(), **(environment or {})},
        host=host,
        analyzers=[Analyzer(POLICIES)],
        on_event=on_event,
        on_saved=on_saved,
    )


class _Progress:
    """Counts the resources of the running chapter."""

    def __init__(self, screen: Screen) -> None:
        self._screen, self._number, self._done = screen, 0, 0
        self._current: Chapter | None = None

    def chapter(self, number: int, chapter: Chapter) -> None:
        self._number, self._current, self._done = number, chapter, 0
        self._screen.starting(number, chapter)

    def waiting(self, left: float, tally: Tally) -> None:
        if self._current:
            self._screen.waiting(self._number, self._current, left, tally)

    def event(self, event: StepEvent) -> None:
        if event.state == "finished" and self._current:
            self._done += 1
            self._screen.progress(self._number, self._current, self._done)
