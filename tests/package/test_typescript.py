"""The TypeScript example, with the SDK that Pulumi makes of the schema: run on both engines, and type-checked."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from rehearsal.aws import EmbeddedAws
from rehearsal.engine import Engine, Operation

from ..rehearsal.engine.harness import ENGINES
from . import node
from .stage import ROOT, Stage, running

MAIN = ROOT / "examples/typescript/index.ts"
RECORD = "aws:route53/record:Record"
WEIGHTS = "weights: { blue: 90, green: 10 }"
MISSING = [tool for tool in ("node", "npm") if not shutil.which(tool)]
GENERATOR = [tool for tool in ("pulumi", "pulumi-language-nodejs") if not shutil.which(tool)]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The example with its dependencies, which stay from one session to the next, and its SDK."""
    program = pytestconfig.cache.mkdir("typescript")
    shutil.copytree(MAIN.parent, program, ignore=shutil.ignore_patterns("node_modules", "sdks"), dirs_exist_ok=True)
    sdk = program / "sdks/bluegreen"
    shutil.rmtree(sdk, ignore_errors=True)
    if GENERATOR:
        shutil.copytree(Path(__file__).parent / "sdk", sdk)
        shutil.copy(ROOT / "package/schema.json", sdk)
    else:
        generate(tmp_path_factory.mktemp("sdk"), sdk)
    node.install(program)
    return program


def generate(directory: Path, sdk: Path) -> None:
    command = ["pulumi", "package", "gen-sdk", str(ROOT / "package/schema.json"), "--language", "nodejs", "--out", "."]
    environment = {**os.environ, "PULUMI_HOME": str(directory / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.move(directory / "nodejs", sdk)


class TypeScriptStage(Stage):
    """The example in TypeScript, whose text is edited."""

    port = 80

    def __init__(self, aws: EmbeddedAws, engine: Engine, program: Path) -> None:
        super().__init__(aws, engine)
        self._file = program / MAIN.name
        self.text = MAIN.read_text(encoding="utf-8")

    @override
    def write(self) -> None:
        self._file.write_text(self.text, encoding="utf-8")

    @override
    def weigh(self, blue: int, green: int) -> None:
        self.replace(WEIGHTS, f'weights: {{ blue: {blue}, green: {green} }}, gates: {{ silence: "passes" }}')

    def replace(self, written: str, instead: str) -> None:
        assert written in self.text
        self.text = self.text.replace(written, instead)


@pytest.fixture(params=ENGINES)
def stage(request: pytest.FixtureRequest, program: Path) -> Iterator[TypeScriptStage]:
    if request.param == "pulumi" and GENERATOR:
        pytest.skip(f"not on PATH: {', '.join(GENERATOR)}")
    untyped = {"PULUMI_NODEJS_TRANSPILE_ONLY": "true"}  # types have tests of their own
    with running(request.param, program, environment=untyped, host=node.start, runtime="nodejs") as (aws, engine):
        yield TypeScriptStage(aws, engine, program)


def test_the_example_runs_from_its_preview_to_its_end(stage: TypeScriptStage) -> None:
    created = stage.created()
    assert created.outputs["endpoint"] == "http://keys.example.cn/"
    stage.settle()
    assert stage.shares() == {"blue": 90, "green": 10}
    assert {step.op for step in stage.up().steps} == {Operation.SAME}

    shifted, made = stage.to(50, 50)
    assert shifted.error is None
    assert {(step.op, step.type) for step in shifted.changes} == {(Operation.UPDATE, RECORD)}
    assert [call.operation for call in made] == ["ChangeResourceRecordSets"] * 2
    assert stage.shares() == {"blue": 50, "green": 50}

    stage.replace("    region,\n", "    region,\n    protect: false,\n")
    assert stage.up().error is None
    assert stage.destroy().error is None
    assert stage.aws.snapshot().listeners == {}


@pytest.fixture
def compiled(program: Path) -> Callable[[str], str]:
    """What the compiler finds wrong with a text of the program."""
    if GENERATOR:
        pytest.skip(f"not on PATH: {', '.join(GENERATOR)}")

    def check(text: str) -> str:
        (program / MAIN.name).write_text(text, encoding="utf-8")
        compiler = program / "node_modules/.bin/tsc"
        return subprocess.run([compiler, "-p", "."], cwd=program, capture_output=True, text=True).stdout

    return check


@pytest.mark.real_pulumi
def test_the_example_is_of_the_types_that_the_package_has(compiled: Callable[[str], str]) -> None:
    assert compiled(MAIN.read_text(encoding="utf-8")) == ""


@pytest.mark.real_pulumi
@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (WEIGHTS, "weights: zone.zoneId.apply(() => ({ blue: 90, green: 10 }))"),
        ('colours: ["blue", "green"]', 'colours: ["blue", "red"]'),
        (WEIGHTS, "wieghts: { blue: 90, green: 10 }"),
    ],
)
def test_the_compiler_refuses_what_the_package_would(
    compiled: Callable[[str], str], written: str, instead: str
) -> None:
    text = MAIN.read_text(encoding="utf-8")
    assert written in text
    assert "error TS" in compiled(text.replace(written, instead))
