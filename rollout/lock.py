"""One rollout at a time on a stack, and what is left of one that was killed.

The operating system holds the lock for as long as its process lives. What the file says outlives it: a rollout that
ends by itself empties the file, so whoever finds words in it finds what a killed one was about to do.
"""

import fcntl
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from components.errors import BlueGreenError
from components.traffic import Colour, Weights

__all__ = ["Journal", "Note", "holder", "lock"]

DIRECTORY = Path(".bluegreen")


class Note(BaseModel):
    """What a rollout is doing, for whoever comes after it."""

    model_config = ConfigDict(frozen=True)

    doing: str
    """In words: `shift to green`."""
    pid: int
    host: str
    since: datetime
    to: Colour | None = None
    """Where a shift is going."""
    service: str | None = None
    """The one service that it moves."""
    weights: Weights | None = None
    """The step that was begun last."""

    def __str__(self) -> str:
        return f"{self.doing}, process {self.pid} on {self.host}, since {self.since:%Y-%m-%d %H:%M:%S} UTC"


class Journal:
    """What this rollout writes down; `found` is what a killed one left."""

    def __init__(self, file: IO[str], doing: str, found: Note | None) -> None:
        self._file, self.found = file, found
        self._note = Note(doing=doing, pid=os.getpid(), host=socket.gethostname(), since=datetime.now(UTC))
        self._begun = False
        self._write(self._note)

    def begin(self, to: Colour | None = None, weights: Weights | None = None, service: str | None = None) -> None:
        """Write down what comes next, before it is done."""
        self._begun = True
        self._write(self._note.model_copy(update={"to": to, "weights": weights, "service": service}))

    def end(self) -> None:
        """Leave nothing behind: what was begun is done, or its end is known."""
        self._begun = True
        self._write(None)

    def close(self) -> None:
        """Put back what was found, where nothing was begun."""
        if not self._begun:
            self._write(self.found)

    def _write(self, note: Note | None) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(note.model_dump_json() if note else "")
        self._file.flush()


@contextmanager
def lock(stack: str, doing: str, root: Path = Path()) -> Generator[Journal]:
    """Hold the lock of a stack to the end of the block. Raises BlueGreenError naming who holds it, since when.

    It holds against others in the same directory; Pulumi's backend has a lock of its own against everyone else.
    """
    with _open(stack, root) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = _read(file) or "somebody who has not said yet what for"
            raise BlueGreenError(
                f"{stack}: another rollout is under way ({who}); wait for its end, or stop it with Ctrl-C there"
            ) from None
        journal = Journal(file, doing, _read(file))
        try:
            yield journal
        finally:
            journal.close()


def holder(stack: str, root: Path = Path()) -> Note | None:
    """Tell who is moving a stack now; None for nobody."""
    if not (root / DIRECTORY / f"{stack}.json").exists():
        return None
    with _open(stack, root) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(file)
        return None


def _open(stack: str, root: Path) -> IO[str]:
    directory = root / DIRECTORY
    try:
        directory.mkdir(exist_ok=True)
        ignored = directory / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
        return (directory / f"{stack}.json").open("a+", encoding="utf-8", errors="replace")
    except OSError as error:
        raise BlueGreenError(
            f"{error.filename}: {error.strerror}; a rollout notes there what it does, so make it a directory, and the "
            "file in it a file, that can be written"
        ) from None


def _read(file: IO[str]) -> Note | None:
    file.seek(0)
    text = file.read()
    try:
        return Note.model_validate_json(text) if text else None
    except ValidationError:
        return None  # it was killed while it wrote, before it did anything
