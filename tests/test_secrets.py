"""Planted secrets: what the environment, a stack file or a preview holds never shows in what people and CIs read."""

import json
import re
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
from rollout import comment
from rollout.editing import put
from tests.rollout.recorded import PREVIEWS
from tests.rollout.stage import stack_file
from tests.shell import Shell

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


class Leaking(Shell):
    def told(self, *arguments: str) -> tuple[int, str]:
        """Run it among the planted secrets; the exit code, what it prints, and what it leaves behind."""
        code, *printed = self.run(*arguments)
        left = [path for path in self.directory.rglob("*.*") if path.suffix in (".json", ".html")]
        left = [path for path in left if "preview" not in path.name]
        return code, "\n".join([*printed, *(path.read_text(encoding="utf-8") for path in left)])


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leaking:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return Leaking(tmp_path, monkeypatch, capsys)


@pytest.fixture
def edited(shell: Leaking) -> Leaking:
    """A repository whose change brings new secrets, where somebody has put them into the stack file."""
    path = shell.directory / "Pulumi.dev-nx.yaml"
    written = stack_file("dev-nx")
    secrets = "  aws:secretKey: {0}-1\n  kubernetes:kubeconfig: '{{token: {0}-2}}'\n"
    path.write_text(written + secrets.format(PLANTED + "-old"), encoding="utf-8")
    shell.commit()
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
        ("prove", "dev-nx", "--from", "HEAD", "--only", "crash"),
    ],
    ids=" ".join,
)
def test_of_a_stack_file(edited: Leaking, command: tuple[str, ...]) -> None:
    code, shown = edited.told(*command)
    assert code == 0, shown
    assert PLANTED not in shown


@pytest.mark.traffic
def test_of_a_stack_file_in_the_page_of_live_traffic(edited: Leaking) -> None:
    code, shown = edited.told("rehearse", "dev-nx", "--from", "HEAD")
    assert code == 0, shown
    assert "<html" in shown
    assert PLANTED not in shown


def test_an_error_at_an_encrypted_value_does_not_show_it(shell: Leaking) -> None:
    text = stack_file("dev-nx") + f"  dkms:password: {{secure: {PLANTED}}}\n"
    (shell.directory / "Pulumi.dev-nx.yaml").write_text(text, encoding="utf-8")
    code, shown = shell.told("rehearse", "dev-nx", "--no-traffic")
    assert (code, PLANTED in shown) == (2, False)
    assert "dkms:password: is a secret" in " ".join(shown.split())


def test_an_error_at_a_key_that_is_there_twice_does_not_show_it(shell: Leaking) -> None:
    text = stack_file("dev-nx") + f"  aws:secretKey: {PLANTED}-1\n  aws:secretKey: {PLANTED}-2\n"
    (shell.directory / "Pulumi.dev-nx.yaml").write_text(text, encoding="utf-8")
    code, shown = shell.told("rehearse", "dev-nx", "--no-traffic")
    assert (code, PLANTED in shown) == (2, False)
    assert "found duplicate key" in shown


@pytest.mark.parametrize(
    ("settings", "preview", "reason"),
    [
        pytest.param(f"  dkms:password: {{secure: {PLANTED}}}\n", "", "is a secret", id="an encrypted value"),
        pytest.param(f"  dkms:password: {PLANTED}\n", "", "dkms:password", id="a key of nobody's"),
        pytest.param("", f'{{"password": "{PLANTED}"', "is not whole JSON", id="a preview cut short"),
        pytest.param("", f'{{"steps": [{{"op": 1, "urn": "{PLANTED}"}}]}}', "steps", id="a preview of something else"),
    ],
)
def test_of_why_a_change_is_not_judged_in_a_comment(
    shell: Leaking, settings: str, preview: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.write("dev-nx", stack_file("dev-nx"))
    shell.commit()
    shell.write("dev-nx", stack_file("dev-nx") + settings)
    source = ["--from", "HEAD"]
    if preview:
        (shell.directory / "preview.json").write_text(preview, encoding="utf-8")
        source = ["--preview", "preview.json"]
    code, _, why = shell.run("impact", "dev-nx", *source, "--format", "markdown")
    (shell.directory / "dev-nx.err").write_text(why, encoding="utf-8")
    comment.main([str(shell.directory), "dev-nx", "--link", "https://example.cn"])
    shown = capsys.readouterr().out
    assert (code, "not judged" in shown, reason in shown) == (2, True, True), shown
    assert PLANTED not in shown


@pytest.mark.parametrize("format_", ["markdown", "terminal", "json"])
@pytest.mark.parametrize("name", ["shared-nlb-canary-and-more", "shared-nlb-as-is-to-to-be"])
def test_of_a_preview_in_the_clear(shell: Leaking, name: str, format_: str) -> None:
    raw = json.loads((PREVIEWS / f"{name}.json").read_text(encoding="utf-8"))
    stack = re.search(r"urn:pulumi:([^:]+)::", json.dumps(raw))
    assert stack
    for step in raw["steps"]:
        for state in filter(None, (step.get("oldState"), step.get("newState"))):
            plant(state)
    (shell.directory / "preview.json").write_text(json.dumps(raw), encoding="utf-8")
    (shell.directory / f"Pulumi.{stack[1]}.yaml").write_text(stack_file("dev-nx"), encoding="utf-8")
    code, shown = shell.told("impact", stack[1], "--preview", "preview.json", "--format", format_)
    assert code in (0, 3), shown
    assert PLANTED not in shown


def plant(state: dict[str, Any]) -> None:
    for part in ("inputs", "outputs"):
        state.setdefault(part, {}).update(kubeconfig=KUBECONFIG, password=f"{PLANTED}-{part}")


def test_of_the_environment_in_the_state_outputs_and_diagnostics(tmp_path: Path, shell: Leaking) -> None:
    (shell.directory / "Pulumi.dev-nx.yaml").write_text(stack_file("dev-nx"), encoding="utf-8")
    file, config = load("dev-nx")
    prepare("infra.program")
    state = tmp_path / "state"
    with EmbeddedAws.start(config.region) as aws, Providers(aws) as providers:
        engine = EmbeddedEngine(
            NAMESPACE, "dev-nx", PROGRAM, providers.packages, state_file=state, environment=aws.environment()
        )
        result = engine.up(flatten(file.settings, "dev-nx"))
    assert result.error is None
    assert "dkms-blue" in state.read_text(encoding="utf-8")
    assert PLANTED not in state.read_text(encoding="utf-8")
    assert PLANTED not in result.model_dump_json()
