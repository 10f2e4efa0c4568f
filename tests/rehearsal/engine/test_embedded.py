"""What only the embedded engine has: its state file, its limits, policies in its own process."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rehearsal.engine import EmbeddedEngine
from rehearsal.engine.analyzer import Violation
from rehearsal.engine.state import load

from .harness import Stack, ops
from .things import Things


@dataclass
class Bench:
    """Makes engines, one after the other, for the same program."""

    program: Path
    things: Things
    state_file: Path

    def stack(self, **options) -> Stack:
        engine = EmbeddedEngine("p", "s", self.program, {"test": self.things}, state_file=self.state_file, **options)
        return Stack(engine, self.program, self.things)


@pytest.fixture
def bench(tmp_path: Path):
    program = tmp_path / "program"
    program.mkdir()
    return Bench(program, Things(), tmp_path / "state.json")


def test_another_engine_takes_over_from_the_file(bench):
    bench.stack().up('a = Thing("a", value=Output.secret("1")); Thing("b", opts=Opts(depends_on=[a]))')
    other = bench.stack()
    assert ops(other.up()) == ["same a", "same b"]
    assert ops(other.engine.destroy()) == ["delete b", "delete a"]
    assert load(bench.state_file) == []


BEFORE = """
    a = Thing("a", key="1")
    b = Thing("b", value=a.computed)
    c = Thing("c", opts=Opts(depends_on=[b]))
    x = Thing("x", key="1", exclusive=True)
"""
AFTER = """
    a = Thing("a", key="2")
    b = Thing("b", value=a.computed)
    d = Thing("d", opts=Opts(depends_on=[b]))
    x = Thing("x", key="2", exclusive=True, opts=Opts(depends_on=[d]))
