"""Arguments and files of `bluegreen` as untrusted input: documented exit codes, clear words, never a traceback."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from rollout.cli import main
from tests.fuzz.hostile import TEXTS
from tests.rollout.recorded import PREVIEWS

ROOT = Path(__file__).parents[2]
BLUEGREEN = [sys.executable, "-c", "from rollout.cli import main; main()"]
TYPED = [text for text in TEXTS if "\0" not in text and text.isprintable()]
FILES = (".", "/dev/null", "/proc/self/mem", "Pulumi.dev-bj.yaml", "binary", "missing", "preview.json", "-", "x" * 300)
REVISIONS = (
    "--upload-pack=touch owned",
    "--output=owned",
    "-x",
    "HEAD",
    "HEAD:",
    "@{-1}",
    ":/x",
    "main..HEAD",
    "'; touch owned",
)
OPTIONS = {
    "impact": ("--preview", "--from", "--rehearsal", "--format", "--strict", "-v"),
    "status": ("--all", "--json"),
    "shift": ("--to", "--steps", "--bake", "--on-failure", "--engine", "--yes"),
    "retire": ("blue", "--engine", "--yes"),
    "rehearse": ("--from", "--to", "--engine", "--rate", "--speed", "--fault", "--report", "--json"),
    "sandbox": ("--help",),
}


@pytest.fixture(scope="module", autouse=True)
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made, before = tmp_path_factory.mktemp("here"), Path.cwd()
    (made / "Pulumi.dev-bj.yaml").write_bytes((ROOT / "Pulumi.dev-bj.yaml").read_bytes())
    (made / "Pulumi.wrong.yaml").write_text("config: {dkms:topology: [/red]}\n", encoding="utf-8")
    (made / "Pulumi.folder.yaml").mkdir()
    (made / "preview.json").write_bytes((PREVIEWS / "shared-nlb-canary.json").read_bytes())
    (made / "binary").write_bytes(bytes(range(256)) * 40)
    os.chdir(made)
    yield made
    os.chdir(before)


def run(*arguments: str, typed: bytes = b"") -> tuple[int, str, str]:
    """Run the command line in this process: an exception that it lets through is the test's."""
    given_, out, err = io.TextIOWrapper(io.BytesIO(typed)), io.StringIO(), io.StringIO()
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch("sys.argv", ["bluegreen", *arguments]),
        patch("sys.stdin", given_),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return int(ended.value.code or 0), out.getvalue(), err.getvalue()


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, ...]:
    """A command that cannot start anything: what it is to work on is not there, or not right."""
    command = draw(st.sampled_from(sorted(OPTIONS)))
    stacks = [*TYPED, "wrong", "folder", "../dev-bj", "/etc/passwd", "a" * 101, "Pulumi.x.yaml"]
    stack = draw(st.sampled_from([*stacks, "dev-bj"] if command in ("impact", "status") else stacks))
    words = [stack]
    for option in draw(st.lists(st.sampled_from(OPTIONS[command]), max_size=3)):
        words += [option, draw(st.sampled_from([*TYPED, *FILES, *REVISIONS, "dev-bj"]))]
    # No stack by chance: what begins with a hyphen is read as an option, and the next word as the stack.
    return (command, *(word for word in words if word != "dev-bj" or command in ("impact", "status")))


@given(lines())
def test_whatever_is_typed_is_answered(line: tuple[str, ...]) -> None:
    code, out, err = run(*line)
    note(out + err)
    assert code in (0, 2, 3)
    assert out or err
    assert not Path("owned").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_preview_is_refused_in_a_line(name: str) -> None:
    code, out, err = run("impact", "dev-bj", "--preview", name)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_a_stack_is_known_by_its_files_name_in_every_command() -> None:
    code, out, _ = run("status", "Pulumi.dev-bj.yaml", "--json")
    assert (code, '"stack": "dev-bj"' in out) == (0, True)
    _, _, err = run("impact", "Pulumi.dev-bj.yaml", "--preview", "preview.json")
    assert "not of dev-bj;" in err


def test_what_a_stack_is_called_is_no_markup() -> None:
    code, out, _ = run("status", "[/red]")
    assert (code, "[/red]" in out) == (2, True)


@pytest.mark.parametrize(
    ("reason", "environment"),
    [("dumb", {"TERM": "dumb"}), ("narrow", {"COLUMNS": "1"}), ("C", {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})],
)
def test_a_poor_terminal_is_no_reason_to_crash(reason: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*BLUEGREEN, "status"], capture_output=True, text=True, env={**os.environ, **environment}, timeout=60
    )
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), reason  # two of the stacks here are wrong


@pytest.mark.parametrize(
    "shell",
    [
        "{} status | true",
        "{} status >&-",
        "{} impact dev-bj <&-",
        "{} status --json | head -c 1",
        "{} impact dev-bj --preview preview.json 2>&-",
    ],
)
def test_streams_that_are_closed_are_no_reason_to_crash(shell: str) -> None:
    line = shell.format(f"'{sys.executable}' -c 'from rollout.cli import main; main()'")
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=60, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr
