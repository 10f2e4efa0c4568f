"""`bluegreen shift`: everything is checked, then somebody says yes, then it goes."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from components.errors import BlueGreenError
from components.gates.model import Gates
from rehearsal.traffic.recording import Traffic
from rollout.agreeing import agree
from rollout.engines import EngineChoice
from rollout.lock import lock
from rollout.peer import check_peers
from rollout.shift.conduct import LOOK, Conductor
from rollout.shift.course import Course, Heading
from rollout.shift.scene import OVERHEAD, about, after_failure
from rollout.shift.start import Request, check_colour, course_of, gates_of, standing
from rollout.shift.view import View
from rollout.stack_text import StackText
from rollout.stacks import Stack
from rollout.watching import Watcher

__all__ = ["FAILED", "INTERRUPTED", "carry_out", "shift"]

FAILED, INTERRUPTED = 1, 130
_REHEARSED_LOOK = 0.5
"""Seconds: its bakes take a few of them."""


def shift(request: Request, engine: EngineChoice, console: Console, traffic: Traffic | None, *, yes: bool) -> int:
    """Shift a stack; return the exit code. Raises BlueGreenError where nothing is changed.

    `traffic` is what a rehearsal is played under, if it is.
    """
    file = StackText(request.stack, request.root)
    if engine is not EngineChoice.REHEARSAL or request.to in file.config.clusters:
        check_colour(request, file)
    asked_gates(request, file)
    course_of(request, file.config, file.config.weights_of(request.service))
    if engine is EngineChoice.REHEARSAL:
        return _rehearse(request, file, console, traffic)
    from rollout.automation import PulumiStack

    running = PulumiStack(file.stack, request.root)
    for note in check_peers(file.stack, request.root, lambda peer: PulumiStack(peer, request.root).state()):
        console.print(note, style="yellow", markup=False)
    return carry_out(request, running, console, yes=yes)


def _rehearse(request: Request, file: StackText, console: Console, traffic: Traffic | None) -> int:
    from rollout.rehearsed import rehearsed, text_with  # moto, gRPC and Pulumi take a second to import

    for note in check_peers(file.stack, request.root):
        console.print(note)
    text = text_with(request.to, file, console)
    with ExitStack() as keep:
        with console.status("starting the embedded AWS, and clients"):
            stage = keep.enter_context(rehearsed(file.stack, text, traffic))
        there = replace(request, stack=file.stack, root=stage.root)
        code = carry_out(there, stage.stack, console, yes=True, look_every=_REHEARSED_LOOK, met=stage.met)
        return stage.end(console) or code


def asked_gates(request: Request, file: StackText) -> Gates:
    """The gates of this shift. Raises ConfigError where `--bake` is no time, or too short."""
    asked = {} if request.bake is None else {"bake": request.bake}
    with tempfile.TemporaryDirectory(prefix="bluegreen-") as directory:
        return gates_of(request.stack, file.for_run(file.text, Path(directory), asked)[1])


def carry_out(
    request: Request,
    stack: Stack,
    console: Console,
    *,
    yes: bool = False,
    look_every: float = LOOK,
    met: Callable[[], str] = str,
) -> int:
    """Shift a stack on whichever engine; return the exit code. Raises BlueGreenError where nothing is changed.

    `met` says what clients met so far, where somebody counts.
    """
    with lock(request.stack, request.doing, request.root) as journal:
        file = StackText(request.stack, request.root)
        check_colour(request, file)
        state = request.moved(stack.state(), file.config)
        watcher = Watcher(state, file.config.region, file.profile)
        stands = standing(request, file, state, watcher, journal.found)
        course = course_of(request, file.config, stands.now)
        if not course.ahead and not stands.half_applied and not stands.unbaked:
            file.write(file.with_weights(stands.now, request.service))
            journal.end()
            console.print(f"{request.name}: {request.to} has all the traffic; there is nothing to do")
            return 0
        bake = asked_gates(request, file).bake
        if bake:
            watcher.alarm_states(watcher.alarms(*state.colours))
        _announce(course, request, file, stack, console, bake)
        if not yes:
            agree("Shift?", console)
        with View(console, met) as view:
            conductor = Conductor(request, file, stack, watcher, view, journal, look_every=look_every)
            try:
                return _told(conductor.run(course, stands), request, stack, view)
            except KeyboardInterrupt:
                view.say(f"frozen at {conductor.settle()}. {_go_on(request)}", "yellow")
                return INTERRUPTED
            except BlueGreenError as error:
                if not conductor.moved:
                    raise
                view.say(f"{error}\nfrozen. {_go_on(request)}", "red")
                return FAILED


def _announce(course: Course, request: Request, file: StackText, stack: Stack, console: Console, bake: int) -> None:
    steps = " → ".join(str(each) for each in (course.now, *course.ahead))
    lasts = about(len(course.ahead) * (bake + OVERHEAD))
    console.print(
        f"{request.name} → {course.to} · {file.config.topology} · {stack.engine}\n"
        f"  {steps}   (about {lasts}; if a step fails, {after_failure(course).removeprefix('then ')})",
        highlight=False,
        soft_wrap=True,
    )


def _told(course: Course, request: Request, stack: Stack, view: View) -> int:
    if course.heading is Heading.THERE:
        view.say(f"{request.name}: {course.now}. {stack.afterwards}", "green")
        return 0
    if course.heading is Heading.STOPPED:
        view.say(f"frozen at {course.now}. {_go_on(request)}", "yellow")
    else:
        view.say(f"back at {course.now}. Mend {course.to} first. {stack.afterwards}", "yellow")
    return FAILED


def _go_on(request: Request) -> str:
    return f"Go on: {request.command(request.to)}. Back: {request.command(request.to.other)}"
