"""The other region of the same environment: Beijing and Ningxia are each other's way out, so only one of them moves."""

from collections.abc import Callable, Iterator
from pathlib import Path

from components.errors import BlueGreenError
from infra.config import parse
from rehearsal.stack_file import StackFile, stacks
from rollout.lock import holder
from rollout.state import State, entirely

__all__ = ["check_peers", "peers"]


def peers(stack: str, root: Path) -> list[str]:
    """Stacks of the same environment in other regions, by their names: `prod-nx` for `prod-bj`."""
    environment = stack.rpartition("-")[0]
    return [each for each in stacks(root) if environment and each.rpartition("-")[0] == environment and each != stack]


def check_peers(stack: str, root: Path, ask: Callable[[str], State] | None = None) -> Iterator[str]:
    """Raise BlueGreenError where a peer is in the middle of a shift; tell what could not be asked.

    `ask` reads a peer's state, where that can be reached.
    """
    for peer in peers(stack, root):
        mid_shift = f"clients of {stack} fail over to it, so end its shift first"
        if note := holder(peer, root):
            raise BlueGreenError(f"{peer} is being moved now ({note}); {mid_shift}")
        file = StackFile.load(peer, root)
        weights = parse(file.flat(), file.name).weights
        if len(weights.live) > 1:
            raise BlueGreenError(f"{peer} is in the middle of a shift, by its file ({weights}); {mid_shift}")
        if ask:
            try:
                state = ask(peer)
            except BlueGreenError as error:
                yield f"{peer} was not asked, only its file: {error}"
                continue
            positions = state.positions()
            now = entirely(positions)
            if positions and (now is None or len(now.live) > 1):
                told = now or "some of its switches have changed, and others not"
                raise BlueGreenError(f"{peer} is in the middle of a shift, by its state ({told}); {mid_shift}")
