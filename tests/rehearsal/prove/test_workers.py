"""The processes that explore."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROC = Path("/proc")


@pytest.mark.skipif(not PROC.exists(), reason="processes are looked for in /proc")
def test_workers_end_when_whoever_started_them_is_killed() -> None:
    command = [str(Path(sys.executable).with_name("bluegreen")), "prove", "qa-bj", "--only", "crash", "--workers", "2"]
    proof = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(lambda: sum("rehearsal.aws" in command for command in session(proof.pid)) >= 2)
        proof.send_signal(signal.SIGKILL)
        proof.wait()
        wait_for(lambda: not session(proof.pid))
    finally:
        if session(proof.pid):
            os.killpg(proof.pid, signal.SIGKILL)


def wait_for(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def session(leader: int) -> list[str]:
    """The commands of what still runs in a session."""
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == leader:
                found.append((process / "cmdline").read_text())
        except (ProcessLookupError, FileNotFoundError):
            continue
    return [command for command in found if command]  # what has ended and nobody has asked for has none
