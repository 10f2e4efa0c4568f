"""Asks git, and tells in its own words why it does not answer."""

import subprocess
from pathlib import Path

from components.errors import BlueGreenError

__all__ = ["GitError", "git"]


class GitError(BlueGreenError):
    """What git says against a command."""


def git(*arguments: str, root: Path = Path()) -> bytes:
    """Run a command of git and return what it prints. Raises GitError.

    There is no shell; callers put what a user gave after `--end-of-options`.
    """
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S603, S607 - the user's git
    except FileNotFoundError:
        raise GitError("there is no git on PATH; install it, or leave out what compares with a revision") from None
    if done.returncode:
        raise GitError(done.stderr.decode(errors="replace").strip())
    return done.stdout
