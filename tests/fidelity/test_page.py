"""docs/aws.md says what a rehearsal knows of AWS; its numbers and the tests' marks are the same."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/aws.md").read_text(encoding="utf-8")
ROWS = [
    (int(number), sure, where) for number, sure, where in re.findall(r"^\| (\d+) \|.+\| (.+) \| (.+) \|$", PAGE, re.M)
]


def test_rules_are_numbered_through_and_say_how_sure_they_are_and_who_sees_to_them() -> None:
    assert [number for number, _, _ in ROWS] == list(range(1, len(ROWS) + 1))
    assert {sure for _, sure, _ in ROWS} == {"confirmed", "likely", "unknown"}
    assert {where for _, _, where in ROWS} == {"enforced", "modelled", "engine", "program", "not modelled"}


def test_every_rule_that_is_seen_to_has_a_test_and_no_other() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "tests.fidelity.marks", "-p", "no:cacheprovider"]
    places = [f"tests/{place}" for place in ("components", "fidelity", "infra", "rehearsal")]
    done = subprocess.run(
        [*command, "--collect-only", "--quiet", "-m", "fact", *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    marked = {int(number) for number in re.findall(r"^fact (\d+)$", done.stdout, re.M)}
    assert marked == {number for number, _, where in ROWS if where != "not modelled"}
