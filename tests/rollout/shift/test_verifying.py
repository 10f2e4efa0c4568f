"""The command that a colour must pass before its first traffic."""

import os
import sys
import time
from pathlib import Path

import pytest

from components.gates.model import Verify
from components.traffic import Colour
from rollout.shift.verifying import VerifyError, surroundings, verify
from rollout.state import Kept, State


def run(*command: str, timeout: int = 30, **environment: str) -> list[str]:
    said: list[str] = []
    verify(Verify(command=command, timeout=timeout), environment, said.append)
    return said


def python(code: str, **given: object) -> list[str]:
    return run(sys.executable, "-c", code, **given)  # type: ignore[arg-type]


def test_what_it_writes_is_heard_line_by_line_from_both_streams_and_moves_no_cursor() -> None:
    code = "import os, sys; print(os.environ['BLUEGREEN_COLOUR'], flush=True); print('\\x1b[2Jwhat', file=sys.stderr)"
    assert python(code, BLUEGREEN_COLOUR="green") == ["    | green", "    | \ufffd[2Jwhat"]


def test_a_line_is_heard_when_it_is_written() -> None:
    heard: list[float] = []
    code = "import time; print('a', flush=True); time.sleep(1.5)"
    verify(Verify(command=(sys.executable, "-c", code)), {}, lambda _: heard.append(time.monotonic()))
    assert time.monotonic() - heard[0] > 1


@pytest.mark.parametrize(
    ("command", "because"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "ended with 3; mend what it found"),
        ((sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), "was killed by SIGKILL"),
        (("no-such-command-anywhere",), "cannot be run: No such file or directory; nothing has changed"),
        (("/etc/passwd",), "cannot be run: Permission denied; nothing has changed"),
    ],
)
def test_whatever_is_not_0_is_told(command: tuple[str, ...], because: str) -> None:
    with pytest.raises(VerifyError, match=because):
        run(*command)


def test_one_that_takes_too_long_is_stopped_with_all_that_it_has_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    began = time.monotonic()
    with pytest.raises(VerifyError, match="was stopped after 1 s, its timeout"):
        run("sh", "-c", f"sleep 60 & echo $! > {pid}; wait", timeout=1)
    assert time.monotonic() - began < 10
    assert_gone(int(pid.read_text()))


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify(Verify(command=("sh", "-c", f"echo $$ > {pid}; echo up; sleep 60")), {}, interrupted)
    assert_gone(int(pid.read_text()))


def assert_gone(pid: int) -> None:
    """A process that nobody has reaped yet is gone as well."""
    for _ in range(50):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        time.sleep(0.1)
    pytest.fail(f"{pid} is still there")


def test_what_it_is_told() -> None:
    address = {"url": "https://dkms.example.cn/", "headers": {"X-Bluegreen-Colour": "green"}}
    urn = "urn:pulumi:qa-bj::dkms::pulumi:pulumi:Stack::dkms-qa-bj"
    state = State(resources=[Kept(urn=urn, type="pulumi:pulumi:Stack", outputs={"addresses": {"green": address}})])
    assert surroundings("qa-bj", Colour.GREEN, state, "keys") == {
        "BLUEGREEN_STACK": "qa-bj",
        "BLUEGREEN_COLOUR": "green",
        "BLUEGREEN_ADDRESS": "https://dkms.example.cn/",
        "BLUEGREEN_HEADER": "X-Bluegreen-Colour: green",
        "BLUEGREEN_SERVICE": "keys",
    }
    with pytest.raises(VerifyError, match="qa-bj: blue has no address of its own; `pulumi up` first"):
        surroundings("qa-bj", Colour.BLUE, state)
