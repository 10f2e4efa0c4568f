"""One HTTP request to the embedded AWS: the operation, what it changed, and the tape of it.

A mutation, the state after it, and the verdict on that are one step under one lock: calls that come
in parallel are taped one after the other, each with its own effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition
from time import monotonic
from traceback import format_exc
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse

from rehearsal.aws import control, wire
from rehearsal.aws.clock import date_of
from rehearsal.aws.protocol import Operation, error_code, identify
from rehearsal.aws.refusals import Refusal
from rehearsal.aws.services import handler
from rehearsal.aws.summary import summarise
from rehearsal.aws.world import World

__all__ = ["Answer", "Gateway"]

_GLANCE = 0.05
"""Real seconds between two looks at what only time changes: targets that turn healthy, say."""


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
        self._changed = Condition()
        self._mutations = 0

    @property
    def date(self) -> datetime:
        """The date that it is in the model."""
        return date_of(self._world.clock.now)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        with self._changed:
            try:
                if path.startswith(f"{wire.PREFIX}{wire.WAIT}?"):
                    return Answer(200, self._wait(wire.Seconds.model_validate(dict(parse_qsl(urlsplit(path).query)))))
                if path == f"{wire.PREFIX}follow":
                    return Answer(200, self._follow(wire.Follow.model_validate_json(body)))
                if path.startswith(wire.PREFIX):
                    answer = control.answer(self._world, path.removeprefix(wire.PREFIX), body)
                    self._changed.notify_all()
                    return Answer(200, answer)
                request = Request.from_primitives(method, f"http://{headers['Host']}{path}", headers, body)
                operation = identify(request)
                service = handler(operation.service, self._world)
                summary = summarise(operation, self._world.inventory) if operation.mutates else ""
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a request, its client is told
                return Answer(501, f"{method} {path} is not embedded: {error!r}".encode())
            return self._call(service, request, operation, summary)

    def _follow(self, after: wire.Follow) -> bytes:
        """Wait, and let other calls through meanwhile."""
        end = monotonic() + after.wait
        while (found := self._world.current()).version == after.version and (left := end - monotonic()) > 0:
            self._changed.wait(min(_GLANCE, left))
        return found.model_dump_json().encode()

    def _wait(self, asked: wire.Seconds) -> bytes:
        """Let model time pass: at once where it stands still, else in its own time, and other calls meanwhile."""
        clock = self._world.clock
        if clock.speed:
            end = clock.now + asked.seconds
            while (left := end - clock.now) > 0:
                self._changed.wait(left / clock.speed)
        else:
            self._world.advance(asked.seconds)
            self._changed.notify_all()
        return wire.Now(at=clock.now).model_dump_json().encode()

    def _call(self, service: BaseResponse, request: Request, operation: Operation, summary: str) -> Answer:
        service.setup_class(request)
        self._mutations += operation.mutates
        every = self._world.throttle_every
        try:
            if operation.mutates and every and self._mutations % every == 0:
                raw: Any = service.serialized(ActionResult(Refusal("Throttling", "Rate exceeded")))
            else:
                raw = service.call_action()
        except Exception:  # noqa: BLE001 - a gap of moto's, told in a way that clients do not retry
            raw = service.serialized(ActionResult(Refusal("InternalFailure", format_exc())))
        status, headers, content = raw
        body = content if isinstance(content, bytes) else str(content).encode()
        answer = Answer(int(status), body, {str(key): str(value) for key, value in headers.items()})
        if operation.mutates:
            error = error_code(operation, answer.status, answer.headers, body)
            self._world.record(operation.service, operation.name, summary, error)
            self._changed.notify_all()
        return answer
