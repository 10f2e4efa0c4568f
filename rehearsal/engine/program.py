"""Runs a Pulumi program in a child process, as Pulumi's language host for Python does."""

import asyncio
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config

from rehearsal.quiet import hush

__all__ = ["Launch", "prepare", "start"]

# Imported once, in the server from which each run is forked; `__main__` is what multiprocessing loads by itself.
_PRELOAD = ["__main__", __name__, "rehearsal.engine.preload"]
_CONTEXT = get_context("forkserver")


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What the language host is told of a run."""

    program: Path
    project: str
    stack: str
    config: Mapping[str, str]
    environment: Mapping[str, str]
    address: str
    """Where the engine and the resource monitor listen."""
    preview: bool
    parallel: int


def prepare(*modules: str) -> None:
    """Begin to import what every run needs, and the program's own modules, without waiting for it.

    The first call in a process counts; each run is then forked with these modules as they were.
    """
    _CONTEXT.set_forkserver_preload([*_PRELOAD, *modules])
    forkserver.ensure_running()


def start(launch: Launch) -> tuple[ForkServerProcess, IO[str]]:
    """Start a run; what it prints can be read from the stream."""
    prepare()
    reader, writer = os.pipe()
    with Connection(writer, readable=False) as output:  # a plain descriptor would not survive the way there
        process = _CONTEXT.Process(target=_main, args=(launch, output), daemon=True)
        process.start()
    return process, os.fdopen(reader, errors="replace")


def _main(launch: Launch, output: Connection) -> None:
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(launch.environment)
    os.chdir(launch.program)
    sys.argv = [str(launch.program)]
    set_all_config(dict(launch.config), [])
    hush()
    configure(
        Settings(
            project=launch.project,
            stack=launch.stack,
            monitor=launch.address,
            engine=launch.address,
            parallel=launch.parallel,
            dry_run=launch.preview,
            organization="organization",
            root_directory=str(launch.program),
        )
    )
    code = _run(launch)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # nothing is left to clean up, and taking gRPC down takes longer than a run without changes


def _run(launch: Launch) -> int:
    def program() -> None:
        runpy.run_path(str(launch.program), run_name="__main__")

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failed run leaves futures that nobody awaits
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=launch.parallel * 4))
    try:
        loop.run_until_complete(run_in_stack(program))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001  whatever the program raises
        pulumi.log.error("Program failed with an unhandled exception:\n" + _trace(error, launch.program))
        return 1
    return 0


def _trace(error: Exception, program: Path) -> str:
    """Show the part of a traceback that begins in the program."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [number for number, frame in enumerate(frames) if Path(frame.filename).is_relative_to(program)]
    limit = own[0] - len(frames) if own else None
    return "".join(traceback.format_exception(error, limit=limit))
