"""Takes a stack along the course of a shift: edit, preview, update with its gates, read back; and maybe back."""

import shlex
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.editing import Value
from rollout.impact.case import Case
from rollout.lock import Journal
from rollout.shift.baking import BakeError, bake
from rollout.shift.course import Course, Heading
from rollout.shift.guard import objections
from rollout.shift.scene import Scene, summary
from rollout.shift.start import Request, Standing, gates_of
from rollout.shift.verifying import surroundings, verify
from rollout.shift.view import View
from rollout.stack_text import StackText
from rollout.stacks import LockedError, Stack
from rollout.state import State, entirely
from rollout.watching import Look, Watcher

__all__ = ["Conductor"]

LOOK = 5.0
"""Seconds between two looks at AWS."""
_AT_ONCE: Mapping[str, Value] = {"firstStep": 100}
"""The way back goes to a colour that may have no traffic any more."""
_UNWATCHED: Mapping[str, Value] = {**_AT_ONCE, "bake": 0}
"""What is applied while the alarms of the colour that is left may be on; it is watched from here."""


class _RefusedError(BlueGreenError):
    """A step that may not be taken; it has changed nothing."""


class _StepError(BlueGreenError):
    """A step that was taken, and has failed."""


class Conductor:
    """Carries out one shift of a stack. All that it changes goes through the stack file."""

    def __init__(
        self,
        request: Request,
        file: StackText,
        stack: Stack,
        watcher: Watcher,
        view: View,
        journal: Journal,
        *,
        look_every: float = LOOK,
    ) -> None:
        self._request, self._file, self._stack, self._watcher = request, file, stack, watcher
        self._view, self._journal, self._look_every = view, journal, look_every
        self._asked: Mapping[str, Value] = {"bake": request.bake} if request.bake else {}
        self.moved = False
        """Whether an update has been made."""

    def run(self, course: Course, standing: Standing) -> Course:
        """Go to the end of the course, or as far as it gets; the heading of what is returned says which.

        Raises BlueGreenError where nothing may be changed, and nothing was.
        """
        with tempfile.TemporaryDirectory(prefix="bluegreen-") as directory:
            self._directory = Path(directory)
            course = self._finish_cut_off(course, standing)
            self._verify(course)
            while course.ahead:
                course = self._step(course)
        if entirely(self._state().positions()) == course.now:
            self._file.write(self._file.with_weights(course.now, self._request.service))
            self._journal.end()
        return course

    def settle(self) -> Weights:
        """Write into the file what the stack has, where that is whole; return what the file has then."""
        now = entirely(self._state().positions())
        if now:
            self._file.write(self._file.with_weights(now, self._request.service))
        return now or self._file.config.weights_of(self._request.service)

    # -- steps -----------------------------------------------------------------------------------

    def _finish_cut_off(self, course: Course, standing: Standing) -> Course:
        """Do what a shift that was killed has left: apply its step to the end, and watch it."""
        if not (standing.half_applied or standing.unbaked):
            return course
        redone = replace(course, ahead=(course.now, *course.ahead))
        watched = " and watched" if standing.unbaked else ""
        self._view.say(f"  a shift was cut off at {course.now}; that is applied{watched} first")
        try:
            # Where it is applied already, this shows that nobody else is at it, and changes nothing.
            self._apply(redone, _UNWATCHED)
            if standing.unbaked:
                self._bake(redone, course.now.live)
        except (_StepError, BakeError) as error:
            return self._failed(redone, str(error))
        return course

    def _verify(self, course: Course) -> None:
        """Let the stack's own command judge a colour that has no traffic yet. Raises VerifyError."""
        asked, first = self._file.config.gates.verify, course.heading is Heading.THERE and not course.now[course.to]
        if not (asked and first and course.ahead and self._request.verify):
            return
        told = surroundings(self._request.stack, course.to, self._stack.state(), self._request.service)
        self._view.say(f"  verifying {course.to} at {told['BLUEGREEN_ADDRESS']}: {shlex.join(asked.command)}")
        verify(asked, told, self._view.say)
        self._view.say(f"  ✓ {course.to} is verified")

    def _step(self, course: Course) -> Course:
        target = course.ahead[0]
        try:
            match course.heading:
                case Heading.THERE:
                    # Where nothing can be split there is no smaller first step.
                    self._apply(course, self._asked if self._file.config.splits else {**self._asked, **_AT_ONCE})
                case Heading.STEPS_BACK:
                    self._apply(course, _UNWATCHED)
                    self._bake(course, (course.to.other,))
                case _:
                    self._apply(course, {**self._asked, **_AT_ONCE})
        except _RefusedError as error:
            if not self.moved:
                raise
            return self._failed(course, str(error))
        except (_StepError, BakeError) as error:
            return self._failed(course, str(error))
        self._view.say(f"  ✓ {target!s:<20} {summary(self._look())}".rstrip())
        return course.applied()

    def _failed(self, course: Course, why: str) -> Course:
        after = course.failed(self.settle())
        self._view.say(f"  ✗ {course.next}: {why}", "red")
        if after.next:
            self._view.say(f"    traffic is at {after.now}, and goes back to {course.to.other}: next is {after.next}")
        return after

    def _apply(self, course: Course, gates: Mapping[str, Value]) -> None:
        """Bring the stack to the next weights. Raises _RefusedError before, and _StepError after it has begun."""
        target = course.ahead[0]
        text = self._file.with_weights(target, self._request.service)
        run, config = self._file.for_run(text, self._directory, gates)
        scene = Scene(self._request.name, course, gates_of(self._request.stack, config).bake, "previewing")
        self._view.show(scene)
        found = [*objections(Case(self._request.stack, self._stack.preview(run), config, config))]
        if found:
            raise _RefusedError(f"{target} would be more than a change of weights:\n  " + "\n  ".join(found))
        before = self._file.text
        self._journal.begin(course.to, target, self._request.service)
        self._file.write(text)
        try:
            error = self._up(run, replace(scene, doing="updating"))
        except LockedError:
            self._file.write(before)
            raise
        self.moved = True
        if error:
            raise _StepError(error)
        applied = entirely(self._state().positions(self._watcher.applied))
        if applied != target:
            raise _StepError(
                f"AWS gives {applied or 'something in between'}; somebody else changes it at the same time"
            )

    def _up(self, run: Path, scene: Scene) -> str:
        switched, all_of_them = set[str](), {switch.urn for switch in self._state().switches}
        since: datetime | None = None
        with ThreadPoolExecutor(1, "update") as pool:
            update = pool.submit(self._stack.up, run, switched.add)
            try:
                while wait([update], self._look_every).not_done:
                    look = self._look()
                    if look and all_of_them <= switched:
                        since = since or look.at
                        left = max(0, scene.bake - round((look.at - since).total_seconds()))
                        scene = replace(scene, doing="baking", left=left)
                    scene = replace(scene, look=look)
                    self._view.show(scene)
            except KeyboardInterrupt:
                self._view.say("  stopping: the update ends first; traffic stays where it is")
                raise
            return update.result()

    def _bake(self, course: Course, colours: tuple[Colour, ...]) -> None:
        gates = gates_of(self._request.stack, self._file.for_run(self._file.text, self._directory, self._asked)[1])

        def left(seconds: int) -> None:
            scene = Scene(self._request.name, course, gates.bake, "baking", seconds, self._look())
            self._view.show(scene)

        bake(self._watcher, colours, gates.bake, silence_fails=gates.silence_fails, left=left)

    def _state(self) -> State:
        return self._request.moved(self._stack.state(), self._file.config)

    def _look(self) -> Look | None:
        try:
            return self._watcher.look()
        except BlueGreenError:
            return None  # the gates of the update ask for themselves; this is for whoever watches
