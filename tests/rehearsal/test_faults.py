"""An upgrade that goes wrong: what stops it, and what does not need to."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from rehearsal.faults import Fault
from rehearsal.run import perform
from rehearsal.screen import Screen
from rehearsal.script import EngineName, story_of


@pytest.mark.parametrize(
    ("fault", "ends_at", "error", "lost"),
    [
        (Fault.UNHEALTHY, "canary 10", "0 of 2 targets healthy", 0),
        (Fault.FAILING, "canary 10", "-errors-", 10),
        (Fault.SLOW, "canary 10", "-latency-", 0),
        (Fault.CRASH, "canary 50", None, 0),
        (Fault.THROTTLING, "canary 50", None, 0),
    ],
)
def test_a_fault(fault: Fault, ends_at: str, error: str | None, lost: int) -> None:
    story = story_of("qa-bj", [])
    screen = Screen(Console(file=io.StringIO()), verbose=False)
    outcome = perform(replace(story, chapters=story.chapters[:4]), EngineName.EMBEDDED, screen, None, fault)
    assert outcome.scenes[-1].title == ends_at
    assert outcome.lost == lost
    if error is None:
        assert outcome.error is None
    else:
        assert error in (outcome.error or "")
    refused = {call.error for scene in outcome.scenes for call in scene.calls if call.error}
    assert refused == ({"Throttling"} if fault is Fault.THROTTLING else set())
