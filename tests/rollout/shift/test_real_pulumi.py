"""A shift by the real Pulumi CLI, in a project directory as a user has it, against `bluegreen sandbox`."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.config import parse
from rehearsal.aws import EmbeddedAws
from rehearsal.engine.real import pulumi_on_path
from rehearsal.play import probes
from rehearsal.stack_file import StackFile
from tests.rollout.stage import ROOT, stack_file

pytestmark = [
    pytest.mark.real_pulumi,
    pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
]


def run(command: list[str], root: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)


@contextmanager
def in_sandbox(root: Path, stack: str, text: str, *options: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """A project directory with one stack file, and the environment of its sandbox."""
    for name in ("infra", "components", "policies", "rehearsal", "rollout", ".venv"):
        (root / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Pulumi.yaml", root)
    (root / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("bluegreen")), "sandbox", stack, *options]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as sandbox:
        assert sandbox.stdout
        given: dict[str, str] = {}
        while "PULUMI_CONFIG_PASSPHRASE" not in given:
            found = re.fullmatch(r"export (\w+)='?(.*?)'?\n", sandbox.stdout.readline())
            assert found
            given[found[1]] = found[2]
        yield root, {**os.environ, **given}
        sandbox.send_signal(signal.SIGTERM)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    with in_sandbox(tmp_path, "dev-nx", stack_file("dev-nx")) as found:
        yield found


def test_a_shift_there_and_a_refusal(project: tuple[Path, dict[str, str]]) -> None:
    root, environment = project
    bluegreen = str(Path(sys.executable).with_name("bluegreen"))
    shift = [bluegreen, "shift", "dev-nx", "--to", "green", "--yes", "--steps", "10,100", "--bake", "3m"]

    unknown = run(shift, root, environment)
    assert (unknown.returncode, "no stack named 'dev-nx' found" in unknown.stderr) == (2, True), unknown.stderr

    for command in (["stack", "init", "dev-nx"], ["up", "--yes", "--skip-preview", "--stack", "dev-nx"]):
        done = run(["pulumi", *command], root, environment)
        assert done.returncode == 0, done.stdout + done.stderr
    file = StackFile.load("dev-nx", root)
    with EmbeddedAws.attach(int(environment["AWS_ENDPOINT_URL"].rpartition(":")[2]), "cn-northwest-1") as aws:
        aws.advance(300)
        aws.watch(probes(parse(file.flat())))
        aws.advance(300)
        before, since = (root / file.name).read_text(encoding="utf-8"), len(aws.calls())
        done = run(shift, root, environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert [call.operation for call in aws.calls(since)] == ["ModifyListener"] * 2
        assert max(call.verdict.lost for call in aws.calls(since)) == 0
        assert aws.verdict().probes[0].shares == {"green": 100.0}
    assert "✓ blue 90 · green 10" in done.stdout
    after = (root / file.name).read_text(encoding="utf-8")
    assert after == before.replace("dkms:active: blue", "dkms:active: green")

    early = run([bluegreen, "retire", "dev-nx", "blue", "--yes"], root, environment)
    assert (early.returncode, "blue is not to be retired yet" in early.stderr) == (2, True), early.stderr
    assert (root / file.name).read_text(encoding="utf-8") == after
