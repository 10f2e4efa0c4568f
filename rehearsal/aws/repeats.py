"""Calls that are sent again: AWS answers some of them as before, and carries them out once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rehearsal.aws.protocol import Operation

if TYPE_CHECKING:
    from rehearsal.aws.gateway import Answer

__all__ = ["Repeats"]


class Repeats:
    """Knows what was answered to calls that may come again.

    Some calls carry a client token: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html.
    ELBv2 knows a load balancer, a listener and a target group by the settings that it was created with, until they
    change: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
    """

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def answer(self, operation: Operation) -> Answer | None:
        """Give the answer to a call that was carried out before."""
        return self._answers.get(_key(operation))

    def note(self, operation: Operation, answer: Answer) -> None:
        """Take note of what has been carried out."""
        if key := _key(operation):
            self._answers[key] = answer
        if operation.name.startswith(("Delete", "Modify", "Set")) and not operation.name.endswith("Attributes"):
            changed = [value.encode() for value in operation.params.values() if str(value).startswith("arn:")]
            self._answers = {
                key: known for key, known in self._answers.items() if not any(arn in known.body for arn in changed)
            }


def _key(operation: Operation) -> str:
    """Name a call by what makes it the same; nothing where each is a call of its own."""
    if operation.service == "elbv2" and operation.name in _BY_SETTINGS:
        return f"{operation.name} {json.dumps(operation.params, sort_keys=True, default=str)}"
    return operation.token and f"{operation.service} {operation.name} {operation.token}"


_BY_SETTINGS = {"CreateListener", "CreateLoadBalancer", "CreateTargetGroup"}
