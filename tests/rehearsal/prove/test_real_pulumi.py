"""Every transition by the Pulumi CLI too: the same operations and AWS calls as by the embedded engine."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.aws.wire import GENERATED
from rehearsal.engine import EmbeddedEngine, Operation, Result, Step, StepEvent
from rehearsal.engine.real import pulumi_on_path
from rehearsal.engine.state import ResourceState
from rehearsal.play import clients
from rehearsal.prove.transitions import Tree, tree_of
from rehearsal.prove.world import shifts
from rehearsal.run import stage
from rehearsal.script import EngineName
from rehearsal.story import SETTLE

Needs = Mapping[str, set[str]]
"""By URN of a resource those of what it cannot be without."""


@dataclass(frozen=True)
class Played:
    """What an engine did in one transition."""

    result: Result
    events: Sequence[StepEvent]
    calls: Sequence[str]
    """In their order, by what they have in common with those of another run."""

    @property
    def operations(self) -> Counter[str]:
        """What happened to each resource, in order, and because of which properties."""
        done: dict[str, list[str]] = {}
        for step in self.result.steps:
            done.setdefault(step.urn, []).append(f"{step.op} {list(step.changed)}")
        return Counter(f"{urn}: {', '.join(steps)}" for urn, steps in done.items())

    @property
    def warnings(self) -> Counter[str]:
        """What policies, providers and hooks wanted a person to read."""
        told = [each for each in self.result.diagnostics if each.severity != "info"]
        return Counter(GENERATED.sub("*", each.message) for each in told)


def played(tree: Tree, name: EngineName) -> tuple[Mapping[str, Played], Mapping[str, Needs]]:
    """Every transition of a stack, each from where the one before it ended; and what needs what after it."""
    found: dict[str, Played] = {}
    needs: dict[str, Needs] = {"": {}}
    events: list[StepEvent] = []
    with stage(tree.script.stack, tree.script.config, name, events.append) as (aws, either):
        engine: Any = either  # each keeps its state, in a form of its own

        def below(name: str) -> None:
            here = tree.after(name)
            start = (aws.checkpoint(), engine.state) if len(here) > 1 else None
            for number, transition in enumerate(here):
                if start and number:
                    aws.restore(start[0])
                    engine.state = start[1]
                aws.advance(transition.chapter.wait)
                seen = len(aws.calls())
                events.clear()
                result = engine.up(transition.flat)
                calls = [call.likeness for call in aws.calls(since=seen)]
                aws.advance(SETTLE)
                if transition is tree.first:  # alarms without any requests would stop a shift
                    aws.watch(clients(aws, [each.config for each in tree.transitions]))
                if isinstance(engine, EmbeddedEngine):
                    needs[transition.name] = needed(engine.state)
                found[transition.name] = Played(result, tuple(events), calls)
                below(transition.name)

        below("")
    return found, needs


def needed(state: Sequence[ResourceState]) -> Needs:
    # A component is there before its children are, so nothing waits for its end.
    things = {str(each.urn) for each in state if each.custom}
    return {str(each.urn): each.needs & things for each in state}


MAKING = {Operation.CREATE, Operation.UPDATE, Operation.SAME, Operation.CREATE_REPLACEMENT, Operation.READ}
DELETING = {Operation.DELETE, Operation.DELETE_REPLACED, Operation.DISCARD}


def out_of_order(events: Sequence[StepEvent], before: Needs, after: Needs) -> Iterator[str]:
    """What was made before something that it needs, or outlived it."""

    def place(state: str, operations: set[Operation]) -> Mapping[str, int]:
        return {
            event.step.urn: number
            for number, event in enumerate(events)
            if event.state == state and event.step.op in operations
        }

    made, gone = place("finished", MAKING), place("finished", DELETING)
    for urn, number in place("started", MAKING).items():
        yield from (f"{urn} before {need}" for need in after.get(urn, ()) if made.get(need, -1) > number)
    for urn, number in place("started", DELETING).items():
        held = [other for other, needs in before.items() if urn in needs]
        yield from (f"{urn} goes before {other}" for other in held if gone.get(other, -1) > number)


def differences(ours: Played, theirs: Played, *, shift: bool) -> Iterator[str]:
    """What only one of two engines did and, in a shift, another order of the calls."""
    for what, here, there in (
        ("operation", ours.operations, theirs.operations),
        ("call", Counter(ours.calls), Counter(theirs.calls)),
        ("warning", ours.warnings, theirs.warnings),
    ):
        yield from (f"only ours: {what} {each}" for each in here - there)
        yield from (f"only Pulumi's: {what} {each}" for each in there - here)
    if shift and ours.calls != theirs.calls:
        yield f"{ours.calls} and {theirs.calls}"
    yield from (each.result.error for each in (ours, theirs) if each.result.error)


@pytest.mark.real_pulumi
@pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH")
@pytest.mark.parametrize("stack", ["prod-bj", "qa-nx", "qa-bj"])
def test_both_engines_do_the_same(stack: str) -> None:
    tree = tree_of(stack)
    (ours, needs), (theirs, _) = played(tree, EngineName.EMBEDDED), played(tree, EngineName.PULUMI)
    different: list[str] = []
    for transition in tree.transitions:
        name = transition.name
        shift = transition is not tree.first and shifts(tree.before(transition), transition)
        found = [*differences(ours[name], theirs[name], shift=shift)]
        for each in (ours[name], theirs[name]):
            found += out_of_order(each.events, needs[transition.start], needs[name])
        different += [f"{name}: {each}" for each in found]
    assert not different, "\n".join(different)


def acting(*done: tuple[Operation, str], calls: str = "", changed: tuple[str, ...] = ()) -> Played:
    steps = tuple(Step(op=op, urn=urn, type="", name=urn, changed=changed) for op, urn in done)
    events = [StepEvent(state=state, step=step) for step in steps for state in ("started", "finished")]
    return Played(Result(steps=steps, outputs={}), events, calls.split())


A_THEN_B = (Operation.CREATE, "a"), (Operation.CREATE, "b")


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        (acting(*A_THEN_B, calls="Make Tag"), []),
        (acting(*A_THEN_B, calls="Tag Make"), ["['Make', 'Tag'] and ['Tag', 'Make']"]),
        (
            acting(*A_THEN_B, calls="Make Tag Tag"),
            ["only Pulumi's: call Tag", "['Make', 'Tag'] and ['Make', 'Tag', 'Tag']"],
        ),
        (acting(A_THEN_B[0], calls="Make Tag"), ["only ours: operation b: create []"]),
    ],
)
def test_a_difference_is_told(theirs: Played, told: list[str]) -> None:
    assert [*differences(acting(*A_THEN_B, calls="Make Tag"), theirs, shift=True)] == told


def test_another_reason_or_order_of_a_replacement_is_a_difference() -> None:
    replaced = (Operation.CREATE_REPLACEMENT, "a"), (Operation.DELETE_REPLACED, "a")
    for other in (acting(*replaced[::-1]), acting(*replaced, changed=("port",))):
        assert len([*differences(acting(*replaced), other, shift=False)]) == 2


def test_what_is_made_before_its_need_or_outlives_it_is_told() -> None:
    needs = {"a": set[str](), "b": {"a"}}
    assert [*out_of_order(acting(*A_THEN_B).events, {}, needs)] == []
    assert [*out_of_order(acting(*A_THEN_B[::-1]).events, {}, needs)] == ["b before a"]
    gone = (Operation.DELETE, "b"), (Operation.DELETE, "a")
    assert [*out_of_order(acting(*gone).events, needs, {})] == []
    assert [*out_of_order(acting(*gone[::-1]).events, needs, {})] == ["a goes before b"]
