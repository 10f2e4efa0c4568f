"""Planted secrets: what the environment, a stack file or a preview holds never shows in what people and CIs read."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.config import NAMESPACE
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, prepare
from rehearsal.providers import Providers
from rehearsal.run import PROGRAM
from rehearsal.script import load
from rehearsal.stack_file import flatten
from rollout.cli import main
from rollout.editing import put
from tests.rollout.recorded import PREVIEWS
from tests.rollout.stage import stack_file

PLANTED = "hunter2"
"""In every secret, so that one search finds any of them."""
ENVIRONMENT = {
    name: f"{PLANTED}-{name}"
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "GITHUB_TOKEN",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_CONFIG_PASSPHRASE",
    )
}
KUBECONFIG = json.dumps({"users": [{"user": {"token": f"{PLANTED}-kubeconfig"}}]})


class Shell:
    """Runs `bluegreen` among the planted secrets; what it prints, and what it leaves behind."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._monkeypatch, self._capsys = root, monkeypatch, capsys

    def run(self, *arguments: str) -> tuple[int, str]:
        self._monkeypatch.setattr(sys, "argv", ["bluegreen", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        left = [path.read_text(encoding="utf-8") for path in self.root.rglob("*.json") if "preview" not in path.name]
        return int(ended.value.code or 0), "\n".join([printed.out, printed.err, *left])


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def edited(shell: Shell) -> Shell:
    """A repository whose change brings new secrets, where somebody has put them into the stack file."""
    path = shell.root / "Pulumi.dev-nx.yaml"
    written = stack_file("dev-nx")
    secrets = "  aws:secretKey: {0}-1\n  kubernetes:kubeconfig: '{{token: {0}-2}}'\n"
    path.write_text(written + secrets.format(PLANTED + "-old"), encoding="utf-8")
    me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "as it was"]):
        subprocess.run(["git", *me, *command], cwd=shell.root, check=True, capture_output=True)
    changed = put(written, ("config", "dkms:protect"), value=False)
    path.write_text(changed + secrets.format(PLANTED + "-new"), encoding="utf-8")
    return shell


@pytest.mark.parametrize(
    "command",
    [
        ("rehearse", "dev-nx", "--no-traffic", "-v", "--from", "HEAD"),
        ("rehearse", "dev-nx", "--no-traffic", "--json", "--from", "HEAD"),
        ("impact", "dev-nx", "--format", "markdown", "--from", "HEAD"),
        ("impact", "dev-nx", "--format", "json", "--from", "HEAD"),
        ("status", "dev-nx"),
    ],
    ids=" ".join,
)
def test_of_a_stack_file(edited: Shell, command: tuple[str, ...]) -> None:
    code, shown = edited.run(*command)
    assert code == 0, shown
    assert PLANTED not in shown


def test_an_error_at_an_encrypted_value_does_not_show_it(shell: Shell) -> None:
    text = stack_file("dev-nx") + f"  dkms:password: {{secure: {PLANTED}}}\n"
    (shell.root / "Pulumi.dev-nx.yaml").write_text(text, encoding="utf-8")
    code, shown = shell.run("rehearse", "dev-nx", "--no-traffic")
    assert (code, PLANTED in shown) == (2, False)
    assert "dkms:password: is a secret" in " ".join(shown.split())


def test_an_error_at_a_key_that_is_there_twice_does_not_show_it(shell: Shell) -> None:
    text = stack_file("dev-nx") + f"  aws:secretKey: {PLANTED}-1\n  aws:secretKey: {PLANTED}-2\n"
    (shell.root / "Pulumi.dev-nx.yaml").write_text(text, encoding="utf-8")
    code, shown = shell.run("rehearse", "dev-nx", "--no-traffic")
    assert (code, PLANTED in shown) == (2, False)
    assert "found duplicate key" in shown


@pytest.mark.parametrize("format_", ["markdown", "terminal", "json"])
@pytest.mark.parametrize("name", ["shared-nlb-canary-and-more", "shared-nlb-as-is-to-to-be"])
def test_of_a_preview_in_the_clear(shell: Shell, name: str, format_: str) -> None:
    raw = json.loads((PREVIEWS / f"{name}.json").read_text(encoding="utf-8"))
    stack = re.search(r"urn:pulumi:([^:]+)::", json.dumps(raw))
    assert stack
    for step in raw["steps"]:
        for state in filter(None, (step.get("oldState"), step.get("newState"))):
            plant(state)
    (shell.root / "preview.json").write_text(json.dumps(raw), encoding="utf-8")
    (shell.root / f"Pulumi.{stack[1]}.yaml").write_text(stack_file("dev-nx"), encoding="utf-8")
    code, shown = shell.run("impact", stack[1], "--preview", "preview.json", "--format", format_)
    assert code in (0, 3), shown
    assert PLANTED not in shown


def plant(state: dict[str, Any]) -> None:
    for part in ("inputs", "outputs"):
        state.setdefault(part, {}).update(kubeconfig=KUBECONFIG, password=f"{PLANTED}-{part}")


def test_of_the_environment_in_the_state_outputs_and_diagnostics(tmp_path: Path, shell: Shell) -> None:
    (shell.root / "Pulumi.dev-nx.yaml").write_text(stack_file("dev-nx"), encoding="utf-8")
    file, config = load("dev-nx")
    prepare("infra.program")
    state = tmp_path / "state"
    with EmbeddedAws.start(config.region) as aws, Providers(aws) as providers:
        engine = EmbeddedEngine(
            NAMESPACE, "dev-nx", PROGRAM, providers.ports, state_file=state, environment=aws.environment()
        )
        result = engine.up(flatten(file.settings, "dev-nx"))
    assert result.error is None
    assert "dkms-blue" in state.read_text(encoding="utf-8")
    assert PLANTED not in state.read_text(encoding="utf-8")
    assert PLANTED not in result.model_dump_json()
