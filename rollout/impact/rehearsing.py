"""The change played on the embedded AWS: what its engine previews, and how the rehearsal of this very change goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue, ValidationError

from components.errors import BlueGreenError
from components.traffic import Colour
from infra.config import NAMESPACE, StackConfig
from policies.pack import POLICIES
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Result, prepare
from rehearsal.engine.analyzer import Analyzer, Violation
from rehearsal.engine.state import ResourceState
from rehearsal.engine.values import Properties, is_secret
from rehearsal.furnish import furnish
from rehearsal.play import STORIES, Scene, Staging, play
from rehearsal.providers import Providers
from rehearsal.run import PROGRAM
from rehearsal.script import change_of
from rehearsal.stack_file import flatten
from rehearsal.story import Chapter
from rehearsal.traffic.recording import Tally
from rollout.impact.model import Played
from rollout.preview import Diagnostic, Preview, State, Step

__all__ = ["quoted", "rehearsed"]


def rehearsed(stack: str, revision: str) -> tuple[Preview, Played]:
    """Bring the stack up as it was at a git revision; preview the change since, then apply it.

    The oracle alone judges: there is no traffic. Raises BlueGreenError where the stack as it was does not come up.
    """
    script = change_of(stack, revision)
    prepare("infra.program")
    witness, previews = _Witness(), list[Preview]()
    with EmbeddedAws.start(script.config.region) as aws, Providers(aws) as providers:
        furnish(aws, script.config)
        engine = EmbeddedEngine(
            NAMESPACE,
            stack,
            PROGRAM,
            providers.ports,
            environment=aws.environment(),
            analyzers=[Analyzer(POLICIES), witness],
        )

        def look(number: int, chapter: Chapter) -> None:
            if number == 1:
                return
            flat, before = flatten(chapter.settings, script.stack), witness.take()
            previews.append(_preview(flat, engine.preview(flat), before, witness.take()))

        before, *rest = play(Staging(aws, starting=look), engine, script)
    if before.result.error:
        raise BlueGreenError(f"Pulumi.{stack}.yaml at {revision} does not come up: {before.result.error}")
    return previews[0], _played(rest[-1], script.replay)


def quoted(path: Path, stack: str, config: StackConfig) -> Played:
    """Read how a rehearsal of the change went, from `bluegreen rehearse STACK --from REF --json`.

    Raises BlueGreenError when it is of something else.
    """
    again = f"write it with: bluegreen rehearse {stack} --from main --json > {path}"
    try:
        document = STORIES.validate_json(path.read_bytes())
    except OSError as error:
        raise BlueGreenError(f"{path}: cannot be read: {error.strerror}; {again}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BlueGreenError(
            f"{path}: is not what bluegreen rehearse --json writes ({first['msg']}); {again}"
        ) from None
    story = document.get(stack)
    if not story or [scene.title for scene in story.scenes[:1]] != ["before"]:
        raise BlueGreenError(f"{path}: holds no change of {stack}; {again}")
    last = story.scenes[-1]
    if last.title == "after" and last.result.outputs and not _is_of(last.result, config):
        raise BlueGreenError(f"{path}: is of another change than the preview; {again}")
    return _played(last, f"bluegreen rehearse {stack} --from main -v", story.met)


def _is_of(result: Result, config: StackConfig) -> bool:
    weights = {colour.value: config.weights[colour] for colour in Colour if colour in config.clusters}
    return result.outputs.get("weights") == weights and result.outputs.get("topology") == config.topology


def _played(scene: Scene, replay: str, met: Tally | None = None) -> Played:
    first = scene.first_loss
    return Played(
        calls=len(scene.calls),
        lost=scene.lost,
        requests=met.sent if met else 0,
        failed=met.failed if met else 0,
        first_loss=f"after {first.operation}, {first.summary}" if first else "",
        reasons=first.verdict.reasons if first else scene.verdict.reasons if scene.lost else (),
        error=scene.result.error or "",
        replay=replay,
    )


class _Witness(Analyzer):
    """Sees what policies see, the resources of a run as they are registered, and has no opinion."""

    def __init__(self) -> None:
        super().__init__(())
        self._states: dict[str, ResourceState] = {}

    def take(self) -> Mapping[str, ResourceState]:
        """Hand over what the last run showed, and forget it."""
        taken, self._states = self._states, {}
        return taken

    def analyze(self, state: ResourceState, provider: ResourceState | None = None) -> list[Violation]:  # noqa: ARG002 - the engine's
        """Keep a resource as it is asked for: a run that fails shows no more of it."""
        self._states[state.urn] = replace(state)
        return []

    def analyze_stack(self, states: Iterable[ResourceState]) -> list[Violation]:
        """Keep all of them as they are at the end."""
        self._states = {state.urn: replace(state) for state in states}
        return []


def _preview(
    config: Mapping[str, str],
    result: Result,
    before: Mapping[str, ResourceState],
    after: Mapping[str, ResourceState],
) -> Preview:
    steps = [
        Step(
            op=step.op,
            urn=step.urn,
            old_state=_state(before.get(step.urn)),
            new_state=None if step.op == "delete" else _state(after.get(step.urn)),
            diff_reasons=step.changed,
            replace_reasons=step.changed if step.op == "replace" else None,
        )
        for step in result.steps
    ]
    lines = [Diagnostic(urn=line.urn, message=line.message, severity=line.severity) for line in result.diagnostics]
    return Preview(config=config, steps=steps, diagnostics=lines)


def _state(state: ResourceState | None) -> State | None:
    if state is None:
        return None
    return State(
        custom=state.custom,
        inputs=_plain_all(state.inputs),
        outputs=_plain_all(state.outputs),
        property_dependencies=dict[str, Sequence[str] | None](state.property_dependencies),
    )


def _plain_all(properties: Properties) -> Properties:
    return {key: _plain(value) for key, value in properties.items()}


def _plain(value: JsonValue) -> JsonValue:
    """Hide what is secret and write whole numbers as such, as the Pulumi CLI does."""
    match value:
        case _ if is_secret(value):
            return "[secret]"
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value
