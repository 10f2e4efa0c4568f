"""Where a shift begins: everything that is wrong is found here, before anything changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.environment import is_prod
from components.errors import BlueGreenError
from components.gates.model import Gates
from components.traffic import DEFAULT_STEPS, Colour, Weights
from infra.config import NAMESPACE, StackConfig
from rollout.lock import Note
from rollout.shift.course import Course, OnFailure, plan
from rollout.stack_text import StackText
from rollout.state import Position, State, entirely
from rollout.watching import Watcher

__all__ = ["Request", "Standing", "check_colour", "course_of", "gates_of", "standing"]


@dataclass(frozen=True)
class Request:
    """What somebody asks of a shift."""

    stack: str
    to: Colour
    steps: Sequence[int] = DEFAULT_STEPS
    bake: str | None = None
    """Seconds, or `10m`; None is what the stack file says."""
    on_failure: OnFailure = OnFailure.BACK
    root: Path = Path()
    """Where the stack file is."""


@dataclass(frozen=True)
class Standing:
    """Where traffic is, and what a shift that was killed has left to be done first."""

    now: Weights
    half_applied: bool = False
    """The state or AWS is between two steps, and `now` is the later one."""
    unbaked: bool = False
    """Nobody has watched `now` to the end of its bake."""


def gates_of(stack: str, config: StackConfig) -> Gates:
    """The gates with the defaults of the stack's environment."""
    return config.gates.resolve(config.region, prod=is_prod(stack))


def course_of(request: Request, config: StackConfig, now: Weights) -> Course:
    """Plan the steps. Raises BlueGreenError where they are not to be taken."""
    try:
        course = plan(now, request.to, request.steps, request.on_failure, splits=config.splits)
    except ValueError as error:
        raise BlueGreenError(f"--steps: {error}") from None
    first, most = course.next, gates_of(request.stack, config).first_step
    if first and config.splits and not now[request.to] and first[request.to] > most:
        raise BlueGreenError(
            f"--steps: {request.to} would go from 0 to {first[request.to]} % in one step, and {request.stack} allows "
            f"{most}; begin with {most} or less, or set {NAMESPACE}:gates.firstStep"
        )
    return course


def check_colour(request: Request, file: StackText) -> None:
    """Raise BlueGreenError where a colour has no cluster to take the traffic."""
    if request.to not in file.config.clusters:
        raise BlueGreenError(
            f"{file.name}: {request.to} has no cluster; add {NAMESPACE}:clusters.{request.to}, and `pulumi up`, before "
            "traffic is given to it"
        )
    if request.to in file.config.retiring:
        raise BlueGreenError(
            f"{file.name}: {request.to} is being retired; remove {NAMESPACE}:clusters.{request.to}.retiring"
        )


def standing(request: Request, file: StackText, state: State, watcher: Watcher, found: Note | None) -> Standing:
    """Say where traffic is: by the state, by AWS and by the stack file, which are to agree.

    Where they do not, `found`, what a killed shift was about to do, may tell why. Raises BlueGreenError where it does
    not.
    """
    if request.to not in state.colours:
        raise BlueGreenError(
            f"{request.stack}: {request.to} is in {file.name}, and not deployed; `pulumi up` first, and test it"
        )
    begun = found.weights if found else None
    same_way = bool(found) and found.to is request.to
    kept, applied = state.positions(), state.positions(watcher.applied)
    now = entirely(kept)
    if begun and (now is None or kept != applied) and _between(kept, applied, begun):
        return Standing(begun, half_applied=True, unbaked=same_way)
    if kept != applied:
        raise BlueGreenError(
            f"{request.stack}: AWS gives {_told(applied)}, and the last update left {_told(kept)}: somebody has moved "
            "traffic by hand. Ask who, then `pulumi refresh`, and look at `pulumi preview`"
        )
    if now is None:
        raise BlueGreenError(f"{request.stack}: {_told(kept)}; `pulumi up` what the file says, so that all agree")
    if not begun and state.pending:
        raise BlueGreenError(
            f"{request.stack}: an update was cut off while {', '.join(state.pending)}; `pulumi refresh` first, which "
            "looks how that went"
        )
    if file.config.weights not in (now, begun):
        raise BlueGreenError(
            f"{file.name} says {file.config.weights}, and the stack is at {now}; apply that by `pulumi up`, or put the "
            "file back"
        )
    return Standing(now, unbaked=same_way and now == begun)


def _between(kept: Sequence[Position], applied: Sequence[Position], begun: Weights) -> bool:
    """Whether AWS is somewhere on the way from what the state says to a step."""
    return len(kept) == len(applied) and all(
        now.get(colour, 0) in (was.get(colour, 0), begun[colour])
        for was, now in zip(kept, applied, strict=True)
        for colour in Colour
    )


def _told(positions: Sequence[Position]) -> str:
    def each(position: Mapping[Colour, int]) -> str:
        return " · ".join(f"{colour} {position[colour]}" for colour in Colour if position.get(colour)) or "nobody"

    return " and ".join(dict.fromkeys(map(each, positions))) or "nobody traffic"
