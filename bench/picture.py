"""A result as a picture that reads on light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import vl_convert

__all__ = ["Line", "picture"]


@dataclass(frozen=True)
class Line:
    """One thing that was measured, at several sizes."""

    name: str
    points: Sequence[tuple[float, float]]


def picture(lines: Sequence[Line], across: str, up: str) -> str:
    """Draw lines over one axis that begins at 0, as SVG."""
    rows = [{"x": x, "y": y, "name": line.name} for line in lines for x, y in line.points]
    axis = {
        "labelColor": "#777",
        "titleColor": "#777",
        "gridColor": "#8884",
        "domainColor": "#888",
        "tickColor": "#888",
    }
    legend = {"orient": "top", "title": None, "labelColor": "#777"} if len(lines) > 1 else None
    return vl_convert.vegalite_to_svg(
        {
            "width": 520,
            "height": 220,
            "background": "transparent",
            "data": {"values": rows},
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "x", "type": "quantitative", "title": across, "scale": {"domainMin": 0}, "axis": axis},
                "y": {"field": "y", "type": "quantitative", "title": up, "scale": {"domainMin": 0}, "axis": axis},
                "color": {"field": "name", "type": "nominal", "legend": legend},
            },
            "config": {"view": {"stroke": None}},
        }
    )
