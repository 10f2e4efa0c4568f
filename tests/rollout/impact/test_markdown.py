"""Markdown that can be posted: short enough, folded, and with nothing in it that a name put there."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from components.traffic import Colour
from rollout.impact.markdown import LIMIT, escaped, markdown
from rollout.impact.model import ColourImpact, Diff, Impact, Level, Risk
from tests.rollout.recorded import NAMES, impact

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TEXT = st.text(st.characters(codec="utf-8"), max_size=3000)


def made(risks: tuple[Risk, ...] = (), diffs: tuple[Diff, ...] = (), **more: Any) -> Impact:
    given = {
        "stack": "prod-bj",
        "topology": None,
        "colours": (
            ColourImpact(colour=Colour.BLUE, version_before="1.30", version_after="1.30", before=100, after=100),
        ),
        "moves": False,
        "true_after": "",
        "stays_behind": "",
        "calls": (),
        "worst_moment": "",
        "way_back": None,
        "health": (),
        "changes": {"update": 1},
    }
    return Impact.model_validate({**given, "risks": risks, "diffs": diffs, **more})


def outside_fences(text: str) -> str:
    return re.sub(r"^(`{3,})diff\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_comes_first_and_the_diff_is_folded(name: str) -> None:
    found = impact(name)
    lines = markdown(found).splitlines()
    assert lines[0].startswith(f"### {found.stack}: ")
    opened = [place for place, line in enumerate(lines) if line.startswith("<details>")]
    fenced = [place for place, line in enumerate(lines) if line.startswith("```")]
    assert not fenced or max(opened) < fenced[0]
    assert bool(fenced) is bool(found.diffs)


def test_a_blocked_change_says_why_and_what_to_do_before_anything_else() -> None:
    first, _, second, *_ = markdown(impact("shared-nlb-retire-with-switch")).splitlines()
    assert first == "### dev-nx: BLOCKED — blue is deleted in the update that takes its traffic"
    assert "Do it in two updates" in second


def test_a_canary_on_one_screen() -> None:
    text = markdown(impact("shared-nlb-canary"))
    assert "### prod-bj: blue 100 → blue 90 · green 10 — safe to apply" in text
    assert "| blue\u00a01.30 | 100\u00a0% | 90\u00a0% |  | open flows," in text
    assert "One call: ModifyListener dkms-entry" in text
    assert "Way back: `pulumi config rm weights --stack prod-bj && pulumi up --stack prod-bj`" in text
    assert "- defaultActions[0].forward.targetGroups[0].weight: 100" in text


@given(TEXT)
def test_no_value_becomes_markup(value: str) -> None:
    shown = escaped(value)
    assert "\n" not in shown
    assert not re.search(r"[@#]\w", shown)
    assert not re.search(r"(?<!\\)[|$]", shown)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=300).filter(str.strip))
def test_a_value_is_rendered_as_it_is(value: str) -> None:
    """In the middle of a sentence, where a value stands; `\u200b` keeps mentions from being one."""
    rendered = GITHUB.renderInline(f"a {escaped(value)} z").replace("\u200b", "")
    assert "<" not in rendered
    assert html.unescape(rendered) == f"a {' '.join(value.split())} z".replace("\u200b", "")


@given(TEXT)
def test_a_diff_stays_in_its_fence(value: str) -> None:
    text = markdown(made(diffs=(Diff(op="~", type="aws:x", name=value, lines=(f"- a: {value}", f"+ a: {value}")),)))
    assert "- a:" not in outside_fences(text)
    assert text.count("</details>") >= 1


@given(
    st.lists(
        st.builds(Diff, op=st.just("+"), type=TEXT, name=TEXT, lines=st.lists(TEXT, max_size=9).map(tuple)), max_size=9
    ),
    st.lists(st.builds(Risk, level=st.sampled_from(Level), title=TEXT, consequence=TEXT, instead=TEXT), max_size=9),
)
def test_whatever_comes_it_can_be_posted(diffs: list[Diff], risks: list[Risk]) -> None:
    assert len(markdown(made(tuple(risks), tuple(diffs)))) < LIMIT


def test_of_too_much_the_diff_is_cut_first_and_says_so() -> None:
    lines = tuple(f"- path[{place}]: {'x' * 100}" for place in range(2000))
    risk = Risk(level=Level.WARNING, title="look here", consequence="c")
    text = markdown(made((risk,), (Diff(op="~", type="aws:x", name="n", lines=lines),)))
    assert LIMIT * 0.9 < len(text) < LIMIT
    assert "look here" in text
    assert re.search(r"\d{3,} more lines left out: pulumi preview --diff shows all", text)


def test_of_too_many_risks_the_last_are_left_out_and_it_says_so() -> None:
    risks = tuple(
        Risk(level=Level.WARNING, title=f"risk {number}", consequence="c" * 900, instead="i" * 900)
        for number in range(200)
    )
    text = markdown(made(risks))
    assert len(text) < LIMIT
    assert "risk 0" in text
    assert re.search(r"\d+ further risks left out here", text)
