"""`bluegreen shift` and `bluegreen retire` given something wrong: exit code 2, a way out, and nothing changed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from components.traffic import Colour, Weights
from rollout.editing import drop, put, with_weights
from rollout.state import State
from rollout.watching import Watcher, WatchError
from tests.forbidding import forbidding
from tests.rollout.stage import stack_file
from tests.shell import Shell


class Untouched(Shell):
    def said(self, *arguments: str) -> tuple[int, str]:
        """Run it; the exit code, and all that it printed, in one line."""
        code, out, error = self.run(*arguments)
        return code, " ".join((out + error).split())

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text(encoding="utf-8") for path in self.directory.glob("Pulumi.*.yaml")}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Untouched:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = Untouched(tmp_path, monkeypatch, capsys)
    for stack in ("dev-nx", "dev-bj", "prod-bj"):
        found.write(stack, stack_file(stack))
    return found


SHIFT = ("shift", "dev-nx", "--to", "green", "--yes")
WRONG = [
    (
        (*SHIFT[:1], "dev-xx", *SHIFT[2:]),
        "dev-xx: there is no Pulumi.dev-xx.yaml here; stacks: dev-bj, dev-nx, prod-bj",
    ),
    ((*SHIFT, "--steps", "5,1,100"), "--steps: steps 5,1,100 do not rise to 100; write, for example, 1,5,25,50,100"),
    ((*SHIFT, "--steps", "1,50"), "--steps: steps 1,50 do not rise to 100"),
    ((*SHIFT, "--steps", "0,100"), "--steps: steps 0,100 do not rise to 100"),
    ((*SHIFT, "--steps", "one,100"), "--steps: one,100 are not whole per cents; write, for example, 1,5,25,50,100"),
    ((*SHIFT, "--steps", ""), "are not whole per cents"),
    ((*SHIFT, "--bake", "soon"), "dkms:gates.bake: soon is not a time; write seconds, such as 600, or 10m"),
    ((*SHIFT, "--bake", "1m"), "60 s is over before metrics arrive; give at least 180, or 0 to watch none"),
    (SHIFT, "there is no pulumi on PATH; install it, or try the same on an embedded AWS: --engine rehearsal"),
    (("retire", "dev-nx", "green", "--yes"), "there is no pulumi on PATH"),
    ((*SHIFT, "--no-traffic"), "--traffic and --no-traffic are for a rehearsal; add --engine rehearsal"),
    (
        ("retire", "dev-nx", "blue", "--yes"),
        "blue has 100 % of the traffic; move it first: bluegreen shift dev-nx --to",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "told"), WRONG, ids=lambda given: "-".join(given) if isinstance(given, tuple) else ""
)
def test_wrong_input(shell: Untouched, arguments: tuple[str, ...], told: str) -> None:
    before = shell.files()
    code, printed = shell.said(*arguments)
    assert code == 2
    assert told in printed
    assert shell.files() == before


def test_a_first_step_over_the_limit_of_the_stack(shell: Untouched) -> None:
    shell.write("prod-bj", drop(stack_file("prod-bj"), ("config", "dkms:gates")))
    code, printed = shell.said("shift", "prod-bj", "--to", "green", "--steps", "50,100")
    assert code == 2
    assert "green would go from 0 to 50 % in one step, and prod-bj allows 25; begin with 25 or less" in printed


def test_a_colour_without_a_cluster_or_one_that_retires(shell: Untouched) -> None:
    clusters = ("config", "dkms:clusters")
    shell.write("dev-nx", drop(stack_file("dev-nx"), (*clusters, "green")))
    code, printed = shell.said(*SHIFT)
    assert (code, "green has no cluster; add dkms:clusters.green, and `pulumi up`, before" in printed) == (2, True)
    shell.write("dev-nx", put(stack_file("dev-nx"), (*clusters, "green", "retiring"), value=True))
    code, printed = shell.said(*SHIFT)
    assert (code, "green is being retired; remove dkms:clusters.green.retiring" in printed) == (2, True)


@pytest.mark.parametrize("command", ["shift", "retire"])
def test_a_stack_file_with_the_marks_of_a_merge_conflict(shell: Untouched, command: str) -> None:
    shell.write("dev-nx", "<<<<<<< HEAD\n" + stack_file("dev-nx"))
    given = SHIFT if command == "shift" else ("retire", "dev-nx", "blue")
    code, printed = shell.said(*given)
    assert code == 2
    assert "it holds the marks of a merge conflict" in printed


def test_the_peer_in_the_middle_of_a_shift_is_found_before_anything_starts(shell: Untouched) -> None:
    shell.write("dev-bj", with_weights(stack_file("dev-bj"), Weights(blue=75, green=25)))
    code, printed = shell.said(*SHIFT, "--engine", "rehearsal")
    assert code == 2
    assert (
        "dev-bj is in the middle of a shift, by its file (blue 75 · green 25); clients of dev-nx fail over" in printed
    )


def test_the_exit_codes_are_in_the_help(shell: Untouched) -> None:
    for command in ("shift", "retire"):
        code, printed = shell.said(command, "--help")
        assert code == 0
        assert "Exit codes: 0 done · 1 an update failed" in printed
        assert "2 wrong input or refused, nothing changed" in printed


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody may ask CloudWatch anything."""
    with forbidding() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "nobody")
        yield


@pytest.mark.usefixtures("forbidden")
def test_no_permission_to_see_whether_a_colour_is_used() -> None:
    watcher = Watcher(State(), "cn-north-1")
    with pytest.raises(WatchError, match=r"AccessDenied.*; allow cloudwatch:GetMetricData and cloudwatch:Desc"):
        watcher.history(Colour.BLUE, timedelta(hours=1))


REHEARSED = (*SHIFT, "--engine", "rehearsal", "--no-traffic", "--steps", "10,100")


@pytest.mark.usefixtures("forbidden")
def test_no_permission_to_see_alarms_stops_a_shift_before_it_begins(shell: Untouched) -> None:
    code, printed = shell.said(*REHEARSED)
    assert code == 2
    assert "AccessDenied" in printed
    assert "route53:ListResourceRecordSets and cloudwatch:DescribeAlarms, in the account and with" in printed
    assert "frozen" not in printed
    code, printed = shell.said(*REHEARSED, "--bake", "0")
    assert (code, "✓ green 100" in printed) == (0, True), printed


def test_a_rehearsal_adds_the_colour_that_lacks_and_tells_what_was_lost(shell: Untouched) -> None:
    shell.write("dev-nx", drop(stack_file("dev-nx"), ("config", "dkms:clusters", "green")))
    before = shell.files()
    code, printed = shell.said(*REHEARSED)
    assert code == 0, printed
    assert "Pulumi.dev-nx.yaml has no green: it is added as in `bluegreen rehearse`" in printed
    assert "✓ green 100" in printed
    assert printed.endswith("the stack file is as it was. after each of 2 AWS calls: 0 % of traffic lost")
    assert shell.files() == before
