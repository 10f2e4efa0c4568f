from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from rehearsal.report.figures import Figures
from rehearsal.report.table import Cell, rows, table
from rehearsal.traffic.recording import ClientKind, Recording
from rehearsal.traffic.shifts import Latency, Shift

GAP = "\N{NO-BREAK SPACE}"
SHIFT = Shift(
    act=5,
    title="all to green",
    leaving=("blue",),
    arriving=("green",),
    complete=True,
    moved={50: 30.0, 99: 60.0, 100: 61.4},
    tail={ClientKind.FRESH: 61.0, ClientKind.STUBBORN: 1234.0},
    latency={50: Latency(2, 3), 99: Latency(10, 11)},
    calls=1,
)


def figures(recording: Recording, *shifts: Shift) -> Figures:
    """Figures whose shifts are as given, not as measured."""
    given = Figures(recording)
    given.__dict__["shifts"] = shifts
    return given


def cells(*given: Figures) -> dict[str, str]:
    return {row.label: " | ".join(cell.text.replace(GAP, " ") for cell in row.cells) for row in rows(given)}


def test_of_several_shifts_the_slowest_counts(recordings: list[Recording]) -> None:
    slower = replace(SHIFT, moved={50: 31.0, 99: 59.0, 100: 70.0}, tail={ClientKind.FRESH: 2.0}, calls=2)
    canary = replace(SHIFT, complete=False, moved={50: 500.0, 99: None, 100: None}, tail={})
    found = cells(figures(recordings[0], canary, SHIFT, slower))
    assert found["50 % on the new colour after"] == "31 s"
    assert found["99 % on the new colour after"] == "60 s"
    assert found["100 % on the new colour after"] == "70 s"
    assert found["old colour’s last answer, fresh"] == "61 s"
    assert found["old colour’s last answer, stubborn"] == "1 234 s"
    assert found["AWS calls per shift"] == "1–2"
    assert found["latency p50 after ÷ before"] == "× 1.50"
    assert found["latency p99 after ÷ before"] == "× 1.10"


def test_a_shift_that_never_ended_is_no_fast_one(recordings: list[Recording]) -> None:
    stuck = replace(SHIFT, moved={50: 31.0, 99: None, 100: None})
    assert cells(figures(recordings[0], SHIFT, stuck))["99 % on the new colour after"] == "not reached"


def test_without_a_shift_there_is_nothing_to_say(recordings: list[Recording]) -> None:
    found = cells(figures(recordings[0]), figures(recordings[1], replace(SHIFT, latency={})))
    assert found["100 % on the new colour after"] == "– | 61 s"
    assert found["old colour’s last answer, fresh"] == "– | 61 s"
    assert found["AWS calls per shift"] == "– | 1"
    assert found["latency p99 after ÷ before"] == "– | –"


def test_failures_and_requests_to_the_other_region_must_not_be(failing: Recording) -> None:
    strayed = failing.model_copy(
        update={"samples": tuple(sample._replace(peer=True) for sample in failing.samples[:7])}
    )
    found = {row.label: row.cells for row in rows([Figures(failing), Figures(strayed)])}
    assert [cell.bad for cell in found["failed"]] == [True, False]
    assert found["requests to Ningxia"] == (Cell("0"), Cell("7", bad=True))
    assert not any(
        cell.bad for label, row in found.items() if label not in ("failed", "requests to Ningxia") for cell in row
    )


@pytest.mark.parametrize(
    ("regions", "label"),
    [
        (["cn-northwest-1"], "requests to Beijing"),
        (["cn-north-1", "cn-northwest-1"], "requests to the other region"),
    ],
)
def test_the_other_region_has_its_name(failing: Recording, regions: list[str], label: str) -> None:
    assert label in cells(*(Figures(failing.model_copy(update={"region": region})) for region in regions))


def test_the_table_of_the_terminal_says_the_same(recordings: list[Recording], figures: list[Figures]) -> None:
    console = Console(width=120, file=StringIO())
    with console.capture() as shown:
        console.print(table(recordings))
    lines = shown.get().splitlines()
    assert lines[0].split() == ["shared-nlb", "route53", "shared-alb"]
    assert lines[1].split() == ["prod-bj", "dev-bj", "qa-bj"]
    told = rows(figures)
    assert len(lines) == 2 + len(told)
    for line, row in zip(lines[2:], told, strict=True):
        assert line.startswith(row.label)
        assert line.removeprefix(row.label).split("   ")[-1].strip() == row.cells[-1].text
        assert all(cell.text in line for cell in row.cells)
