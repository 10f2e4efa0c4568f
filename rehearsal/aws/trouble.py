"""What goes wrong with one call, or with each call once: how AWS, the network or a policy may let a caller down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rehearsal.aws.refusals import Refusal
from rehearsal.aws.wire import DENIED, Trouble, TroubleKind, repeatable

__all__ = ["Troublemaker", "refusal"]

_REFUSALS = {
    TroubleKind.THROTTLED: Refusal("Throttling", "Rate exceeded"),
    TroubleKind.DENIED: Refusal(DENIED, "not authorized to perform this operation"),
}


class Troublemaker:
    """Knows which calls are to meet trouble, and counts them."""

    def __init__(self) -> None:
        self._planned: Trouble | None = None
        self._seen: Counter[str] = Counter()

    def plan(self, trouble: Trouble | None) -> None:
        """Let there be this trouble from now on, instead of any planned before."""
        self._planned = trouble
        self._seen.clear()

    def meets(self, likeness: str, headers: Mapping[str, str]) -> TroubleKind | None:
        """Say what a mutating call meets; a caller's second attempt at the same call meets nothing."""
        if self._planned is None or not headers.get("amz-sdk-request", "attempt=1").startswith("attempt=1"):
            return None
        self._seen[likeness] += 1
        if self._planned.call:
            meets = self._planned.call == likeness and self._planned.nth == self._seen[likeness]
        elif self._planned.kind is TroubleKind.DENIED:
            meets = self._seen[likeness] % 2 == 1  # nobody repeats it at once, and later it is to pass
        else:
            meets = self._planned.kind is not TroubleKind.UNHEARD or repeatable(likeness)
        return self._planned.kind if meets else None


def refusal(kind: TroubleKind | None) -> Refusal | None:
    """Give the refusal that a call meets, where it is one."""
    return _REFUSALS.get(kind) if kind else None
