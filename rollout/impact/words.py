"""What Markdown and the terminal say alike: plain sentences, not yet escaped for either. Pure."""

from collections.abc import Iterator, Sequence

from rollout.impact.model import ColourImpact, Impact, Level, Verdict, share
from rollout.impact.timing import told

__all__ = ["count", "facts", "headline", "row", "some", "totals"]

_NAMES = 8

_DONE = {
    "create": "to create",
    "update": "to update",
    "replace": "to replace",
    "delete": "to delete",
    "import": "to import",
}


def headline(impact: Impact) -> str:
    """The verdict in one line."""
    if impact.verdict is Verdict.BLOCKED:
        return f"{impact.stack}: BLOCKED — {impact.risks[0].title}"
    warnings = sum(risk.level is Level.WARNING for risk in impact.risks)
    word = f"safe to apply, with {count(warnings, 'warning')}" if warnings else "safe to apply"
    return f"{impact.stack}: {_what(impact)} — {word}"


def _what(impact: Impact) -> str:
    before = told({each.colour: each.before for each in impact.colours})
    after = told({each.colour: each.after for each in impact.colours})
    if impact.moves:
        return f"{impact.service}: {before} → {after}" if impact.service else f"{before} → {after}"
    if not impact.changes:
        return f"nothing changes ({after})"
    return f"traffic stays at {after}" if before == after else f"a new stack, {after}"


def row(each: ColourImpact, impact: Impact) -> tuple[str, str, str, str, str]:
    """A colour's line: who, now, after, true after, stays behind."""
    versions = [version for version in (each.version_before, each.version_after) if version]
    version = " → ".join(dict.fromkeys(versions)) if each.version_after or not versions else f"{versions[0]} → gone"
    gains, loses = each.after > each.before, each.after < each.before
    return (
        f"{each.colour} {version}".rstrip(),
        f"{share(each.before)} %",
        f"{share(each.after)} %",
        impact.true_after if gains else "",
        impact.stays_behind if loses else "",
    )


def facts(impact: Impact) -> Iterator[str]:
    """Calls and the worst moment, the receivers' health, the rehearsal."""
    if impact.moves:
        made = [f"{call.operation} {call.resource} → {told(call.then)}" for call in impact.calls]
        number = "One call" if len(made) == 1 else f"{len(made)} calls, in this order"
        yield f"{number}: {'; '.join(made)}. Worst moment: {impact.worst_moment}."
    for each in impact.health:
        where = f" in {count(each.zones, 'zone')}" if each.zones else ""
        yield (
            f"Receiver {each.colour}: {each.healthy} of {count(each.registered, 'target')} healthy{where} "
            f"(checked {each.checked:%H:%M} UTC)."
        )
    if impact.not_checked:
        yield f"Receivers' health: not checked ({impact.not_checked})."
    played = impact.played
    if played and not (played.error or played.lost or played.failed):
        each = "it" if played.calls == 1 else "each of them"
        sent = f"; {count(played.requests, 'request')}, 0 failed" if played.requests else ""
        yield f"Rehearsed on the embedded AWS: {count(played.calls, 'call')}, 0 % of traffic lost after {each}{sent}."


def totals(impact: Impact) -> str:
    """How many resources change, and how: `1 to update, 2 to create`."""
    return ", ".join(f"{number} {_DONE.get(op, op)}" for op, number in impact.changes.items()) or "nothing"


def count(number: int, what: str) -> str:
    """Write a number of things."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def some(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
