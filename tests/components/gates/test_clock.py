import time

import pytest

from components.gates.clock import CLOCK, wait


def test_without_a_rehearsal_time_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.delenv(CLOCK, raising=False)
    monkeypatch.setattr(time, "sleep", slept.append)
    assert wait(15, 60) == 15
    assert slept == [15]
