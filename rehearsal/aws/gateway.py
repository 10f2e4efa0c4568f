"""One HTTP request to the embedded AWS: the operation, what it changed, and the tape of it.

A mutation, the state after it, and the verdict on that are one step under one lock: calls that come
in parallel are taped one after the other, each with its own effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from traceback import format_exc
from typing import Any

from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse

from rehearsal.aws import control, wire
from rehearsal.aws.protocol import Operation, error_code, identify
from rehearsal.aws.refusals import Refusal
from rehearsal.aws.services import handler
from rehearsal.aws.summary import summarise
from rehearsal.aws.world import World

__all__ = ["Answer", "Gateway"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Gateway:
    """Answers the AWS API, and the rehearsal's own control API under `wire.PREFIX`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = Lock()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        with self._lock:
            try:
                if path.startswith(wire.PREFIX):
                    return Answer(200, control.answer(self._world, path.removeprefix(wire.PREFIX), body))
                request = Request.from_primitives(method, f"http://{headers['Host']}{path}", headers, body)
                operation = identify(request)
                service = handler(operation.service, self._world)
                summary = summarise(operation, self._world.inventory) if operation.mutates else ""
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a request, its client is told
                return Answer(501, f"{method} {path} is not embedded: {error!r}".encode())
            return self._call(service, request, operation, summary)

    def _call(self, service: BaseResponse, request: Request, operation: Operation, summary: str) -> Answer:
        service.setup_class(request)
        try:
            raw: Any = service.call_action()
        except Exception:  # noqa: BLE001 - a gap of moto's, told in a way that clients do not retry
            raw = service.serialized(ActionResult(Refusal("InternalFailure", format_exc())))
        status, headers, content = raw
        body = content if isinstance(content, bytes) else str(content).encode()
        answer = Answer(int(status), body, {str(key): str(value) for key, value in headers.items()})
        if operation.mutates:
            error = error_code(operation.service, answer.status, answer.headers, body)
            self._world.record(operation.service, operation.name, summary, error)
        return answer
