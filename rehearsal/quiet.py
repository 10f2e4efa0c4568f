"""Pulumi's SDK without its debug lines: ten a resource, each a call to the engine, and a rehearsal shows none."""

import pulumi.log

__all__ = ["hush"]


def hush() -> None:
    """Drop debug lines in this process, those of the program included."""
    pulumi.log.debug = _nothing


def _nothing(*_: object, **__: object) -> None:
    """Take what the SDK's `debug` takes."""
