import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from rehearsal.report import write_report
from rehearsal.report.page import render
from rehearsal.traffic.recording import Recording
from tests.rehearsal.report.recordings import recording

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Outline(HTMLParser):
    """Reads a page, and fails where a tag is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[tuple[int, str]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            level, said = self.headings[-1]
            self.headings[-1] = level, said + data

    def values(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def test_headings_are_in_order(outline: Outline) -> None:
    levels = [level for level, _ in outline.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [said.strip() for level, said in outline.headings if level == 2] == [
        "What each topology cost",
        "shared-nlb",
        "route53",
        "shared-alb",
        "Limits: what this proves, and what it does not",
    ]


def test_the_file_needs_nothing_else(page: str, outline: Outline) -> None:
    assert not {"script", "link", "img", "iframe", "object"} & {*outline.tags}
    assert not outline.values("src")
    assert {*re.findall(r"https?://[^\"' )<]+", page)} == {"http://www.w3.org/2000/svg"}
    assert "@import" not in page


def test_every_anchor_leads_somewhere(outline: Outline) -> None:
    places = outline.values("id")
    assert len(places) == len({*places})
    for link in outline.values("href"):
        assert link is not None
        assert link.removeprefix("#") in places


def test_every_pattern_and_colour_that_is_drawn_with_is_defined(page: str, outline: Outline) -> None:
    assert {*re.findall(r"url\(#([\w-]+)\)", page)} <= {*outline.values("id")}
    assert {*re.findall(r"var\((--[\w-]+)\)", page)} <= {*re.findall(r"(--[\w-]+):", page)}


def test_a_picture_says_what_it_shows(page: str, outline: Outline) -> None:
    pictures = page.count('<div role="img" aria-label="')
    assert pictures == 4
    assert outline.tags.count("svg") == 2 * pictures + 1
    assert (
        page.count('<svg aria-hidden="true"') + page.count('<svg class="patterns" aria-hidden="true"')
        == 2 * pictures + 1
    )


def test_it_stays_small(page: str) -> None:
    assert len(page.encode()) < 1_500_000


def test_it_says_what_was_found_first(page: str, failing: Recording, recordings: list[Recording]) -> None:
    gap = "\N{NO-BREAK SPACE}"
    assert f'<h1 class="good">None of 75{gap}900 requests failed</h1>' in page
    bad = render([failing, recordings[1]])
    failed = sum(1 for sample in failing.samples if sample.failure)
    assert f'<h1 class="bad">{failed} of ' in bad
    assert bad.index("the oracle said") > bad.index("requests failed (")
    assert "made to go wrong: green fails at 10 %" in bad
    Outline(bad)


def test_an_act_tells_its_change_its_calls_and_what_clients_met(outline: Outline) -> None:
    said = " ".join(" ".join(outline.text).replace("\N{NO-BREAK SPACE}", " ").split())
    assert "3 canary 10 ~ weights.blue: 90 ~ weights.green: 10" in said
    assert "ModifyListener listener dkms-nlb:443 → blue 90, green 10" in said
    assert "32 calls CreateRoute" in said
    assert re.search(r"blue 90 % · green 10 % blue (8[5-9]|9[0-5])(\.\d)? % · green", said)


def test_text_from_configuration_is_text() -> None:
    wicked = "<script>alert('x')</script> & {{ 1 }}"
    given = recording("shared-nlb", share=0.05)
    act = given.acts[2].model_copy(
        update={
            "title": wicked,
            "changes": (wicked,),
            "calls": tuple(call.model_copy(update={"summary": wicked}) for call in given.acts[2].calls),
        }
    )
    acts = (*given.acts[:2], act, *given.acts[3:])
    page = render([given.model_copy(update={"acts": acts, "subtitle": wicked, "fault": wicked, "stack": wicked})])
    assert "<script" not in page
    assert "script" not in Outline(page).tags
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; {{ 1 }}" in page


def test_a_story_that_ended_at_once_has_a_report_too() -> None:
    given = recording("route53", share=0.02)
    for acts, samples in (given.acts[:1], given.samples[:1]), (given.acts[:1], ()):
        page = render([given.model_copy(update={"acts": acts, "samples": samples})])
        assert [said for level, said in Outline(page).headings if level == 3] == ["Acts", "Chain"]


def test_the_directory_is_made(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "today" / "story.html"
    write_report([recording("shared-alb", share=0.05)], path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
