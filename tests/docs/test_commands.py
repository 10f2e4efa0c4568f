"""Every command that a page shows is run, or held to the program that it is for."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from rehearsal.engine.real import pulumi_on_path
from rehearsal.stack_file import stacks
from tests.shell import Shell

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
WITHOUT_ACCOUNT = {
    "rehearse": ["--no-traffic"],
    "shift": ["--engine", "rehearsal", "--no-traffic"],
    "retire": ["--engine", "rehearsal", "--no-traffic"],
}
"""What lets a command that would take an account, or minutes, do the same with neither."""
ELSEWHERE = ("sandbox ", "adopt ", "probe ")
"""What has tests of its own that run it."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def shown() -> Iterator[list[str]]:
    for block in (block for page in PAGES for block in blocks(page, "sh")):
        lines = block.replace("\\\n", " ").splitlines()
        yield from filter(None, (shlex.split(line, comments=True) for line in lines))


def commands(program: str) -> list[str]:
    """Each once; comments and where the program stands left out."""
    found = (shlex.join(words[1:]) for words in shown() if Path(words[0]).name == program)
    return list(dict.fromkeys(found))


def test_pages_show_commands_of_known_programs_only() -> None:
    assert {Path(words[0]).name for words in shown()} == {"make", "bluegreen", "pulumi"}


@pytest.mark.parametrize("command", commands("make"))
def test_make_has_the_target(command: str) -> None:
    """What the targets do is what this very run, the workflows and the other tests do."""
    assert subprocess.run(["make", "--dry-run", *shlex.split(command)], cwd=ROOT, capture_output=True).returncode == 0


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name in stacks(ROOT):
        shutil.copy(ROOT / f"Pulumi.{name}.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.commit()
    return shell


def edit(shell: Shell, stack: str, **keys: object) -> None:
    yaml, path = YAML(), shell.directory / f"Pulumi.{stack}.yaml"
    document = yaml.load(path)
    document["config"].update({f"dkms:{key}": value for key, value in keys.items()})
    yaml.dump(document, path)


def harmless(command: str) -> str:
    """The command as it runs here: those that differ in what takes an account, or in how much they tell, are one."""
    words = [word for word in shlex.split(command) if word not in ("--live", "-v")]  # --live asks the Pulumi CLI
    return shlex.join(words + [each for each in WITHOUT_ACCOUNT.get(words[0], ()) if each not in words])


@pytest.mark.parametrize(
    "command",
    dict.fromkeys(harmless(each) for each in commands("bluegreen") if not each.startswith(ELSEWHERE)),
)
def test_bluegreen_does_it(command: str, shell: Shell) -> None:
    words = shlex.split(command)
    both = {"blue": {"version": "1.31" if words[1:2] == ["qa-bj"] else "1.30"}, "green": {"version": "1.33"}}
    if "--from" in words:
        edit(shell, words[1], clusters=both)
    at_once = "--steps" in words and words[words.index("--steps") + 1] == "100"
    if (words[0] == "retire" and "blue" in words) or at_once:
        edit(shell, words[1], clusters=both, active="green")
    if at_once:  # the way back from everything, which prod takes at once only when told so
        edit(shell, words[1], gates={"firstStep": 100})
    if "--service" in words:
        edit(shell, words[1], services={"dkms": {}, "keys": {"port": 8081, "paths": ["/keys/*"], "order": 2}})
    code, out, error = shell.run(*words)
    assert code == 0, f"{out}\n{error}"


def test_the_first_change_of_a_newcomer_is_refused_until_it_is_two(shell: Shell) -> None:
    added = YAML().load(blocks(ROOT / "docs" / "index.md", "yaml")[0])
    keys = {key.removeprefix("dkms:"): value for key, value in added.items()}
    edit(shell, "qa-bj", **keys)
    assert shell.run("rehearse", "qa-bj", "--from", "HEAD", "--no-traffic")[0] != 0
    assert shell.run("impact", "qa-bj", "--from", "HEAD")[0] != 0
    shell.write("qa-bj", (ROOT / "Pulumi.qa-bj.yaml").read_text(encoding="utf-8"))
    edit(shell, "qa-bj", clusters=keys["clusters"])
    assert shell.run("rehearse", "qa-bj", "--from", "HEAD", "--no-traffic")[0] == 0
    assert shell.run("impact", "qa-bj", "--from", "HEAD")[0] == 0


@pytest.mark.real_pulumi
@pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH")
@pytest.mark.parametrize("command", commands("pulumi"))
def test_pulumi_has_the_command_and_its_options(command: str) -> None:
    words = shlex.split(command)
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    named = [word for word in words if re.fullmatch("[a-z]+", word)]
    told = subprocess.run(["pulumi", *named[:2], "--help"], capture_output=True, text=True)
    assert told.returncode == 0
    assert [option for option in options if option not in told.stdout] == []
