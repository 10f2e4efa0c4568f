"""Pulumi's SDK without what it tells an engine and a rehearsal never shows."""

import pulumi.log
from pulumi.runtime import resource
from pulumi.runtime.proto.source_pb2 import StackTrace

__all__ = ["hush"]


def hush() -> None:
    """Drop debug lines, ten a resource, and where each resource was made, in this process."""
    pulumi.log.debug = _nothing
    resource._get_stack_trace = StackTrace  # pyright: ignore[reportPrivateUsage]  the SDK has no switch


def _nothing(*_: object, **__: object) -> None:
    """Take what the SDK's `debug` takes."""
