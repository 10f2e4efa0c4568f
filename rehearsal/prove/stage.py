"""An embedded AWS and an engine on it that can both be put back to an earlier moment."""

import gc
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeAlias, cast
from unittest.mock import patch

from botocore import loaders

from rehearsal.aws import Call, EmbeddedAws
from rehearsal.aws.wire import Checkpoint
from rehearsal.engine import EmbeddedEngine, Operation, Result, StepEvent, inline
from rehearsal.engine.state import ResourceState
from rehearsal.furnish import furnish
from rehearsal.oracle import Verdict
from rehearsal.prove.transitions import Transition, Tree
from rehearsal.providers import Providers
from rehearsal.run import embedded_engine
from rehearsal.warm import prepare

__all__ = ["Moment", "Stage", "Update", "on_stage"]


Saved: TypeAlias = tuple[float, Sequence[ResourceState]]
Event: TypeAlias = tuple[float, StepEvent]
"""With the time, by `time.monotonic()`."""


_PENDING = (Operation.CREATE, Operation.CREATE_REPLACEMENT, Operation.UPDATE)


@dataclass(frozen=True)
class Moment:
    """How AWS stood, and what the engine knew of it."""

    checkpoint: Checkpoint
    state: Sequence[ResourceState]


@dataclass(frozen=True)
class Update:
    """One run of the program, and all that it did."""

    result: Result
    calls: tuple[Call, ...]
    saved: tuple[Saved, ...]
    """What the engine wrote down, and when, by `time.monotonic()`."""
    events: tuple[Event, ...]
    """When its steps started and ended."""

    def known(self, at: float) -> Sequence[ResourceState]:
        """What the engine had written down by then: all that it still knows if it is killed."""
        return next(state for when, state in reversed(self.saved) if when < at)

    @property
    def failed(self) -> set[str]:
        """What could not be created or updated, by URN; some of it may be as was asked all the same."""
        return {event.step.urn for _, event in self.events if event.state == "failed" and event.step.op in _PENDING}

    def pending(self, at: float) -> set[str]:
        """What was being created or updated then: Pulumi's pending operations, by URN."""
        begun: set[str] = set()
        for when, event in self.events:
            if when >= at:
                break
            if event.state == "started" and event.step.op in _PENDING:
                begun.add(event.step.urn)
            else:
                begun.discard(event.step.urn)
        return begun


@dataclass
class Stage:
    """Where cases are played, one after the other."""

    aws: EmbeddedAws
    engine: EmbeddedEngine
    another: Callable[..., EmbeddedEngine]
    """Makes one that knows nothing yet of the stack; with `program` and `environment`, one of another program."""
    _saved: list[Saved]
    _events: list[Event]

    def here(self) -> Moment:
        """Keep this moment."""
        return Moment(self.aws.checkpoint(), self.engine.state)

    def put_back(self, moment: Moment) -> Verdict:
        """Be as then; returns the oracle's word on it."""
        self.aws.restore(moment.checkpoint)
        self.aws.keep_checkpoints(on=False)  # as it was, it may have been keeping them
        self.engine.state = list(moment.state)
        return self.aws.verdict()

    def update(self, transition: Transition) -> Update:
        """Run the program for what a transition leads to."""
        seen = self.aws.called
        self._saved[:] = [(time.monotonic(), self.engine.state)]
        self._events.clear()
        result = self.engine.up(transition.flat)
        gc.collect(1)  # some 50 000 objects of the run that know each other, before anything older is looked through
        return Update(result, tuple(self.aws.calls(since=seen)), tuple(self._saved), tuple(self._events))


@contextmanager
def on_stage(tree: Tree) -> Generator[Stage]:
    """Set the stage for a stack, with nothing of it up yet."""
    prepare("infra.program")
    with EmbeddedAws.start(tree.script.config.region) as aws, Providers(aws) as providers, _quick_boto3():
        furnish(aws, tree.script.config)
        saved: list[Saved] = []
        events: list[Event] = []
        stack = tree.script.stack
        another = partial(embedded_engine, stack, aws, providers)
        engine = another(
            lambda event: events.append((time.monotonic(), event)),
            lambda state: saved.append((time.monotonic(), state)),
            host=inline.start,
        )
        yield Stage(aws, engine, another, saved, events)


@contextmanager
def _quick_boto3() -> Generator[None]:
    """Where time stands still, a call that is throttled is made again without a pause.

    And the programs of this process share what boto3 reads of AWS's API from files, a fifth of the time of an update
    that asks its gates.
    """
    shared = patch("botocore.session.create_loader", cache(cast("Any", loaders).create_loader))
    with patch("botocore.endpoint.time"), shared:
        yield
