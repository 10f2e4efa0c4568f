"""How long the old colour still answered after a shift, for each kind of client: topologies side by side."""

from collections.abc import Sequence

from rehearsal.report.drawing import INK, SOFT, Row, Spec, drawn
from rehearsal.report.figures import Figures
from rehearsal.report.words import seconds
from rehearsal.traffic.recording import ClientKind

__all__ = ["tails"]

MARGIN, GAP, LABEL = 76, 20, 44
"""Pixels for the names of clients, between panels, and for the figure at the end of the longest bar."""
TICKS = (0, 10, 60, 300, 3600)
"""Seconds that the axis names; it is logarithmic, and starts at 0 all the same."""


def tails(figures: Sequence[Figures], width: int) -> str:
    """Draw the slowest complete shift of each recording; panels stand below each other where there is no room."""
    columns = min(len(figures), max(1, width // 300))
    room = (width - 16 - GAP * (columns - 1)) // columns - MARGIN - LABEL
    data: dict[str, Sequence[Row]] = {}
    panels: list[Spec] = []
    for place, each in enumerate(figures):
        data[f"tails-{place}"] = [
            {"kind": kind.value, "tail": tail, "told": seconds(tail)} for kind, tail in _slowest(each)
        ]
        panels.append(_panel(f"tails-{place}", f"{each.recording.topology} · {each.recording.stack}", room))
    return drawn(panels, data, columns=columns, spacing=GAP)


def _slowest(figures: Figures) -> list[tuple[ClientKind, float]]:
    tails = [shift.tail for shift in figures.complete]
    kinds = [kind for kind in ClientKind if any(kind in tail for tail in tails)]
    return [(kind, max(tail.get(kind, 0) for tail in tails)) for kind in kinds]


def _panel(name: str, title: str, width: int) -> Spec:
    labels = {str(tick): label for tick, label in zip(TICKS, ("0", "10 s", "1 min", "5 min", "1 h"), strict=True)}
    axis = {"title": None, "values": list(TICKS), "labelExpr": f"({labels})[datum.value]", "grid": True}
    scale = {"type": "symlog", "constant": 5, "domain": [0, TICKS[-1]], "nice": False, "clamp": True}
    bar = {"field": "tail", "type": "quantitative", "scale": scale, "axis": axis}
    names = {"title": None, "domain": False, "ticks": False, "minExtent": MARGIN - 10, "maxExtent": MARGIN - 10}
    return {
        "data": {"name": name},
        "title": title,
        "width": width,
        "height": {"step": 22},
        "encoding": {"x": bar, "y": {"field": "kind", "type": "nominal", "sort": None, "axis": names}},
        "layer": [
            {"mark": {"type": "bar", "fill": SOFT, "height": 12}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fill": INK},
                "encoding": {"text": {"field": "told"}},
            },
        ],
    }
