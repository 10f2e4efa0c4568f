"""Where a shift begins: everything that is wrong is found here, before anything changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.environment import is_prod
from components.errors import BlueGreenError
from components.gates.model import Gates
from components.traffic import DEFAULT_STEPS, Colour, Weights
from infra.config import NAMESPACE, StackConfig, Topology
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
    service: str | None = None
    """The one service that is to move; None moves all that follow the stack's weights."""
    verify: bool = True
    """Whether to run the stack's own command before a colour's first traffic."""

    @property
    def name(self) -> str:
        """What moves: the stack, or a service of it."""
        return f"{self.stack} {self.service}" if self.service else self.stack

    @property
    def doing(self) -> str:
        """The same in words, for whoever wants to know."""
        return f"shift of {self.service} to {self.to}" if self.service else f"shift to {self.to}"

    def command(self, to: Colour) -> str:
        """The command that moves the same to a colour."""
        return f"bluegreen shift {self.stack} --to {to}" + (f" --service {self.service}" if self.service else "")

    def moved(self, state: State, config: StackConfig) -> State:
        """As much of a stack as this moves."""
        return state.only({self.service} if self.service else config.services.keys() - config.own_weights.keys())


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
    """Raise BlueGreenError where a colour has no cluster to take the traffic, or nothing is there to be moved."""
    if request.service:
        _check_service(request.service, file)
    elif not file.config.services.keys() - file.config.own_weights.keys():
        raise BlueGreenError(f"{file.name}: every service has weights of its own; say which: --service NAME")
    if request.to not in file.config.clusters:
        raise BlueGreenError(
            f"{file.name}: {request.to} has no cluster; add {NAMESPACE}:clusters.{request.to}, and `pulumi up`, before "
            "traffic is given to it"
        )
    if request.to in file.config.retiring:
        raise BlueGreenError(
            f"{file.name}: {request.to} is being retired; remove {NAMESPACE}:clusters.{request.to}.retiring"
        )


def _check_service(service: str, file: StackText) -> None:
    config = file.config
    if service not in config.services:
        known = ", ".join(config.services)
        raise BlueGreenError(f"--service: {service} is no service of {file.name}; it has {known}")
    if config.topology is not Topology.SHARED_ALB:
        raise BlueGreenError(
            f"--service: {config.topology} has one entry for all services; shift them together, without the option"
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
    if found and found.service != request.service:
        found = None
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
    written = file.config.weights_of(request.service)
    if written not in (now, begun):
        raise BlueGreenError(
            f"{file.name} says {written}, and {request.name} is at {now}; apply that by `pulumi up`, or put the "
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
