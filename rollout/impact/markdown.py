"""An impact as Markdown for a pull request: the summary first, the diff folded, and never too long to post. Pure."""

import re
from collections.abc import Iterator, Sequence

from rollout.impact.model import Impact, Level, Risk, Verdict
from rollout.impact.words import count, facts, headline, row, some, totals

__all__ = ["LIMIT", "escaped", "markdown"]

LIMIT = 64_000
"""Characters; GitHub takes 65 536 in a comment."""

_LONGEST = 400
"""Characters of one value: a name, a sentence."""
_ICONS = {Level.BLOCKED: "⛔", Level.WARNING: "⚠️", Level.NOTE: "ℹ️"}


def markdown(impact: Impact) -> str:
    """Write it down in less than `LIMIT` characters; what does not fit is said to be missing."""
    shown = len(impact.risks)
    while len(head := _head(impact, shown)) > LIMIT // 2 and shown > 1:
        shown //= 2
    return head + _diff(impact, LIMIT - len(head) - 500)


def escaped(text: str) -> str:
    """Let a value stand in Markdown as it is: no markup, no HTML, no mention, no table cell of its own."""
    line = re.sub(r"[\x00-\x1f\x7f]", "\ufffd", " ".join(text.split()))
    line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", line)
    return re.sub(r"([@#])(?=\w)", "\\1\u200b", line)


def _head(impact: Impact, shown: int) -> str:
    return "\n\n".join(part for part in _parts(impact, shown) if part) + "\n"


def _parts(impact: Impact, shown: int) -> Iterator[str]:
    yield f"### {escaped(headline(impact))}"
    risks = impact.risks[:shown]
    grave = [risk for risk in risks if risk.level is not Level.NOTE]
    if impact.verdict is Verdict.BLOCKED:  # the headline is the first one's title
        yield _explained(grave[0])
        grave = grave[1:]
    yield "\n".join(_risk(risk) for risk in grave)
    if impact.colours:
        yield "\n".join(_table(impact))
    yield "\n".join(f"{escaped(fact)}  " for fact in facts(impact))
    if impact.way_back:
        command = f"{_code(impact.way_back.command)}, " if impact.way_back.command else ""
        yield f"Way back: {command}{escaped(impact.way_back.remark)}."
    notes = [risk for risk in risks if risk.level is Level.NOTE]
    if notes:
        yield _folded(count(len(notes), "note"), "\n".join(_risk(risk) for risk in notes))
    if shown < len(impact.risks):
        left_out = count(len(impact.risks) - shown, "further risk")
        yield f"{left_out} left out here: `bluegreen impact` in a terminal says all."


def _risk(risk: Risk) -> str:
    told = _explained(risk)
    return f"- {_ICONS[risk.level]} **{escaped(risk.title)}**<br>{told}" if told else f"- {escaped(risk.title)}"


def _explained(risk: Risk) -> str:
    names = some([escaped(name) for name in risk.resources])
    parts = [
        escaped(risk.consequence),
        f"→ {escaped(risk.instead)}" if risk.instead else "",
        f"<sub>{names}</sub>" if names else "",
    ]
    return "<br>".join(part for part in parts if part)


def _table(impact: Impact) -> Iterator[str]:
    columns = 5 if impact.moves else 3
    titles, rules = ("", "now", "after", "true after", "stays behind"), ("---", "--:", "--:", "---", "---")
    yield _cells(titles[:columns])
    yield _cells(rules[:columns])
    for each in impact.colours:
        who, *rest = (escaped(cell) for cell in row(each, impact)[:columns])
        narrow = [cell.replace(" ", "\u00a0") for cell in (who, *rest[:2])]  # where it breaks nothing can be read
        yield _cells([*narrow, *rest[2:]])


def _cells(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _diff(impact: Impact, room: int) -> str:
    if not impact.diffs:
        return ""
    lines = list(_diff_lines(impact))
    kept = list[str]()
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    left_out = len(lines) - len(kept)
    cut = f"\n\n{count(left_out, 'more line')} left out: pulumi preview --diff shows all." if left_out else ""
    return "\n" + _folded(f"Pulumi's diff: {escaped(totals(impact))}", _fenced(kept) + cut) + "\n"


def _diff_lines(impact: Impact) -> Iterator[str]:
    for each in impact.diffs:
        # In a block of the language diff a line that begins with `!` has a colour of its own.
        sign = {"~": "! ~", "±": "! ±"}.get(each.op, each.op)
        yield f"{sign} {each.type} {_line(each.name)}"
        yield from (_line(line) for line in each.lines)


def _line(text: str) -> str:
    return " ".join(text.splitlines())[: _LONGEST * 2]


def _fenced(lines: Sequence[str]) -> str:
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}diff", *lines, fence])


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}"
