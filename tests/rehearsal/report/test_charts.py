from xml.etree import ElementTree

import pytest

from rehearsal.report.charts import timeline
from rehearsal.report.figures import Figures
from rehearsal.report.tails import tails
from rehearsal.traffic.recording import Failure, Recording

GAP = "\N{NO-BREAK SPACE}"


def drawing(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    found = (part.text for part in drawing(svg).iter() if part.tag.endswith(("}text", "}tspan")))
    return [text.replace(GAP, " ") for text in found if text]


@pytest.mark.parametrize("width", [1000, 344])
def test_a_timeline_is_as_wide_as_asked(recordings: list[Recording], width: int) -> None:
    assert abs(float(drawing(timeline(recordings[0], width)).attrib["width"]) - width) < 8


def test_a_timeline_tells_its_acts_panels_and_colours(recordings: list[Recording]) -> None:
    said = texts(timeline(recordings[0], 1000))
    assert said[: len(recordings[0].acts)] == [str(act.number) for act in recordings[0].acts]
    assert {"add green", "green again", "blue", "green", "minutes of the model's clock"} <= {*said}
    kinds = [text.partition(" · ")[0] for text in said if text.endswith("requests")]
    assert kinds == ["All clients", "Fresh", "Pooled", "Stubborn", "Streaming"]
    assert {"Requests to Ningxia · 0", "Failed requests · 0"} <= {*said}


def test_only_the_calls_under_traffic_are_marked(recordings: list[Recording]) -> None:
    under = sum(len(act.calls) for act in recordings[0].acts[1:])
    assert f"Mutating AWS calls · {under}" in texts(timeline(recordings[0], 1000))


def test_calls_that_aws_refused_are_told_apart(recordings: list[Recording]) -> None:
    acts = list(recordings[0].acts)
    first, *others = acts[1].calls
    acts[1] = acts[1].model_copy(update={"calls": (first.model_copy(update={"error": "Throttling"}), *others)})
    said = texts(timeline(recordings[0].model_copy(update={"acts": tuple(acts)}), 344))
    under = sum(len(act.calls) for act in acts[1:])
    assert {f"Mutating AWS calls · {under - 1}", "AWS calls that were refused · 1"} <= {*said}


def test_each_kind_of_failure_has_a_row_and_a_shape_of_its_own(failing: Recording) -> None:
    svg = timeline(failing, 1000)
    failed = [text for text in texts(svg) if text.startswith("Failed")]
    kinds = {sample.failure for sample in failing.samples if sample.failure}
    assert len(failed) == len(kinds) == 3
    assert sum(int(text.rpartition(" ")[2]) for text in failed) == sum(1 for each in failing.samples if each.failure)
    marks = [part.attrib["d"] for part in drawing(svg).iter() if part.attrib.get("fill") == "var(--bad)"]
    assert len({*marks}) == 3


@pytest.mark.parametrize("failure", ["name", "refused", "reset", "timeout", "status", "truncated"])
def test_no_failure_goes_without_a_mark(recordings: list[Recording], failure: Failure) -> None:
    sample = recordings[2].samples[5000]._replace(failure=failure)
    svg = timeline(recordings[2].model_copy(update={"samples": (sample,)}), 344)
    assert any(text.startswith("Failed: ") and text.endswith(" · 1") for text in texts(svg))


def test_what_nobody_answered_is_striped(recordings: list[Recording]) -> None:
    failed = tuple(sample._replace(failure="timeout") for sample in recordings[0].samples[:2000])
    svg = timeline(recordings[0].model_copy(update={"samples": failed}), 344)
    fills = [part.attrib.get("fill") for part in drawing(svg).iter()]
    assert "url(#hatch-nobody)" in fills
    assert "var(--on-blue)" not in fills, "no colour is named where none answered"


def test_the_drawing_has_no_colour_of_its_own(recordings: list[Recording]) -> None:
    used = {
        part.attrib.get(key, "none")
        for part in drawing(timeline(recordings[0], 1000)).iter()
        for key in ("fill", "stroke")
    }
    assert all(colour.startswith(("var(--", "url(#")) or colour in ("none", "transparent") for colour in used), used


@pytest.mark.parametrize("width", [1000, 344])
def test_tails_of_all_kinds_of_client(figures: list[Figures], width: int) -> None:
    svg = tails(figures, width)
    said = texts(svg)
    assert [text for text in said if " · " in text] == [
        "shared-nlb · prod-bj",
        "route53 · dev-bj",
        "shared-alb · qa-bj",
    ]
    assert said.count("stubborn") == 3
    slowest = max(shift.tail["stubborn"] for shift in figures[1].complete)
    assert f"{round(slowest):,} s".replace(",", " ") in said
    assert {"0", "10 s", "1 min", "5 min", "1 h"} <= {*said}
    assert float(drawing(svg).attrib["width"]) <= width + 2
