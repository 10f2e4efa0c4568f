"""One HTTP request to the embedded AWS: the operation, what it changed, and the tape of it.

A mutation, the state after it, and the verdict on that are one step under one lock: calls that come
in parallel are taped one after the other, each with its own effect.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition
from time import monotonic
from traceback import format_exc
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from moto.core.request import Request
from moto.core.responses import ActionResult, BaseResponse

from rehearsal.aws import control, wire
from rehearsal.aws.checkpoints import Checkpoints
from rehearsal.aws.clock import date_of
from rehearsal.aws.cloudwatch.alarms import next_judged
from rehearsal.aws.protocol import Operation, error_code, identify
from rehearsal.aws.refusals import Refusal
from rehearsal.aws.repeats import Repeats
from rehearsal.aws.services import handler
from rehearsal.aws.summary import summarise
from rehearsal.aws.trouble import refusal
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


_NOT_CARRIED_OUT: Mapping[wire.TroubleKind | None, Answer | None] = {
    wire.TroubleKind.UNSENT: None,
    wire.TroubleKind.BROKEN: Answer(503, b"<html><body><b>Http/1.1 Service Unavailable</b></body></html>"),
}
"""What the caller is answered; None breaks the connection."""


class Gateway:
    """Answers the AWS API, and the rehearsal's own control API under `wire.PREFIX`."""

    def __init__(self, world: World, checkpoints: Checkpoints) -> None:
        self._world, self._checkpoints = world, checkpoints
        self._changed = Condition()
        self._mutations = 0
        self._repeats = Repeats()

    def again(self) -> Self:
        """Answer in a copy of the process, where whoever held the lock is gone."""
        self._changed = Condition()
        return self

    @property
    def date(self) -> datetime:
        """The date that it is in the model."""
        return date_of(self._world.clock.now)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Answer one request; None breaks the connection."""
        with self._changed:
            try:
                if path.startswith(f"{wire.PREFIX}{wire.WAIT}?"):
                    return Answer(200, self._wait(wire.Wait.model_validate(dict(parse_qsl(urlsplit(path).query)))))
                if path == f"{wire.PREFIX}follow":
                    return Answer(200, self._follow(wire.Follow.model_validate_json(body)))
                if path == f"{wire.PREFIX}checkpoint":
                    return Answer(200, self._checkpoint().model_dump_json().encode())
                if path == f"{wire.PREFIX}leave":
                    os._exit(0)  # and answer nothing: a checkpoint takes over
                if path.startswith(wire.PREFIX):
                    return Answer(200, self._control(path.removeprefix(wire.PREFIX), body))
                request = Request.from_primitives(method, f"http://{headers['Host']}{path}", headers, body)
                operation = identify(request)
                service = handler(operation.service, self._world)
                summary = summarise(operation, self._world.inventory) if operation.mutates else ""
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a request, its client is told
                return Answer(501, f"{method} {path} is not embedded: {error!r}".encode())
            met = self._meets(operation, summary, headers)
            if met in _NOT_CARRIED_OUT:
                return _NOT_CARRIED_OUT[met]
            repeated = self._repeats.answer(operation) if operation.mutates else None
            answer = repeated or self._call(service, request, operation, met)
            if operation.mutates:
                self._tape(operation, summary, answer)
            if met is wire.TroubleKind.HELD:
                self._hold()
            return None if met is wire.TroubleKind.UNHEARD else answer

    def _control(self, path: str, body: bytes) -> bytes:
        answer = control.answer(self._world, path, body)
        if path == "keep":  # a cluster has changed
            self._keep_checkpoint()
        self._changed.notify_all()
        return answer

    def _meets(self, operation: Operation, summary: str, headers: Mapping[str, str]) -> wire.TroubleKind | None:
        if not operation.mutates:
            return None
        return self._world.trouble.meets(wire.likeness(operation.name, summary), headers)

    def _checkpoint(self) -> wire.Checkpoint:
        at = monotonic()
        return wire.Checkpoint(call=len(self._world.calls), at=at, port=self._checkpoints.take())

    def _follow(self, after: wire.Follow) -> bytes:
        """Wait, and let other calls through meanwhile."""
        end = monotonic() + after.wait
        while (found := self._world.current()).version == after.version and (left := end - monotonic()) > 0:
            self._changed.wait(min(_GLANCE, left))
        return found.model_dump_json().encode()

    def _wait(self, asked: wire.Wait) -> bytes:
        """Let model time pass: at once where it stands still, else in its own time, and other calls meanwhile."""
        clock, passed = self._world.clock, asked.seconds
        if clock.speed:
            end = clock.now + asked.seconds
            while (left := end - clock.now) > 0:
                self._changed.wait(left / clock.speed)
        else:
            passed = max(passed, min(asked.most, next_judged(clock.now) - clock.now))
            self._world.advance(passed)
            self._changed.notify_all()
        return wire.Waited(at=clock.now, passed=passed).model_dump_json().encode()

    def _hold(self) -> None:
        """Keep an answer back, and let other calls through meanwhile."""
        self._world.held = True
        self._changed.notify_all()
        self._changed.wait_for(lambda: not self._world.held)

    def _call(
        self,
        service: BaseResponse,
        request: Request,
        operation: Operation,
        met: wire.TroubleKind | None,
    ) -> Answer:
        service.setup_class(request)
        self._mutations += operation.mutates
        every = self._world.throttle_every
        if operation.mutates and every and self._mutations % every == 0:
            met = wire.TroubleKind.THROTTLED
        try:
            if refused := refusal(met):
                raw: Any = service.serialized(ActionResult(refused))
            elif denied := self._world.permissions.check(operation):
                raw = service.serialized(ActionResult(denied))
            else:
                raw = service.call_action()
        except Exception:  # noqa: BLE001 - a gap of moto's, told in a way that clients do not retry
            raw = service.serialized(ActionResult(Refusal("InternalFailure", format_exc())))
        status, headers, content = raw
        body = content if isinstance(content, bytes) else str(content).encode()
        return Answer(int(status), body, {str(key): str(value) for key, value in headers.items()})

    def _tape(self, operation: Operation, summary: str, answer: Answer) -> None:
        error = error_code(operation, answer.status, answer.headers, answer.body)
        if not error:
            self._repeats.note(operation, answer)
        made = wire.IDENT.findall(answer.body.decode()) if not error and operation.creates else []
        self._world.record(operation.service, operation.name, summary, error, made)
        self._keep_checkpoint()
        self._changed.notify_all()

    def _keep_checkpoint(self) -> None:
        if self._world.checkpoints is not None:
            self._world.checkpoints.append(self._checkpoint())
