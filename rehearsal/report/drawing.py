"""How charts look, and how one becomes a picture. A chart is a Vega-Lite specification, drawn by vl-convert.

https://vega.github.io/vega-lite/docs/
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import vl_convert

from components.traffic import Colour

__all__ = ["BAD", "FILL", "INK", "LINE", "NAME", "PAPER", "SOFT", "UNANSWERED", "Row", "Spec", "drawn"]

Spec: TypeAlias = Mapping[str, object]
"""A chart, or a part of one."""
Row: TypeAlias = Mapping[str, object]
"""What one mark shows."""

INK, SOFT, LINE, PAPER, BAD = "var(--ink)", "var(--soft)", "var(--line)", "var(--paper)", "var(--bad)"
FILL = {Colour.BLUE: "var(--blue)", Colour.GREEN: "url(#hatch-green)"}
UNANSWERED = "url(#hatch-nobody)"
NAME = {Colour.BLUE: "var(--on-blue)", Colour.GREEN: "var(--on-green)"}
"""The colours of text on the colours."""
_AXIS = {**dict.fromkeys(("gridColor", "tickColor", "domainColor"), LINE), "labelColor": SOFT, "titleColor": SOFT}
_LOOK: Spec = {
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
    "background": "transparent",
    "padding": {"left": 2, "right": 14, "top": 2, "bottom": 2},
    "view": {"stroke": None},
    "axis": {**_AXIS, "titleFontWeight": 400},
    "title": {"color": INK, "fontSize": 12, "anchor": "start", "frame": "group", "offset": 5, "fontWeight": 600},
}


def drawn(panels: Sequence[Spec], data: Mapping[str, Sequence[Row]], *, columns: int = 1, spacing: int = 9) -> str:
    """Return panels, whose data have these names, as one SVG; the page tells beside it what it shows."""
    svg = vl_convert.vegalite_to_svg(
        {"concat": panels, "columns": columns, "spacing": spacing, "datasets": data, "config": _LOOK}
    )
    for noise in _NOISE:
        svg = noise.sub("", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


_NOISE = (
    re.compile(r' (?:aria-[a-z]+|role|class|pointer-events|xmlns:xlink|version)="[^"]*"'),
    re.compile(r'<path d="[^"]*" display="none"/>'),
)
"""Vega writes, for each group of marks, roles and names that say nothing to a reader, and empty frames."""
