"""What a provider's event loops tell of futures that nobody awaited."""

import asyncio
import gc

import pytest

from rehearsal.providers.loops import Loops


async def _leave_a_failure() -> None:
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    failed.set_exception(RuntimeError("cannot schedule new futures after shutdown"))


@pytest.mark.parametrize("closed", [False, True])
def test_a_failure_that_nobody_awaited_is_told_unless_the_engine_has_gone(
    closed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    loops = Loops()

    async def call() -> None:
        if closed:
            loops.close()
        await _leave_a_failure()

    loops.run(call(), "test")
    gc.collect()
    loops.close()
    assert ("never retrieved" in caplog.text) is not closed
