"""Pulumi's SDK without what it tells an engine and a rehearsal never shows."""

from types import SimpleNamespace

import pulumi.log
from pulumi.runtime import resource, rpc_manager
from pulumi.runtime.proto.source_pb2 import StackTrace

__all__ = ["hush"]


def hush() -> None:
    """Drop debug lines, ten a resource, what they would tell of failures, and where each resource was made.

    In this process, that is.
    """
    pulumi.log.debug = _nothing
    for module in (resource, rpc_manager):  # a traceback for each resource that an update which fails leaves behind
        vars(module)["traceback"] = SimpleNamespace(format_exc=str)
    resource._get_stack_trace = StackTrace  # pyright: ignore[reportPrivateUsage]  the SDK has no switch


def _nothing(*_: object, **__: object) -> None:
    """Take what the SDK's `debug` takes."""
