import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.lock import holder, lock

CHILD = """
import sys, time
from pathlib import Path
from components.traffic import Colour, Weights
from rollout.lock import lock
with lock("dev-nx", "shift to green", Path(sys.argv[1])) as journal:
    journal.begin(Colour.GREEN, Weights(blue=75, green=25))
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def child(tmp_path: Path):
    running = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with running:
        assert running.stdout
        assert running.stdout.readline() == "held\n"
        yield running
        running.kill()


def test_the_second_is_refused_and_told_who_holds_it_since_when(child: subprocess.Popen[str], tmp_path: Path) -> None:
    expected = rf"another rollout is under way \(shift to green, process {child.pid} on .+, since 20\d\d-.* UTC\)"
    with pytest.raises(BlueGreenError, match=expected), lock("dev-nx", "retire blue", tmp_path):
        pass
    found = holder("dev-nx", tmp_path)
    assert found is not None
    assert found.pid == child.pid
    assert holder("dev-bj", tmp_path) is None


def test_what_a_killed_one_was_doing_is_found_until_it_is_dealt_with(
    child: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert holder("dev-nx", tmp_path) is None
    for _ in range(2):  # who only looks, or is refused, leaves it
        with lock("dev-nx", "shift to blue", tmp_path) as journal:
            assert journal.found is not None
            assert (journal.found.to, journal.found.weights) == (Colour.GREEN, Weights(blue=75, green=25))
    with lock("dev-nx", "shift to blue", tmp_path) as journal:
        journal.begin(Colour.BLUE, Weights(blue=100, green=0))
        journal.end()
    with lock("dev-nx", "shift to blue", tmp_path) as journal:
        assert journal.found is None


def test_git_never_sees_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with lock("dev-nx", "shift to blue", tmp_path):
        status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True)
    assert status.stdout == b""
