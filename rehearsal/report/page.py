"""The report: one HTML file with its style and pictures in it, that needs neither server nor network nor scripts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from components.partition import PLACES
from components.traffic import Colour
from rehearsal.report.bins import span
from rehearsal.report.chain import Node, entries
from rehearsal.report.charts import timeline
from rehearsal.report.figures import Figures
from rehearsal.report.table import rows
from rehearsal.report.tails import tails
from rehearsal.report.verdict import verdict
from rehearsal.report.words import count, milliseconds, peer_region, per_cent, plural, seconds, shares
from rehearsal.traffic.measures import Agreement
from rehearsal.traffic.recording import Act, Recording

__all__ = ["render", "template"]

WIDE, NARROW = 1000, 344
"""Widths of the drawings in CSS pixels: for a page or a sheet of paper, and for a phone."""
TOPOLOGIES = {
    "shared-nlb": "One NLB in front of an ALB for each colour. A shift is one change of the NLB's listener: new "
    "connections follow at once, those that are open stay until they close.",
    "route53": "A chain of its own for each colour, behind two weighted records. A shift is one change of each record: "
    "clients follow as they ask DNS again, and some cache longer.",
    "shared-alb": "One NLB and one ALB in front of both clusters. A shift changes the ALB's weights, and splits "
    "request by request, on connections that are open too.",
}


def render(recordings: Sequence[Recording]) -> str:
    """Return the page."""
    figures = [Figures(recording) for recording in recordings]
    shifted = [each for each in figures if each.complete]
    return template("report.html.j2").render(
        verdict=verdict(figures),
        written=datetime.now().astimezone(),
        rows=rows(figures),
        sections=[Section(each) for each in figures],
        tails=_drawings(lambda width: tails(shifted, width)) if shifted else None,
        shifts=sum(len(each.shifts) for each in figures),
        peer=peer_region(recordings),
    )


def template(name: str) -> Template:
    """Find a template of this package, with the words that all of them use."""
    environment = Environment(
        loader=PackageLoader("rehearsal.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {word.__name__: word for word in (count, milliseconds, per_cent, plural, seconds, shares)}
    environment.filters.update(filters)  # pyright: ignore[reportArgumentType, reportCallIssue] - jinja2 declares its own filters only
    return environment.get_template(name)


@dataclass(frozen=True)
class Drawings:
    """A drawing in both widths, of which the page shows one."""

    wide: Markup
    narrow: Markup


def _drawings(draw: Callable[[int], str]) -> Drawings:
    return Drawings(Markup(draw(WIDE)), Markup(draw(NARROW)))  # noqa: S704 - vl-convert has escaped its texts


@dataclass(frozen=True)
class Section:
    """What the page says about one recording."""

    figures: Figures

    @property
    def recording(self) -> Recording:
        """What it is about."""
        return self.figures.recording

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return f"{self.recording.topology}-{self.recording.stack}"

    @property
    def about(self) -> str:
        """The topology in a sentence or two."""
        return TOPOLOGIES[self.recording.topology]

    @property
    def region(self) -> str:
        """The region by its usual name."""
        return PLACES[self.recording.region]

    @property
    def peer(self) -> str:
        """The other region by its usual name."""
        return peer_region([self.recording])

    @property
    def minutes(self) -> int:
        """How long clients sent, in minutes of the model's clock."""
        over = span(self.recording)
        return round((over.end - over.start) / 60)

    @cached_property
    def timeline(self) -> Drawings:
        """Who answered when."""
        return _drawings(lambda width: timeline(self.recording, width))

    @property
    def acts(self) -> Iterator[tuple[Act, Sequence[Agreement]]]:
        """Every act with what clients met at its end."""
        for act in self.recording.acts:
            yield act, [each for each in self.figures.agreements if each.act == act.number]

    @property
    def chains(self) -> Iterator[tuple[str, Sequence[Node]]]:
        """What AWS held before, when both colours had most traffic for the first time, and at the end."""
        first, last = self.recording.acts[0], self.recording.acts[-1]
        yield f"Before: act {first.number}, {first.title}", entries(first.chain)
        split = max(self.recording.acts, key=_split)
        if _split(split):
            yield f"In between: act {split.number}, {split.title}", entries(split.chain)
        yield f"After: act {last.number}, {last.title}", entries(last.chain)


def _split(act: Act) -> float:
    """How much the colour with less traffic has, of all services together."""
    return min(sum(each.get(colour, 0) for each in act.predicted.values()) for colour in Colour)
