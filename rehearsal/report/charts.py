"""The timeline of a recording, as panels over one axis of model time.

Colours are CSS variables of the page, so one drawing serves light, dark and print. Blue is solid and dark, green
light and hatched, and both are named where they stand: nobody has to tell them apart by hue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from components.traffic import Colour
from rehearsal.report.bins import Bin, Span, longest_run, shares, span, tally
from rehearsal.report.drawing import BAD, FILL, INK, LINE, NAME, PAPER, SOFT, UNANSWERED, Row, Spec, drawn
from rehearsal.report.words import FAILURES, count, peer_region
from rehearsal.traffic.recording import Act, ClientKind, Recording, Sample

__all__ = ["timeline"]

MARGIN = 58
"""Pixels of a drawing beside its panels, for the labels of the axis of shares."""
PER_POINT = 4
"""Pixels of a bin."""
SHAPES = {
    "name": "diamond",
    "refused": "square",
    "reset": "cross",
    "timeout": "triangle-up",
    "status": "circle",
    "truncated": "triangle-down",
}
"""A shape for each kind of failure."""


def timeline(recording: Recording, width: int) -> str:
    """Draw who answered, by kind of client, and what happened meanwhile: an SVG of that width in pixels."""
    return _Timeline(recording, span(recording), width - MARGIN).draw()


@dataclass(frozen=True)
class _Timeline:
    recording: Recording
    over: Span
    width: int
    data: dict[str, Sequence[Row]] = field(default_factory=dict[str, Sequence[Row]])
    """What is drawn, by name."""

    def draw(self) -> str:
        panels = [self._titles(), self._everybody(), *self._by_kind(), *self._events(), self._axis()]
        return drawn(panels, self.data)

    def _titles(self) -> Spec:
        """The acts: a number, and the title where it has room; the table below the chart tells them all."""
        rows: list[Row] = []
        for act in self.recording.acts:
            start, end = max(act.began, self.over.start), min(act.ended, self.over.end)
            room = (end - start) / (self.over.end - self.over.start) * self.width
            if end > start:
                number = str(act.number) if room > 9 else ""
                lines = _wrapped(act.title, room)
                place = {"from": start / 60, "middle": (start + end) / 120, "to": end / 60}
                rows.append({**place, "number": number, "title": lines, "odd": act.number % 2})
        middle = {"x": self._x("middle")}
        layers = [
            {
                "mark": {"type": "rect", "fill": LINE},
                "transform": [{"filter": "datum.odd"}],
                "encoding": {"x": self._x("from"), "x2": {"field": "to"}, "opacity": {"value": 0.5}},
            },
            {
                "mark": {"type": "text", "y": 12, "fontSize": 12, "fontWeight": 700, "fill": INK},
                "encoding": {**middle, "text": {"field": "number"}},
            },
            {
                "mark": {"type": "text", "y": 28, "fontSize": 10, "lineHeight": 11, "fill": SOFT},
                "encoding": {**middle, "text": {"field": "title"}},
            },
        ]
        return {"layer": layers, "data": self._named(rows), "width": self.width, "height": 48}

    def _everybody(self) -> Spec:
        """All clients, and the share that was asked for."""
        samples = self.recording.samples
        bins = shares(samples, self.over, self.width // PER_POINT)
        asked: list[Row] = [
            {"at": max(act.changed, self.over.start) / 60, "share": _asked(act)} for act in self.recording.acts
        ]
        asked.append({**asked[-1], "at": self.over.end / 60})
        line = {"type": "line", "interpolate": "step-after"}
        lines = {
            "data": self._named(asked),
            "encoding": {"x": self._x("at"), "y": _share("share")},
            "layer": [  # a halo keeps the line apart from either colour
                {"mark": {**line, "strokeWidth": 4, "stroke": PAPER}},
                {"mark": {**line, "strokeWidth": 1.6, "stroke": INK, "strokeDash": [5, 3]}},
            ],
        }
        return self._panel(
            [self._areas(bins), lines, *self._names(bins)], f"All clients · {count(len(samples))} requests", 130
        )

    def _by_kind(self) -> Iterable[Spec]:
        for kind in ClientKind:
            samples = [sample for sample in self.recording.samples if sample.kind is kind]
            if samples:
                bins = shares(samples, self.over, self.width // PER_POINT)
                yield self._panel([self._areas(bins)], f"{kind.capitalize()} · {count(len(samples))} requests", 34)

    def _areas(self, bins: Sequence[Bin]) -> Spec:
        rows: list[Row] = []
        for each in bins:
            blue, green = each.share(Colour.BLUE), each.share(Colour.GREEN)
            row = {"at": each.start / 60, "none": None, "blue": None, "both": None, "all": None}
            if blue is not None and green is not None:
                row |= {"none": 0, "blue": blue, "both": blue + green, "all": 100}
            rows.append(row)
        rows.append({**rows[-1], "at": self.over.end / 60})
        area = {"type": "area", "interpolate": "step-after"}
        return {
            "data": self._named(rows),
            "encoding": {"x": self._x("at")},
            "layer": [
                {
                    "mark": {**area, "fill": fill},
                    "encoding": {"y": _share(lower), "y2": {"field": upper}},
                }
                for fill, lower, upper in (
                    (FILL[Colour.BLUE], "none", "blue"),
                    (FILL[Colour.GREEN], "blue", "both"),
                    (UNANSWERED, "both", "all"),
                )
            ],
        }

    def _names(self, bins: Sequence[Bin]) -> Iterable[Spec]:
        """The name of each colour, where it has most of the chart."""
        for colour, height in ((Colour.BLUE, 22), (Colour.GREEN, 78)):
            if run := longest_run(bins, colour, 60):
                at = (bins[run[0]].start + bins[run[1]].end) / 120
                yield {
                    "data": self._named([{"at": at, "share": height}]),
                    "mark": {
                        "type": "text",
                        "fontSize": 13,
                        "fontWeight": 700,
                        "fill": NAME[colour],
                        "text": colour.value,
                    },
                    "encoding": {"x": self._x("at"), "y": _share("share")},
                }

    def _events(self) -> Iterable[Spec]:
        calls = [call for act in self.recording.acts for call in act.calls if call.at >= self.over.start]
        yield self._ticks([call.at for call in calls if not call.error], "Mutating AWS calls")
        if refused := [call.at for call in calls if call.error]:
            yield self._ticks(refused, "AWS calls that were refused")
        samples = self.recording.samples
        yield self._ticks([sample.at for sample in samples if sample.reset], "Connections reset")
        peer = peer_region([self.recording])
        yield self._ticks([sample.at for sample in samples if sample.peer], f"Requests to {peer}")
        failed = [sample for sample in samples if sample.failure]
        if not failed:
            yield self._ticks([], "Failed requests")
        yield from self._failures(failed)

    def _failures(self, failed: Sequence[Sample]) -> Iterable[Spec]:
        for failure, words in FAILURES.items():
            instants = [sample.at for sample in failed if sample.failure == failure]
            if instants:
                look = {"shape": SHAPES[failure], "size": 70, "fill": BAD, "stroke": PAPER, "strokeWidth": 0.5}
                yield self._marks(instants, f"Failed: {words}", look)

    def _ticks(self, instants: Sequence[float], title: str) -> Spec:
        return self._marks(
            instants, title, {"shape": "stroke", "size": 130, "angle": 90, "stroke": INK, "strokeWidth": 1.5}
        )

    def _marks(self, instants: Sequence[float], title: str, look: Spec) -> Spec:
        """A mark wherever something happened; how often, the title says and its strength hints at."""
        rows: list[Row] = [
            {"at": at / 60, "strength": min(0.55 + times / 20, 1)}
            for at, times in tally(instants, self.over, self.width // 2)
        ]
        ends: Mapping[str, object] = {"x": {"value": 0}, "x2": {"value": self.width}, "y": {"value": 8}}
        line = {"data": self._named([{}]), "mark": {"type": "rule", "stroke": LINE}, "encoding": ends}
        marks = {
            "data": self._named(rows),
            "mark": {"type": "point", "y": 8, **look},
            "encoding": {"x": self._x("at"), "opacity": _as_it_is("strength")},
        }
        return self._panel([line, marks], f"{title} · {count(len(instants))}", 16)

    def _panel(self, layers: Sequence[Spec], title: str, height: int) -> Spec:
        edges: list[Row] = [
            {"at": act.began / 60} for act in self.recording.acts if self.over.start < act.began < self.over.end
        ]
        rules = {
            "data": self._named(edges),
            "mark": {"type": "rule", "stroke": LINE},
            "encoding": {"x": self._x("at")},
        }
        return {"layer": [rules, *layers], "width": self.width, "height": height, "title": title}

    def _axis(self) -> Spec:
        """The axis of time, once, below everything."""
        axis = {"title": "minutes of the model's clock", "grid": False, "tickCount": self.width // 80}
        return {
            "data": self._named([{"at": self.over.start / 60}]),
            "mark": {"type": "point", "opacity": 0, "stroke": LINE},
            "encoding": {"x": {**self._x("at"), "axis": axis}},
            "width": self.width,
            "height": 1,
        }

    def _named(self, rows: Sequence[Row]) -> Spec:
        name = f"data-{len(self.data)}"
        self.data[name] = rows
        return {"name": name}

    def _x(self, field: str) -> Spec:
        domain = [self.over.start / 60, self.over.end / 60]
        return {"field": field, "type": "quantitative", "scale": {"domain": domain, "nice": False}, "axis": None}


def _share(field: str) -> Spec:
    axis = {"values": [0, 50, 100], "title": None, "grid": False, "domain": False, "labelExpr": "datum.value + ' %'"}
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {**axis, "minExtent": MARGIN - 16, "maxExtent": MARGIN - 16},
    }


def _as_it_is(field: str) -> Spec:
    return {"field": field, "type": "quantitative", "scale": None}


def _asked(act: Act) -> float:
    """What blue should answer, of all services together."""
    return sum(shares.get(Colour.BLUE, 0) for shares in act.predicted.values()) / max(len(act.predicted), 1)


def _wrapped(title: str, room: float) -> list[str]:
    """A title in lines of whole words, or none where it does not fit."""
    lines: list[str] = []
    for word in title.split():
        if lines and _long(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines if len(lines) <= 2 and all(_long(line) <= room for line in lines) else []


def _long(text: str) -> float:
    """About how many pixels a text of 10 pixels takes."""
    return 5.6 * len(text)
