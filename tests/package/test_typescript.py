"""The TypeScript example, type-checked against the SDK that Pulumi makes of the schema."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .stage import ROOT

TOOLS = ("pulumi", "pulumi-language-nodejs", "npm")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]

pytestmark = [
    pytest.mark.real_pulumi,
    pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its SDK and dependencies."""
    directory = tmp_path_factory.mktemp("typescript")
    program = directory / "program"
    shutil.copytree(ROOT / "examples/typescript", program, ignore=shutil.ignore_patterns("node_modules", "sdks"))
    schema = str(ROOT / "package/schema.json")
    run(directory, "pulumi", "package", "gen-sdk", schema, "--language", "nodejs", "--out", "sdk")
    (directory / "sdk/nodejs").rename(program / "bluegreen")
    (program / "sdks").mkdir()
    (program / "bluegreen").rename(program / "sdks/bluegreen")
    run(program, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return program


def run(directory: Path, *command: str) -> None:
    environment = {**os.environ, "PULUMI_HOME": str(directory / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def check(program: Path) -> str:
    """What the compiler finds wrong."""
    compiler = program / "node_modules/.bin/tsc"
    return subprocess.run([compiler, "-p", "."], cwd=program, capture_output=True, text=True, check=False).stdout


def test_the_example_is_of_the_types_that_the_package_has(program: Path) -> None:
    assert check(program) == ""


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("weights: { blue: 90, green: 10 }", "weights: zone.zoneId.apply(() => ({ blue: 90, green: 10 }))"),
        ('colours: ["blue", "green"]', 'colours: ["blue", "red"]'),
        ("weights: { blue: 90, green: 10 }", "wieghts: { blue: 90, green: 10 }"),
    ],
)
def test_the_compiler_refuses_what_the_package_would(program: Path, written: str, instead: str) -> None:
    main = program / "index.ts"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace(written, instead), encoding="utf-8")
    try:
        assert "error TS" in check(program)
    finally:
        main.write_text(text, encoding="utf-8")
