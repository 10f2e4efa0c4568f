"""Programs in the engine's own process: what they share with it, and with each other."""

import asyncio
import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal.engine import EmbeddedEngine, inline

from .harness import Stack
from .things import Things

TELLS = 'import os; pulumi.export("told", os.environ.get("TOLD")); Thing("a")'


@pytest.fixture
def stack_of(tmp_path: Path):
    def made(name: str, told: str) -> Stack:
        program, things = tmp_path / name, Things()
        program.mkdir()
        engine = EmbeddedEngine("p", name, program, {"test": things}, environment={"TOLD": told}, host=inline.start)
        return Stack(engine, program, things)

    return made


def test_a_program_has_its_environment_and_leaves_none_behind(stack_of):
    before = dict(os.environ)
    assert stack_of("one", "a secret").up(TELLS).outputs == {"told": "a secret"}
    assert dict(os.environ) == before
    assert gc.isenabled()


def tasks() -> int:
    gc.collect()
    return sum(isinstance(each, asyncio.Task) for each in gc.get_objects())


@pytest.mark.parametrize("ending", ["", "; Thing('b', wrong='x')", "; raise ValueError"])
def test_a_run_leaves_no_task_in_memory(stack_of, ending):
    stack, before = stack_of("one", ""), tasks()
    stack.up(TELLS + ending)
    assert tasks() == before


def test_programs_beside_each_other_have_each_their_own_environment_and_resources(stack_of):
    names = ["one", "two", "three", "four"]
    stacks = [stack_of(name, name) for name in names]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda stack: stack.up(TELLS), stacks))
    assert [result.outputs for result in found] == [{"told": name} for name in names]
    assert all(stack.engine.state for stack in stacks)


def test_programs_of_the_same_environment_run_at_the_same_time(stack_of):
    first, second = stack_of("one", "same"), stack_of("two", "same")
    met = threading.Barrier(2, timeout=20)
    first.things.together = second.things.together = met
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda stack: stack.up(TELLS), (first, second)))
    assert [result.error for result in found] == [None, None]


def test_a_program_that_raises_leaves_nothing_behind(stack_of):
    before = dict(os.environ), threading.active_count()
    result = stack_of("one", "").up('Thing("a"); raise ValueError("not today")')
    assert "not today" in result.error
    assert (dict(os.environ), threading.active_count()) == before
