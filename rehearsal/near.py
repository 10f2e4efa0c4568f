"""A gRPC servicer that is asked in its own process, where the SDK expects a stub: without gRPC in between."""

from collections.abc import Callable
from typing import NoReturn

import grpc
from google.protobuf.message import Message

__all__ = ["Near"]


class Near:
    """What the SDK asks in place of a stub; a call that the servicer aborts fails as gRPC's do."""

    def __init__(self, servicer: object) -> None:
        self._servicer = servicer

    def __getattr__(self, method: str) -> Callable[[Message], Message]:
        answer = getattr(self._servicer, method)
        return lambda request: answer(request, _Aborting())


class _AbortedError(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


class _Aborting:
    """What a servicer uses of gRPC's context."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise _AbortedError(code, details)
