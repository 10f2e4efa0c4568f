"""What a result was measured on, and what a command costs."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep

__all__ = ["Cost", "run", "where"]

_LOOK = 0.05


def where() -> str:
    """The day, the machine and Python, in a line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return (
        f"{date.today().isoformat()}, {os.cpu_count()} cores, {cpu}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


@dataclass(frozen=True)
class Cost:
    """What a command took, with all processes that it started."""

    seconds: float
    memory: float
    """MB that all of them held at most; what they share, such as forked pages, counts once."""
    output: str


def run(*command: str, directory: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end. Raises CalledProcessError if it fails."""
    began, peak = monotonic(), 0.0
    with TemporaryFile("w+") as output:
        process = subprocess.Popen(  # noqa: S603 - our own
            command,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdout=output,
            start_new_session=True,
        )
        while process.poll() is None:
            peak = max(peak, _held(process.pid))
            sleep(_LOOK)
        took = monotonic() - began
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, printed)
    return Cost(took, peak, printed)


def _held(session: int) -> float:
    return sum(map(_proportional, _members(session))) / 1024


def _members(session: int) -> Sequence[Path]:
    found: list[Path] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == session:
                found.append(process)
        except ProcessLookupError:
            continue
    return found


def _proportional(process: Path) -> int:
    """KB of a process, its share of what it shares with others."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
