"""Limits of one update, the same for whoever explains it and whoever guards it. Pure."""

from components.traffic import Colour, Weights

__all__ = ["FIRST_STEP", "over_the_limit"]

FIRST_STEP = 25
"""Most points that a colour without traffic gets in one update of prod: what is wrong with it meets a quarter."""


def over_the_limit(before: Weights, after: Weights) -> Colour | None:
    """Find the colour that goes from 0 to more than `FIRST_STEP` while the other one has the traffic."""
    return next((colour for colour in Colour if not before[colour] and after[colour] > FIRST_STEP), None)
