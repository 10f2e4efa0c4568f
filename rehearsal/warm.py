"""Processes that begin with everything imported, because they are forked from one that did it once."""

from multiprocessing import forkserver, get_context

__all__ = ["CONTEXT", "prepare"]

CONTEXT = get_context("forkserver")
"""Where such processes are made."""

_PRELOAD = ["__main__", "rehearsal.preload"]  # `__main__` is what multiprocessing loads by itself


def prepare(*modules: str) -> None:
    """Begin to import what programs and providers need, and the program's own modules, without waiting for it.

    The first call in a process counts; each process is then forked with these modules as they were.
    """
    CONTEXT.set_forkserver_preload([*_PRELOAD, *modules])
    forkserver.ensure_running()
