"""Previews as untrusted input: an impact that can be posted and shown, or one clear refusal."""

import io
import json
from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import given, note
from hypothesis import strategies as st
from rich.console import Console

from components.errors import BlueGreenError
from infra.config import parse as parse_config
from rollout.impact.assess import assess
from rollout.impact.case import Case
from rollout.impact.markdown import LIMIT, markdown
from rollout.impact.review import configured
from rollout.impact.terminal import ImpactView
from rollout.preview import parse
from tests.fuzz.configurations import places
from tests.fuzz.hostile import values
from tests.rollout.recorded import NAMES, PREVIEWS, preview, stack_of

TEXT = {name: (PREVIEWS / f"{name}.json").read_bytes() for name in NAMES}
RAW = {name: json.loads(text) for name, text in TEXT.items()}
WRITTEN = {name: parse_config(preview(name).config) for name in NAMES}
SMALL = [name for name in NAMES if len(TEXT[name]) < 20_000]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "@team",
    "#1",
    "`" * 50,
    "\x1b]0;x\x07\x1b[2J",
    "|",
    "é" * 9000,
    "a\nb",
    "\u202e",
)
NO_WEIGHTS = (-1, 0, 1000, 10**400, float("nan"), float("inf"), True, "90", None, 1e308, [90])
ANYTHING = st.binary() | st.text().map(str.encode) | values.map(lambda each: json.dumps(each).encode())


@dataclass(frozen=True)
class Bent:
    name: str
    edits: tuple[object, ...]
    text: bytes = field(repr=False)


@st.composite
def bent_previews(draw: st.DrawFn) -> Bent:
    """A recorded preview in which something is not what Pulumi writes."""
    name = draw(st.sampled_from(SMALL))
    made, edits = deepcopy(RAW[name]), []
    for _ in range(draw(st.integers(1, 3))):
        spots = list(places(made))
        holder, key = draw(st.sampled_from(spots)) if spots else (made, "steps")
        kind = draw(st.sampled_from(["drop", "replace", "hostile", "copy", "many", "weight"]))
        match kind:
            case "drop" if spots:
                del holder[key]
            case "hostile":
                holder[key] = draw(st.sampled_from(HOSTILE))
            case "copy" if spots:
                other, place = draw(st.sampled_from(spots))
                holder[key] = deepcopy(other[place])
            case "many":
                made["steps"] = made.get("steps", []) * 3 if isinstance(made.get("steps"), list) else []
            case "weight":
                for each, place in spots:
                    if place == "weight":
                        each[place] = draw(st.sampled_from(NO_WEIGHTS))
            case _:
                holder[key] = draw(values)
        edits.append((kind, key, str(holder[key])[:200] if kind != "drop" else ""))
    return Bent(name, tuple(edits), json.dumps(made).encode())


def judged(name: str, text: bytes) -> None:
    stack = stack_of(name)
    try:
        found = parse(text, "standard input", stack)
    except BlueGreenError as error:
        note(str(error))
        assert len(str(error)) < 2000  # noqa: PT017 - a refusal is as good as an impact
        return
    impact = assess(Case(stack, found, configured(found), WRITTEN[name]))
    written = markdown(impact)
    assert len(written) < LIMIT
    json.loads(impact.model_dump_json())
    console = Console(file=io.StringIO(), width=100)
    console.print(ImpactView(impact, verbose=True))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert all(each.isprintable() or each == "\n" for each in shown)


@given(bent_previews())
def test_a_bent_preview_is_judged_or_refused(bent: Bent) -> None:
    judged(bent.name, bent.text)


@given(st.sampled_from(NAMES), st.data())
def test_a_preview_may_end_anywhere(name: str, data: st.DataObject) -> None:
    judged(name, TEXT[name][: data.draw(st.integers(0, len(TEXT[name])))])


@given(st.sampled_from(NAMES), ANYTHING)
def test_anything_else_is_refused(name: str, text: bytes) -> None:
    judged(name, text)
