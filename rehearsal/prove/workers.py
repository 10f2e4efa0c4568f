"""Explores with several processes, each with an AWS of its own: a whole tree of transitions each, or a part of it."""

import gc
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.queues import SimpleQueue
from threading import Thread

from components.errors import BlueGreenError
from rehearsal.prove.cases import Choice
from rehearsal.prove.explorer import explore
from rehearsal.prove.model import Finding
from rehearsal.prove.transitions import Tree
from rehearsal.warm import CONTEXT, prepare

__all__ = ["Explored", "Progress", "divided", "work"]


@dataclass(frozen=True)
class Progress:
    """How far a worker is in a transition."""

    worker: int
    stack: str
    transition: str
    done: int
    cases: int


@dataclass(frozen=True)
class Explored:
    """What a worker has found in its cases of a transition."""

    stack: str
    transition: str
    calls: int
    findings: Sequence[Finding]


@dataclass(frozen=True)
class _Ended:
    error: str = ""


_Message = Progress | Explored | _Ended


def work(trees: Sequence[Tree], choice: Choice, workers: int) -> Iterator[Progress | Explored]:
    """Explore, and tell what happens as it does. Raises BlueGreenError where a worker fails."""
    # An update that is refused hangs up on what it has under way, which gRPC and asyncio would tell the terminal.
    os.environ |= {"GRPC_VERBOSITY": "ERROR", "PYTHONWARNINGS": "ignore:coroutine:RuntimeWarning"}
    prepare("rehearsal.prove.explorer", "infra.program")  # all that a worker or a program needs
    queue: SimpleQueue[_Message] = CONTEXT.SimpleQueue()
    tasks = divided(trees, choice, workers)
    places: SimpleQueue[int | None] = CONTEXT.SimpleQueue()
    for place in (*range(len(tasks)), *(None for _ in range(workers))):
        places.put(place)
    processes = [CONTEXT.Process(target=_work, args=(number, tasks, places, queue)) for number in range(workers)]
    for process in processes:
        process.start()
    running = len(processes)
    try:
        while running:
            message = queue.get()
            if not isinstance(message, _Ended):
                yield message
            elif message.error:
                raise BlueGreenError(f"a worker failed: {message.error}")
            else:
                running -= 1
    finally:
        for process in processes:
            process.terminate()
            process.join()


def divided(trees: Sequence[Tree], choice: Choice, workers: int) -> list[tuple[Tree, Choice]]:
    """Trees, the largest first; in parts only where there are few of them, since each part plays all transitions."""
    parts = min(workers, -(-2 * workers // len(trees)))
    largest = sorted(trees, key=lambda tree: len(tree.transitions), reverse=True)
    return [(tree, replace(choice, part=part, parts=parts)) for tree in largest for part in range(parts)]


def _work(
    number: int,
    tasks: Sequence[tuple[Tree, Choice]],
    places: "SimpleQueue[int | None]",
    queue: "SimpleQueue[_Message]",
) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()  # each run ends with a look for what it leaves: to look meanwhile took a quarter of the time
    gc.freeze()  # what is imported stays
    error = ""
    try:
        while (place := places.get()) is not None:
            for transition, calls, findings in explore(
                *tasks[place],
                lambda transition, done, cases: queue.put(
                    Progress(number, transition.stack, transition.name, done, cases)
                ),
            ):
                queue.put(Explored(transition.stack, transition.name, calls, findings))
                gc.collect()  # what was found out to be garbage only after some runs
    except Exception as failure:  # noqa: BLE001 - whatever it is, whoever started the worker is told
        error = repr(failure)
    queue.put(_Ended(error))


def _end_with_parent() -> None:
    """Explore for nobody no longer: whoever started this worker may have been killed."""
    parent = parent_process()
    assert parent is not None  # noqa: S101  a worker has one
    parent.join()
    os._exit(1)
