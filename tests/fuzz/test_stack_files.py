"""Stack files as untrusted input: each gives a plan that works, or an error that names its key and nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from components.errors import ConfigError
from infra.config import MAX_LINE, StackConfig, parse
from infra.program import deploy
from rehearsal.stack_file import StackFile, flatten
from tests.fuzz.configurations import Settings, bent, right
from tests.fuzz.texts import bent_text
from tests.recording import record

ROOT = Path(__file__).parents[2]
NAME = "Pulumi.dev-bj.yaml"
WRITTEN = {path.name: path.read_bytes() for path in sorted(ROOT.glob("Pulumi.*-*.yaml"))}
READ = [StackFile.load(name, ROOT).settings for name in WRITTEN]

BENT = bent(st.sampled_from(READ) | right())

EXAMPLES = settings.default.max_examples
few = settings(max_examples=EXAMPLES // 10)  # each runs the whole program

pytestmark = pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


def read(text: bytes, root: Path) -> StackConfig | None:
    """What a file with this text says; None where it is refused, in the way in which files are to be refused."""
    (root / NAME).write_bytes(text)
    try:
        return parse(StackFile.load("dev-bj", root).flat(), NAME)
    except ConfigError as error:
        is_clear(error)
        return None


def is_clear(error: ConfigError) -> None:
    note(str(error))
    for line in str(error).split("\n"):
        assert line.startswith(f"{NAME}: "), line
        assert line.isprintable(), line
        assert len(line) <= MAX_LINE, line


def works(config: StackConfig, *, preview: bool) -> None:
    """The program runs to its end, on what AWS would answer, or in a preview, where nothing is known."""
    clusters = [*config.clusters.values(), *config.tools.values()]
    existing = {cluster.existing: "1.33" for cluster in clusters if cluster.existing}
    assert record(lambda: deploy(config), preview=preview, existing=existing).of("LoadBalancer")


@given(right())
def test_what_is_right_is_accepted(config: Settings) -> None:
    parse(flatten(config, NAME), NAME)


@few
@given(right(), st.booleans())
def test_what_is_right_gives_a_plan(config: Settings, preview: bool) -> None:
    works(parse(flatten(config, NAME), NAME), preview=preview)


@given(config=BENT)
def test_what_is_bent_is_refused_in_clear_words_or_read(config: Settings, root: Path) -> None:
    read(json.dumps({"config": config}).encode(), root)


@given(text=bent_text(st.sampled_from(list(WRITTEN.values()))))
def test_what_is_written_badly_is_refused_in_clear_words_or_read(text: bytes, root: Path) -> None:
    read(text, root)


@few
@given(BENT, st.booleans())
def test_what_is_bent_and_read_gives_a_plan(config: Settings, preview: bool) -> None:
    try:
        read = parse(flatten(config, NAME), NAME)
    except ConfigError as error:
        is_clear(error)
        return
    works(read, preview=preview)
