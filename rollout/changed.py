"""Which stacks a change touches, so that a pull request explains them and a deploy updates no other.

`python -m rollout.changed REF` prints them in the order in which a change travels, one a line; with `--caveat`, what
a rehearsal cannot tell about the change. Both compare the working tree with a git revision.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from components.errors import BlueGreenError, ConfigError
from rehearsal.git import GitError, git
from rollout.fleet import in_order

__all__ = ["caveat", "main", "program", "touched"]

_STACK_FILE = re.compile(r"Pulumi\.(.+)\.yaml")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_PROGRAM = ("infra/", "components/", "policies/")
_PROGRAM_FILES = {"Pulumi.yaml", "requirements.lock"}
_LISTED = 3
"""Paths that a caveat names."""


def touched(paths: Iterable[str], stacks: Iterable[str]) -> list[str]:
    """Find the stacks that a change of these paths touches: by its own file, or by the program, which all share.

    A stack whose file is gone is not among `stacks`, and is nobody's to update. Raises ConfigError for a stack whose
    name could be taken for something else by a shell.
    """
    changed, known = list(paths), list(stacks)
    for stack in known:
        if not _NAME.fullmatch(stack):
            raise ConfigError(f"{stack!r} is not the name of a stack: letters, digits, hyphens, underscores and dots")
    if program(changed):
        return in_order(known)
    named = {found[1] for path in changed if (found := _STACK_FILE.fullmatch(path))}
    return in_order(named.intersection(known))


def program(paths: Iterable[str]) -> list[str]:
    """Pick the paths that all stacks run by: the program, its library, policies and dependencies."""
    return [path for path in paths if path in _PROGRAM_FILES or path.startswith(_PROGRAM)]


def caveat(paths: Iterable[str]) -> str:
    """Say in Markdown what a rehearsal leaves out: it plays a changed stack file, by the program as it is now."""
    changed = program(paths)
    if not changed:
        return ""
    more = f" and {len(changed) - _LISTED} more" if len(changed) > _LISTED else ""
    names = ", ".join(f"`{path.replace('`', '')}`" for path in changed[:_LISTED])
    return (
        f"> ⚠️ The program changed as well: {names}{more}. What follows compares the stack *files* only, by the new "
        "program; what the program itself changes shows in a preview against the deployed stack.\n\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Exit codes: 0 · 2 for what git or a stack's name refuses."""
    parser = argparse.ArgumentParser(prog="python -m rollout.changed", description=__doc__)
    parser.add_argument("revision", metavar="REF", help="git revision to compare the working tree with")
    parser.add_argument("--caveat", action="store_true", help="write what a rehearsal cannot tell, as Markdown")
    given = parser.parse_args(arguments)
    try:
        paths = _paths(given.revision)
        if given.caveat:
            sys.stdout.write(caveat(paths))
        else:
            known = [found[1] for path in Path().iterdir() if (found := _STACK_FILE.fullmatch(path.name))]
            sys.stdout.writelines(f"{stack}\n" for stack in touched(paths, known))
    except BlueGreenError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def _paths(revision: str) -> list[str]:
    """Paths below this directory that differ from a revision, new files among them."""
    # A rename is a file that goes and one that comes: both are changes.
    try:
        differ = git("diff", "--name-only", "--no-renames", "--relative", "-z", "--end-of-options", revision, "--")
    except GitError as error:
        raise BlueGreenError(f"{error}; give a commit, branch or tag that this clone has fetched") from None
    return (differ + git("ls-files", "--others", "--exclude-standard", "-z")).decode(errors="replace").split("\0")


if __name__ == "__main__":
    main()
