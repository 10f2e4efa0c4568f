"""gRPC calls to the program, and the kinds of failure that it and providers have."""

from typing import TypeVar, cast

import grpc
from google.protobuf.message import Message

__all__ = ["OPTIONS", "RefusalError", "UnimplementedError", "call"]

OPTIONS = (("grpc.max_receive_message_length", 400 * 1024 * 1024),)  # what Pulumi's own channels allow

_Answer = TypeVar("_Answer", bound=Message)


class RefusalError(Exception):
    """An operation on a resource that failed, in the words of whoever refused it."""

    stops = True
    """Whether the run may begin nothing new after it."""


class UnimplementedError(RefusalError):
    """The other side does not know this call."""


def call(stub: object, method: str, request: Message, answer: type[_Answer]) -> _Answer:
    """Call a method of a gRPC stub, whose types the SDK leaves open.

    Raises RefusalError when the call fails; its text is what the other side says.
    """
    try:
        result = getattr(stub, method)(request)
    except grpc.RpcError as error:
        status = cast("grpc.Call", error)  # what gRPC raises is both, which its types do not say
        kind = UnimplementedError if status.code() == grpc.StatusCode.UNIMPLEMENTED else RefusalError
        raise kind(status.details() or "the call failed without a message") from None
    assert isinstance(result, answer)  # noqa: S101  a stub answers with its own message
    return result
