"""Tags that say what a resource is for.

People, policies and the rehearsal read them; no decision of the program does.
"""

from collections.abc import Mapping

from components.traffic import Colour

__all__ = ["COLOUR", "COLOUR_LABEL", "PUBLIC", "RETIRING", "SERVICE", "of"]

COLOUR = "bluegreen:colour"
SERVICE = "bluegreen:service"
COLOUR_LABEL = "bluegreen/colour"
"""Of the Kubernetes Service of a colour that stands in the other's cluster."""
RETIRING = "bluegreen:retiring"
"""`true` on what carried a colour that the next update removes; prod policies let it be unprotected."""
PUBLIC = "bluegreen:public"
"""`true` on a rule that lets the whole internet in on purpose."""


def of(
    base: Mapping[str, str],
    *,
    colour: Colour | None = None,
    service: str | None = None,
    retiring: bool = False,
    public: bool = False,
) -> dict[str, str]:
    """Join the stack's tags and ours."""
    ours = {
        COLOUR: colour,
        SERVICE: service,
        RETIRING: "true" if retiring else None,
        PUBLIC: "true" if public else None,
    }
    return {**base, **{key: str(value) for key, value in ours.items() if value is not None}}