"""


def test_a_run_cut_off_after_any_step_is_finished_by_the_next(bench):
    bench.stack().up(BEFORE)
    moments = []

    def note(event):
        if event.state == "finished":
            moments.append((bench.state_file.read_bytes(), dict(bench.things.objects)))

    bench.stack(on_event=note).up(AFTER)
    end = sorted(id_.partition("-")[0] for id_ in bench.things.objects)
    assert end == ["a", "b", "d", "x"]
    assert len(moments) > 8
    for state, objects in moments:
        bench.state_file.write_bytes(state)
        bench.things.objects = dict(objects)
        assert bench.stack().up().error is None
        assert sorted(id_.partition("-")[0] for id_ in bench.things.objects) == end
        assert {resource.id for resource in load(bench.state_file)} >= set(bench.things.objects)


def test_a_state_file_is_never_half_written(bench, monkeypatch):
    stack = bench.stack()
    stack.up('Thing("a")')
    whole = bench.state_file.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
    with pytest.raises(OSError, match="power cut"):
        stack.engine.destroy()
    assert bench.state_file.read_bytes() == whole


def test_a_preview_leaves_the_file_alone(bench):
    stack = bench.stack()
    stack.up('Thing("a", key="1")')
    whole = bench.state_file.read_bytes()
    stack.preview('Thing("a", key="2")')
    assert bench.state_file.read_bytes() == whole


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'pulumi.CustomResource("other:index:Thing", "o")',
            "the program uses package other; there are providers for test: "
            "leave the resource out, or run on an account",
        ),
        (
            'Thing("a", opts=Opts(replacement_trigger="1"))',
            "test:index:Thing 'a' uses replacement_trigger, which the embedded engine does not play; "
            "leave the option out or rehearse with the Pulumi CLI",
        ),
    ],
)
def test_says_what_it_does_not_play(bench, text, words):
    result = bench.stack().up(text)
    assert result.error == words
    assert bench.things.calls == []


@dataclass
class NoOnes:
    """A pack with a policy against the value 1, and one against more than one thing in a stack."""

    level: str = "mandatory"

    def analyze(self, state, provider=None):
        assert provider is None or provider.type == "pulumi:providers:test"
        if state.inputs.get("value") == "1":
            yield self.violation("no ones", state.urn)

    def analyze_stack(self, states):
        if sum(state.type == "test:index:Thing" for state in states) > 1:
            yield self.violation("one is enough", "")

    def violation(self, message, urn):
        return Violation(policy="few", level=self.level, severity=None, urn=urn, message=message)


class Pack(NoOnes):
    def analyze(self, state, provider=None):
        return list(super().analyze(state, provider))

    def analyze_stack(self, states):
        return list(super().analyze_stack(states))


def test_a_mandatory_policy_refuses_before_anything_is_done(bench):
    stack = bench.stack(analyzers=[Pack()])
    text = 'Thing("a", value="1")'
    assert "[mandatory] few: no ones" in stack.preview(text).error
    result = stack.up()
    assert "[mandatory] few: no ones" in result.error
    assert stack.calls() == []
    assert "[mandatory] few: one is enough" in stack.preview('Thing("a"); Thing("b")').error


def test_an_advisory_policy_warns(bench):
    stack = bench.stack(analyzers=[Pack("advisory")])
    result = stack.up('Thing("a", value="1"); Thing("b")')
    assert result.error is None
    warnings = [line.message for line in result.diagnostics if line.severity == "warning"]
    assert warnings == ["[advisory] few: no ones", "[advisory] few: one is enough"]


def test_events_come_in_pairs(bench):
    events = []
    stack = bench.stack(on_event=events.append)
    stack.things.refuse = {"create b"}
    stack.up('a = Thing("a"); Thing("b", opts=Opts(depends_on=[a]))')
    seen = [(event.state, event.step.name) for event in events if event.step.type == "test:index:Thing"]
    assert seen == [("started", "a"), ("finished", "a"), ("started", "b"), ("failed", "b")]


def test_the_program_finds_its_environment(bench, monkeypatch):
    monkeypatch.setenv("FROM_PARENT", "1")
    stack = bench.stack(environment={"FROM_ENGINE": "2"})
    result = stack.up("""
        import os
        pulumi.export("seen", [os.environ["FROM_PARENT"], os.environ["FROM_ENGINE"], os.getcwd()])
    """)
    assert result.outputs == {"seen": ["1", "2", str(bench.program)]}


def test_a_hundred_resources_take_less_than_two_seconds(bench):
    stack = bench.stack()
    stack.up("")
    stack.program("for number in range(100): Thing(f't{number}', tags={'a': 'b'})")
    began = time.monotonic()
    assert len(ops(stack.up())) == 100
    assert time.monotonic() - began < 2 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


class TestRepair:
    """What a killed run never heard of: `a` it knew, `b` it was creating."""

    def test_what_it_was_creating_is_taken_into_the_state(self, bench):
        saved = []
        stack = bench.stack(on_saved=saved.append)
        stack.up('Thing("a"); Thing("b", value="1")')
        unheard = [state for state in saved[-1] if state.urn.name == "b"]
        stack.engine.state = [state for state in saved[-1] if state.urn.name != "b"]
        assert stack.engine.repair(unheard)
        assert sorted(ops(stack.up())) == ["same a", "same b"]

    def test_what_does_not_exist_is_not(self, bench):
        saved = []
        stack = bench.stack(on_saved=saved.append)
        stack.up('Thing("a"); Thing("b", value="1")')
        unheard = [replace(state, id="never-made") for state in saved[-1] if state.urn.name == "b"]
        stack.engine.state = [state for state in saved[-1] if state.urn.name != "b"]
        assert not stack.engine.repair(unheard)
        assert "create b" in ops(stack.up())

    def test_what_is_saved_does_not_change_any_more(self, bench):
        saved = []
        stack = bench.stack(on_saved=saved.append)
        stack.up('Thing("a", value="1")')
        before = [(state.urn, state.inputs["value"]) for state in saved[-1] if state.urn.name == "a"]
        kept = saved[-1]
        stack.up('Thing("a", value="2")')
        assert [(state.urn, state.inputs["value"]) for state in kept if state.urn.name == "a"] == before
