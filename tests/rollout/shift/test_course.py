from hypothesis import given
from hypothesis import strategies as st

from components.traffic import Colour, Weights
from rollout.shift.course import Course, Heading, OnFailure, plan

COLOURS = st.sampled_from(Colour)
WEIGHTS = st.integers(0, 100).map(lambda blue: Weights(blue=blue, green=100 - blue))
STEPS = st.sets(st.integers(1, 99), max_size=5).map(lambda steps: [*sorted(steps), 100])
WAYS = st.sampled_from(OnFailure)


def to_the_end(course: Course) -> list[Weights]:
    passed: list[Weights] = []
    while course.ahead:
        course = course.applied()
        passed.append(course.now)
    return passed


@given(WEIGHTS, COLOURS, STEPS, st.booleans())
def test_steps_rise_and_end_as_asked(now: Weights, to: Colour, steps: list[int], splits: bool) -> None:
    course = plan(now, to, steps, splits=splits)
    passed = to_the_end(course)
    shares = [each[to] for each in (now, *passed)]
    assert shares == sorted(set(shares))
    assert (passed[-1] if passed else now) == Weights.all_to(to)
    assert all(each[to] in steps for each in passed)
    if not splits:
        assert len(passed) <= 1


@given(WEIGHTS, COLOURS, STEPS, st.integers(0, 6))
def test_a_shift_that_is_killed_anywhere_and_planned_again_ends_as_asked(
    now: Weights, to: Colour, steps: list[int], killed_at: int
) -> None:
    course = plan(now, to, steps)
    whole = to_the_end(course)
    for _ in range(min(killed_at, len(whole))):
        course = course.applied()
    assert [*whole[:killed_at], *to_the_end(plan(course.now, to, steps))] == whole
    back = to_the_end(plan(course.now, to.other, steps))
    assert (back[-1] if back else course.now) == Weights.all_to(to.other)


@given(WEIGHTS, COLOURS, STEPS, st.integers(0, 6), st.booleans())
def test_back_by_steps_reverses_the_way(now: Weights, to: Colour, steps: list[int], at: int, applied: bool) -> None:
    """Whether the failed step has been applied (it did not bake) or not (a gate stopped it)."""
    course = plan(Weights.all_to(to.other), to, steps, OnFailure.STEPS_BACK)
    whole = [course.now, *to_the_end(course)]
    at = min(at, len(whole) - 2)
    for _ in range(at):
        course = course.applied()
    failed = course.failed(whole[at + 1] if applied else whole[at])
    assert to_the_end(failed) == whole[: at + 1 if applied else at][::-1]
    assert failed.heading is Heading.STEPS_BACK


@given(WEIGHTS, COLOURS, STEPS, WAYS, WEIGHTS)
def test_whatever_fails_a_course_ends(
    now: Weights, to: Colour, steps: list[int], way: OnFailure, left: Weights
) -> None:
    course = plan(now, to, steps, way).failed(left)
    home = Weights.all_to(to.other)
    if way is OnFailure.FREEZE:
        assert (course.heading, course.ahead, course.now) == (Heading.STOPPED, (), left)
        return
    assert to_the_end(course)[-1:] == ([home] if left != home else [])
    again = course.failed(left)
    if way is OnFailure.STEPS_BACK:
        assert (again.heading, again.ahead) == (Heading.BACK, (home,) if left != home else ())
        again = again.failed(left)
    assert (again.heading, again.ahead) == (Heading.STOPPED, ())
