"""The change played on the embedded AWS: what its engine previews, and how the rehearsal of this very change goes."""

from pathlib import Path

from pydantic import ValidationError

from components.errors import BlueGreenError
from components.traffic import Colour
from infra.config import NAMESPACE, StackConfig
from policies.pack import POLICIES
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Result, prepare
from rehearsal.engine.analyzer import Analyzer
from rehearsal.furnish import furnish
from rehearsal.play import STORIES, Scene, Staging, play
from rehearsal.providers import Providers
from rehearsal.run import PROGRAM
from rehearsal.script import change_of
from rehearsal.stack_file import flatten
from rehearsal.story import Chapter
from rehearsal.traffic.recording import Tally
from rollout.embedded import Witness, preview_of
from rollout.impact.model import Played
from rollout.preview import Preview

__all__ = ["quoted", "rehearsed"]


def rehearsed(stack: str, revision: str) -> tuple[Preview, Played]:
    """Bring the stack up as it was at a git revision, if it was; preview the change since, then apply it.

    The oracle alone judges: there is no traffic. Raises BlueGreenError where the stack as it was does not come up.
    """
    script = change_of(stack, revision)
    prepare("infra.program")
    witness, previews = Witness(), list[Preview]()
    with EmbeddedAws.start(script.config.region) as aws, Providers(aws) as providers:
        furnish(aws, script.config)
        engine = EmbeddedEngine(
            NAMESPACE,
            stack,
            PROGRAM,
            providers.packages,
            environment=aws.environment(),
            analyzers=[Analyzer(POLICIES), witness],
        )

        def look(number: int, chapter: Chapter) -> None:
            if number < len(script.chapters):
                return
            flat, before = flatten(chapter.settings, script.stack), witness.take()
            previews.append(preview_of(flat, engine.preview(flat), before, witness.take()))

        *_, last = play(Staging(aws, starting=look), engine, script)
    if not previews:
        raise BlueGreenError(
            f"Pulumi.{stack}.yaml at {revision} does not come up: {last.result.error or 'it loses traffic'}"
        )
    return previews[0], _played(last, script.replay)


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
    if not story or not story.scenes or story.scenes[0].title not in ("before", "after"):
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
