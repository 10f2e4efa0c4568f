"""The command line as a user meets it: what it prints, and its exit code."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from rollout.cli import main

__all__ = ["Shell"]


class Shell:
    """Runs `bluegreen` in a directory of its own, in this process."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory, self._monkeypatch, self._capsys = directory, monkeypatch, capsys

    def run(self, *arguments: str, given: bytes = b"") -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["bluegreen", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    def write(self, stack: str, text: str) -> None:
        (self.directory / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")

    def read(self, stack: str) -> str:
        return (self.directory / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")

    def commit(self) -> None:
        me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "as it was"]):
            subprocess.run(["git", *me, *command], cwd=self.directory, check=True, capture_output=True)
