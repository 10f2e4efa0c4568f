"""Processes that begin with everything imported, because they are forked from one that did it once."""

import sys
from multiprocessing import forkserver, get_context
from types import FunctionType

__all__ = ["CONTEXT", "prepare"]

CONTEXT = get_context("forkserver")
"""Where such processes are made."""


def prepare(*modules: str) -> None:
    """Begin to import what programs and providers need, and the program's own modules, without waiting for it.

    The first call in a process counts; each process is then forked with these modules as they were.
    """
    CONTEXT.set_forkserver_preload(["__main__", *_of_main(), "rehearsal.preload", *modules])
    forkserver.ensure_running()


def _of_main() -> set[str]:
    """Where the main script, which every process runs first, has its functions from.

    Python 3.11 does not preload a script by its path: https://github.com/python/cpython/issues/126631
    """
    return {value.__module__ for value in vars(sys.modules["__main__"]).values() if isinstance(value, FunctionType)}
