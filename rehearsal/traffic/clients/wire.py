"""What crosses the border of the clients' process."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from rehearsal.oracle.verdict import Probe
from rehearsal.traffic.access import Access
from rehearsal.traffic.recording import Sample

__all__ = ["SAMPLES", "Order"]

SAMPLES = TypeAdapter(list[Sample])
"""A line of the output: what ended meanwhile."""


class Order(BaseModel):
    """What to send: one line on standard input, whose end is the end of sending."""

    model_config = ConfigDict(frozen=True)

    access: Access
    probes: tuple[Probe, ...]
    scheme: Literal["http", "https"]
    speed: float
    rate: float
    epoch: float
