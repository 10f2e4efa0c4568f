"""A shift as it is at one moment, in words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from components.traffic import Colour, Weights
from rollout.shift.course import Course, Heading, OnFailure
from rollout.watching import Look

__all__ = ["OVERHEAD", "Scene", "about", "after_failure", "clock", "lines", "marks", "summary"]

OVERHEAD = 60
"""Seconds that a step takes besides its bake: the preview, the update's start, the call itself."""

AFTER_FAILURE = {
    OnFailure.FREEZE: "then it stays there",
    OnFailure.BACK: "then back to {home} at once",
    OnFailure.STEPS_BACK: "then back to {home} step by step",
}


@dataclass(frozen=True)
class Scene:
    """What there is to show."""

    stack: str
    course: Course
    """With the running step still ahead."""
    bake: int
    """Seconds."""
    doing: str
    """In a word or two: `updating`, `baking`."""
    left: int | None = None
    """Seconds of the bake; None while it has not begun."""
    look: Look | None = None

    @property
    def target(self) -> Weights:
        """What the running step sets."""
        return self.course.next or self.course.now

    @property
    def total_left(self) -> int:
        """Seconds until the shift ends, if all goes well."""
        running = self.bake + OVERHEAD if self.left is None else self.left
        return running + max(0, len(self.course.ahead) - 1) * (self.bake + OVERHEAD)


def lines(scene: Scene) -> Iterator[tuple[str, str]]:
    """What a live view shows, a name and a text a line."""
    course, look = scene.course, scene.look
    yield "set", _told(scene.target)
    yield "actual", _actual(look)
    if look:
        for colour in Colour:
            if colour in look.targets:
                yield colour.value, " · ".join(_of_colour(look, colour))
        yield "alarms", _alarms(look)
    if scene.left is None:
        yield "now", scene.doing
    else:
        yield "next", f"in {clock(scene.left)} → {_after(course)}, unless an alarm goes on ({after_failure(course)})"


def summary(look: Look | None) -> str:
    """What was seen of a step when it had baked."""
    return f"actual {_actual(look)} · alarms {_alarms(look)}" if look else ""


def marks(scene: Scene) -> str:
    """The steps on one line: `1 ✓   5 ✓   25 ◐   50   100`."""
    course = scene.course
    if course.heading is not Heading.THERE:
        return f"on the way back to {course.to.other}"
    running = course.next[course.to] if course.next else 100
    told = [f"{step} ✓" if step < running else f"{step} ◐" if step == running else str(step) for step in course.steps]
    return "   ".join(told)


def after_failure(course: Course) -> str:
    """What becomes of a shift whose running step fails."""
    if course.heading is Heading.STEPS_BACK:
        return f"then to {course.to.other} at once"
    if course.heading is Heading.BACK:
        return "then it stays there"
    return AFTER_FAILURE[course.on_failure].format(home=course.to.other)


def clock(seconds: int) -> str:
    """Minutes and seconds: `03:12`."""
    return f"{seconds // 60:02}:{seconds % 60:02}"


def about(seconds: int) -> str:
    """How long something takes, as far as arithmetic knows."""
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} min"


def _actual(look: Look | None) -> str:
    total = sum(look.requests.values()) if look else 0
    if not look or not total:
        return "not known yet: CloudWatch has no requests of the last minutes"
    shares = "  ".join(f"{each} {100 * look.requests.get(each, 0) / total:.1f}" for each in Colour)
    until = f" to {look.counted:%H:%M}" if look.counted else ""
    counted = f"{total:,.0f}".replace(",", " ")
    return f"{shares}   (the minute{until}, {counted} requests)"


def _alarms(look: Look) -> str:
    states = [each.state for each in look.alarms]
    told = [f"{states.count('OK')} OK"] if "OK" in states else []
    told += [f"{states.count('INSUFFICIENT_DATA')} without data"] if "INSUFFICIENT_DATA" in states else []
    told += [f"{each.name} IS ON" for each in look.alarms if each.state == "ALARM"]
    return " · ".join(told) or "none"


def _of_colour(look: Look, colour: Colour) -> Iterator[str]:
    targets = [each for each in look.targets[colour] if each.state != "draining"]
    healthy = sum(1 for each in targets if each.state == "healthy")
    yield f"{healthy}/{len(targets)} healthy"
    if colour in look.p99:
        yield f"p99 {1000 * look.p99[colour]:.0f} ms"
    if colour in look.errors:
        yield f"5xx {look.errors[colour]:.2f} %"


def _after(course: Course) -> str:
    following = course.ahead[1] if len(course.ahead) > 1 else None
    return _told(following) if following else "the end"


def _told(weights: Weights) -> str:
    return "  ".join(f"{colour} {weights[colour]}" for colour in Colour)
