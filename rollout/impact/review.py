"""One change under review: everything about it is read here, and judged elsewhere."""

from pathlib import Path

from components.errors import ConfigError
from infra.config import StackConfig, parse
from rehearsal.script import load
from rollout.impact.assess import assess, receivers
from rollout.impact.case import Case
from rollout.impact.model import Impact
from rollout.preview import Preview, read

__all__ = ["configured", "review"]


def review(
    stack: str, *, preview: Path | None = None, since: str | None = None, rehearsal: Path | None = None
) -> Impact:
    """Say what a change of a stack does to traffic.

    Its preview comes from the file `preview`, from standard input, or, with `since` alone, from the embedded engine.
    With `since`, a git revision, the change is rehearsed; `rehearsal` is a file that says how that went. Raises
    BlueGreenError for whatever is not what it should be.
    """
    _, written = load(stack)
    if preview is None and since is not None:
        from rollout.impact.rehearsing import rehearsed

        found, played = rehearsed(stack, since)
        return assess(Case(stack, found, configured(found), written), played=played)
    found = read(None if preview in (None, Path("-")) else preview, stack)
    case = Case(stack, found, configured(found), written)
    played = None
    if since or rehearsal:
        # The rehearsal takes a second to import, which wrong input need not wait for.
        from rollout.impact.rehearsing import quoted, rehearsed

        played = quoted(rehearsal, stack, case.config or written) if rehearsal else rehearsed(stack, since or "")[1]
    health, not_checked = (), ""
    if receivers(case):
        from rollout.impact.health import look

        health, not_checked = look(case)
    return assess(case, health=health, not_checked=not_checked, played=played)


def configured(preview: Preview) -> StackConfig | None:
    """The configuration that was previewed; None where there is none, or a wrong one."""
    try:
        return parse(preview.config, "the preview") if preview.config else None
    except ConfigError:
        return None  # the program said so too, and the preview holds its error
