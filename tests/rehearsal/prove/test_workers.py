"""The processes that explore."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.prove import cli, workers
from rehearsal.prove.cases import Choice
from rehearsal.prove.model import Case, Ending, Finding, Mode
from rehearsal.prove.transitions import adoption_of, tree_of
from rehearsal.prove.workers import Explored, divided

PROC = Path("/proc")


def test_a_worker_has_trees_of_its_own_and_a_part_of_one_where_there_are_few() -> None:
    trees = [tree_of("qa-bj"), adoption_of("qa-bj"), tree_of("prod-bj"), adoption_of("prod-bj")]
    whole = divided(trees, Choice(), workers=2)
    assert sorted(len(tree.transitions) for tree, _ in whole) == sorted(len(tree.transitions) for tree in trees)
    assert [len(tree.transitions) for tree, _ in whole] == sorted((len(t.transitions) for t in trees), reverse=True)
    assert {(choice.part, choice.parts) for _, choice in whole} == {(0, 1)}
    assert [(choice.part, choice.parts) for _, choice in divided(trees[:1], Choice(), workers=2)] == [(0, 2), (1, 2)]
    assert len(divided(trees, Choice(), workers=16)) == 4 * 8


def test_a_proof_tells_stacks_and_transitions_in_their_order_whoever_found_them_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def finding(stack: str, transition: str) -> Finding:
        return Finding(case=Case(stack=stack, transition=transition, mode=Mode.KILLED, at="A.1"), ending=Ending.HELD)

    found = [("prod-bj", "canary-10"), ("qa-bj", "adopted-add-green"), ("qa-bj", "canary-10"), ("qa-bj", "add-green")]
    explored = [Explored(*each, 1, [finding(*each)]) for each in found]
    monkeypatch.setattr(workers, "work", lambda *_: iter(explored))
    proof = cli._prove(["qa-bj", "prod-bj"], Choice(), 2, "")
    assert proof.transitions == [
        ("qa-bj", "add-green"),
        ("qa-bj", "canary-10"),
        ("prod-bj", "canary-10"),
        ("qa-bj", "adopted-add-green"),
    ]


@pytest.mark.skipif(not PROC.exists(), reason="processes are looked for in /proc")
def test_workers_end_when_whoever_started_them_is_killed() -> None:
    command = [str(Path(sys.executable).with_name("bluegreen")), "prove", "qa-bj", "--only", "crash", "--workers", "2"]
    proof = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(lambda: sum("rehearsal.aws" in command for command in session(proof.pid)) >= 2)
        proof.send_signal(signal.SIGKILL)
        proof.wait()
        wait_for(lambda: not session(proof.pid))
    finally:
        if session(proof.pid):
            os.killpg(proof.pid, signal.SIGKILL)


def wait_for(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def session(leader: int) -> list[str]:
    """The commands of what still runs in a session."""
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == leader:
                found.append((process / "cmdline").read_text())
        except (ProcessLookupError, FileNotFoundError):
            continue
    return [command for command in found if command]  # what has ended and nobody has asked for has none
