"""Every transition by the Pulumi CLI too: the same operations and AWS calls as by the embedded engine."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from infra.config import NAMESPACE
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Operation, Result
from rehearsal.engine.real import PulumiEngine, pulumi_on_path
from rehearsal.engine.state import ResourceState
from rehearsal.furnish import furnish
from rehearsal.play import clients
from rehearsal.prove.transitions import Tree, tree_of
from rehearsal.prove.world import shifts
from rehearsal.providers import Providers
from rehearsal.run import PROGRAM, embedded_engine
from rehearsal.story import SETTLE

pytestmark = [
    pytest.mark.real_pulumi,
    pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
]


BUILT_IN = "pulumi:providers:pulumi"
"""Pulumi's own provider, by which a program asks for a resource; the embedded engine answers without one."""


@dataclass(frozen=True)
class Played:
    """What an engine did in one transition."""

    result: Result
    calls: list[str]
    """In their order, by what they have in common with those of another run."""
    needs: Mapping[str, set[str]]
    """What each resource cannot be without, by URN, where the engine tells."""

    @property
    def operations(self) -> Counter[str]:
        return Counter(f"{step.op} {step.urn}" for step in self.result.steps if step.type != BUILT_IN)


@contextmanager
def embedded(tree: Tree, aws: EmbeddedAws, providers: Providers) -> Iterator[EmbeddedEngine]:
    yield embedded_engine(tree.script.stack, aws, providers)


@contextmanager
def pulumi(tree: Tree, aws: EmbeddedAws, providers: Providers) -> Iterator[PulumiEngine]:
    with PulumiEngine(NAMESPACE, tree.script.stack, PROGRAM, providers.ports, environment=aws.environment()) as engine:
        yield engine


def played(tree: Tree, start: Callable[[Tree, EmbeddedAws, Providers], Any]) -> Mapping[str, Played]:
    """Every transition of a stack, each from where the one before it ended."""
    found: dict[str, Played] = {}
    with (
        EmbeddedAws.start(tree.script.config.region) as aws,
        Providers(aws) as providers,
        start(tree, aws, providers) as engine,
    ):
        furnish(aws, tree.script.config)

        def below(name: str) -> None:
            here = tree.after(name)
            start = (aws.checkpoint(), engine.state) if len(here) > 1 else None
            for transition in here:
                if start and transition is not here[0]:
                    aws.restore(start[0])
                    engine.state = start[1]
                aws.advance(transition.chapter.wait)
                seen = len(aws.calls())
                result = engine.up(transition.flat)
                calls = [call.likeness for call in aws.calls(since=seen)]
                aws.advance(SETTLE)
                if transition is tree.first:  # alarms without any requests would stop a shift
                    aws.watch(clients(aws, [each.config for each in tree.transitions]))
                needs = needed(engine.state) if isinstance(engine, EmbeddedEngine) else {}
                found[transition.name] = Played(result, calls, needs)
                below(transition.name)

        below("")
    return found


def needed(state: Sequence[ResourceState]) -> Mapping[str, set[str]]:
    return {str(each.urn): each.needs for each in state}


def too_early(steps: Result, needs: Mapping[str, set[str]]) -> Iterator[str]:
    """What was made before something that it needs."""
    makes = {Operation.CREATE, Operation.UPDATE, Operation.SAME, Operation.CREATE_REPLACEMENT}
    place = {step.urn: number for number, step in enumerate(steps.steps) if step.op in makes}
    for urn, number in place.items():
        for need in needs.get(urn, set()):
            if place.get(need, -1) > number:
                yield f"{urn} before {need}"


@pytest.mark.parametrize("stack", ["prod-bj", "qa-nx", "qa-bj"])
def test_both_engines_do_the_same(stack: str) -> None:
    tree = tree_of(stack)
    ours, theirs = played(tree, embedded), played(tree, pulumi)
    different: list[str] = []
    for transition in tree.transitions:
        our, their = ours[transition.name], theirs[transition.name]
        for what, here, there in (
            ("operation", our.operations, their.operations),
            ("call", Counter(our.calls), Counter(their.calls)),
        ):
            different += [f"{transition.name}: only ours: {what} {each}" for each in here - there]
            different += [f"{transition.name}: only Pulumi's: {what} {each}" for each in there - here]
        if transition is not tree.first and shifts(tree.before(transition), transition) and our.calls != their.calls:
            different.append(f"{transition.name}: {our.calls} and {their.calls}")
        different += [f"{transition.name}: {each.result.error}" for each in (our, their) if each.result.error]
        different += [f"{transition.name}: {each}" for each in too_early(their.result, our.needs)]
    assert not different, "\n".join(different)
