"""Runs a Pulumi program in a child process, as Pulumi's language host for Python does."""

import asyncio
import gc
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, cast

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.settings import SETTINGS

from rehearsal import warm
from rehearsal.engine.services import Services, served
from rehearsal.quiet import hush

__all__ = ["Host", "Launch", "run_program", "settled", "start"]


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What the language host is told of a run."""

    program: Path
    project: str
    stack: str
    config: Mapping[str, str]
    environment: Mapping[str, str]
    preview: bool
    parallel: int


Host = Callable[[Launch, Services], tuple[Callable[[], int], IO[str]]]
"""Starts a run: gives what waits for its exit code, and the stream of what it prints."""


def start(launch: Launch, services: Services) -> tuple[Callable[[], int], IO[str]]:
    """Start a run of a program in Python, in a process of its own."""
    warm.prepare()
    serving = ExitStack()
    address = serving.enter_context(served(services))
    reader, writer = os.pipe()
    with Connection(writer, readable=False) as output:  # a plain descriptor would not survive the way there
        process = warm.CONTEXT.Process(target=_main, args=(launch, address, output), daemon=True)
        process.start()

    def wait() -> int:
        with serving:
            process.join()
        return process.exitcode or 0

    return wait, os.fdopen(reader, errors="replace")


def _main(launch: Launch, address: str, output: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    gc.disable()  # it lives for less than a collection is worth
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(launch.environment)
    os.chdir(launch.program)
    sys.argv = [str(launch.program)]
    hush()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failed run leaves futures that nobody awaits
    code = run_program(launch, asyncio.new_event_loop(), address, address)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # nothing is left to clean up, and taking gRPC down takes longer than a run without changes


def run_program(launch: Launch, loop: asyncio.AbstractEventLoop, monitor: object, engine: object) -> int:
    """Run a program in this context; `monitor` and `engine` are addresses, or what stands for gRPC's stubs."""

    async def program() -> None:
        with _ONE_AT_A_TIME:
            runpy.run_path(str(launch.program), run_name="__main__")
        await settled()

    set_all_config(dict(launch.config), [])
    configure(
        Settings(
            project=launch.project,
            stack=launch.stack,
            monitor=monitor,
            engine=engine,
            parallel=launch.parallel,
            dry_run=launch.preview,
            organization="organization",
            root_directory=str(launch.program),
        )
    )
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


_ONE_AT_A_TIME = threading.Lock()
"""`runpy` puts a program where all of the process finds it."""


async def settled() -> None:
    """Wait for all outputs of the program, or until one fails.

    The SDK waits for them in the end in any case: for the first of them, again and again, and each time it looks at
    every one. That takes longer than all the rest of a run.
    """
    outputs: set[asyncio.Future[object]] = cast("Any", SETTINGS).outputs  # a descriptor, which type checkers misread
    while pending := [output for output in outputs if not output.done()]:
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        if any(output.cancelled() or output.exception() for output in done):
            return


def _trace(error: Exception, program: Path) -> str:
    """Show the part of a traceback that begins in the program."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [number for number, frame in enumerate(frames) if Path(frame.filename).is_relative_to(program)]
    limit = own[0] - len(frames) if own else None
    return "".join(traceback.format_exception(error, limit=limit))
