"""The wait after a shift, with its alarms watched."""

import asyncio
from collections.abc import Sequence, Set

import pulumi

from components.gates.clock import POLL, wait
from components.gates.model import Gates
from components.gates.reading import GateError, Reader
from components.gates.rules import problems

__all__ = ["bake"]


async def bake(reader: Reader, names: Sequence[str], on_before: Set[str], gates: Gates, weights: str) -> None:
    """Watch these alarms until the bake is over; raises GateError as soon as one of them says no.

    Those that were `on_before` the shift are of the colour that it leaves, and may stay on.
    """
    pulumi.log.info(f"{weights}: baking for {gates.bake} s, watching {len(names)} alarms")
    left = gates.bake
    while True:
        states = await asyncio.to_thread(reader.alarms, names)
        found = [*problems(names, states, on_before, over=left <= 0, silence_fails=gates.silence_fails)]
        if found:
            raise GateError("\n  ".join(found))
        if left <= 0:
            break
        if (gates.bake - left) % 60 < POLL:
            quiet = sum(1 for each in states if each.state == "OK")
            told = f"{weights}: {left} s of baking left, {quiet} of {len(names)} alarms are quiet"
            pulumi.log.info(told, ephemeral=True)
        left -= await asyncio.to_thread(wait, min(left, POLL), left)
    pulumi.log.info(f"{weights}: baked")
