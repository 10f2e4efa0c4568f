"""One comment for a pull request: the impact of every stack that it changes, never too long to post.

`python -m rollout.comment DIRECTORY` reads what `make impact` left there: for each stack `<stack>.md`, its impact, and
`<stack>.err`, why there is none. The standard library is enough for it, so that the one step that may write to a pull
request needs nothing that was installed.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["LIMIT", "MARKER", "comment", "main", "unjudged"]

LIMIT = 65_000
"""Characters; GitHub takes 65 536 in a comment."""
MARKER = "<!-- bluegreen impact -->"
"""First line of the comment, by which it is found again and updated."""

_FOLD = "<details>"
_LONGEST_ERROR = 4_000
_FROM_MAKE = re.compile(r"make(\[\d+\])?: ")


def comment(parts: Mapping[str, str], link: str, limit: int = LIMIT) -> str:
    """Join impacts, in Markdown, in their order; `link` is where all of them stand in full.

    Where they do not fit, diffs go first, the longest before the others, and then all but the headlines.
    """
    if not parts:
        return f"{MARKER}\nThis pull request changes no stack.\n"
    shown = dict(parts)
    for shorter in (_without_fold, _headline):
        for stack in sorted(parts, key=lambda stack: len(parts[stack]), reverse=True):
            if len(written := _written(shown, link, cut=shown != parts)) <= limit:
                return written
            shown[stack] = shorter(parts[stack])
    written = _written(shown, link, cut=True)
    return written if len(written) <= limit else f"{MARKER}\n{len(parts)} stacks change: {link}\n"


def unjudged(stack: str, error: str) -> str:
    """Stand in for an impact that there is not, with the reason."""
    said = "\n".join(line for line in error.splitlines() if not _FROM_MAKE.match(line)).strip()
    told = said[-_LONGEST_ERROR:].replace("```", "ʼʼʼ") or "it ended without a word; see the run's log"
    return f"### {stack}: not judged\n\n```text\n{told}\n```\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m rollout.comment", description=__doc__)
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="where the impacts are")
    parser.add_argument("stacks", metavar="STACK", nargs="*", help="the stacks that change, in order")
    parser.add_argument("--link", metavar="URL", required=True, help="where the impacts stand in full")
    parser.add_argument("--limit", metavar="N", type=int, default=LIMIT, help="characters; default: %(default)s")
    given = parser.parse_args(arguments)
    parts = {stack: _part(given.directory, stack) for stack in given.stacks}
    sys.stdout.write(comment(parts, given.link, given.limit))


def _part(directory: Path, stack: str) -> str:
    written = _text(directory / f"{stack}.md")
    judged = any(line.startswith("###") for line in written.splitlines())
    return written if judged else written + unjudged(stack, _text(directory / f"{stack}.err"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _written(parts: Mapping[str, str], link: str, *, cut: bool) -> str:
    notice = f"Cut to fit a comment: [all of it]({link}).\n\n" if cut else ""
    return f"{MARKER}\n{notice}" + "\n---\n\n".join(part.rstrip() + "\n" for part in parts.values())


def _without_fold(part: str) -> str:
    return part.partition(_FOLD)[0]


def _headline(part: str) -> str:
    return next((line for line in part.splitlines() if line.startswith("#")), part[:200])


if __name__ == "__main__":
    main()
