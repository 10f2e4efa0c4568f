import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from components.gates.rules import AlarmState, Target
from components.traffic import Colour, Weights
from rollout.shift.course import OnFailure, plan
from rollout.shift.scene import Scene, lines, marks
from rollout.shift.view import View
from rollout.watching import Look

BLUE = Weights.all_to(Colour.BLUE)
AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
SIX = [Target(f"10.0.0.{number}:8080", "cn-north-1a", "healthy") for number in range(6)]
LOOK = Look(
    AT,
    requests={Colour.BLUE: 23280.0, Colour.GREEN: 7924.0},
    counted=AT,
    p99={Colour.BLUE: 0.082, Colour.GREEN: 0.084},
    errors={Colour.BLUE: 0.0, Colour.GREEN: 0.25},
    targets={Colour.BLUE: SIX, Colour.GREEN: [*SIX[:5], replace(SIX[5], state="unhealthy")]},
    alarms=[AlarmState("a", "OK"), AlarmState("b", "OK"), AlarmState("c", "INSUFFICIENT_DATA")],
)
COURSE = plan(BLUE, Colour.GREEN, on_failure=OnFailure.BACK).applied().applied()
SCENE = Scene("prod-bj", COURSE, 600, "baking", 192, LOOK)


def drawn(*scenes: Scene, terminal: bool, met: str = "") -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=terminal, color_system=None)
    with View(console, lambda: met) as view:
        for scene in scenes:
            view.show(scene)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_what_is_shown() -> None:
    assert dict(lines(SCENE)) == {
        "set": "blue 75  green 25",
        "actual": "blue 74.6  green 25.4   (the minute to 14:02, 31 204 requests)",
        "blue": "6/6 healthy · p99 82 ms · 5xx 0.00 %",
        "green": "5/6 healthy · p99 84 ms · 5xx 0.25 %",
        "alarms": "2 OK · 1 without data",
        "next": "in 03:12 → blue 50  green 50, unless an alarm goes on (then back to blue at once)",
    }
    assert marks(SCENE) == "1 ✓   5 ✓   25 ◐   50   100"
    assert SCENE.total_left == 192 + 2 * 660


def test_no_metrics_are_not_a_split() -> None:
    assert dict(lines(replace(SCENE, look=Look(AT))))["actual"].startswith("not known yet")
    assert dict(lines(replace(SCENE, look=None, left=None)))["now"] == "baking"


def test_an_alarm_stands_out_and_a_way_back_is_told() -> None:
    look = replace(LOOK, alarms=[AlarmState("dkms-green-errors", "ALARM")])
    assert dict(lines(replace(SCENE, look=look)))["alarms"] == "dkms-green-errors IS ON"
    back = COURSE.failed(Weights(blue=75, green=25))
    scene = replace(SCENE, course=back)
    assert marks(scene) == "on the way back to blue"
    assert dict(lines(scene))["next"] == "in 03:12 → the end, unless an alarm goes on (then it stays there)"


def test_live_in_a_terminal_and_a_line_a_minute_elsewhere() -> None:
    live = drawn(SCENE, terminal=True, met="900 requests, 0 failed")
    assert "clients  900 requests, 0 failed" in live
    assert "prod-bj → green" in live
    assert "step 3 of 5 · 25 min left" in live
    assert "Ctrl-C freezes here" in live
    scenes = [replace(SCENE, left=left) for left in (600, 590, 540, 535, 480)]
    plain = drawn(replace(SCENE, left=None), *scenes, terminal=False).splitlines()
    assert [line.split(" left")[0].strip() for line in plain] == ["baking, 10:00", "baking, 09:00", "baking, 08:00"]
    assert all("actual blue 74.6  green 25.4" in line for line in plain)
