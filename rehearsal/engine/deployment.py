"""A run of the program: registrations come in, on many threads, and become steps."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rehearsal.engine.analysis import Analysis
from rehearsal.engine.analyzer import Analyzer
from rehearsal.engine.calls import RefusalError
from rehearsal.engine.deletion import Deletion
from rehearsal.engine.goal import Goal
from rehearsal.engine.identity import Identities
from rehearsal.engine.run import Run
from rehearsal.engine.settle import Settlement
from rehearsal.engine.state import ResourceState
from rehearsal.engine.steps import Steps
from rehearsal.engine.urn import ProviderRef, is_provider, package_of, provider_type
from rehearsal.engine.values import Properties

__all__ = ["Deployment"]


class Deployment:
    """Turns what the program registers into steps, as soon as it is registered.

    The program orders its registrations by what they depend on, so nothing waits here. Only deletions
    wait, until the program has ended well (`finish`).
    """

    def __init__(
        self,
        run: Run,
        *,
        stack: str,
        project: str,
        config: Mapping[str, str],
        analyzers: Sequence[Analyzer] = (),
    ) -> None:
        self.run = run
        self._config = config
        self._identities = Identities(stack, project, run.journal)
        self._steps = Steps(run)
        self._deletion = Deletion(run, self._steps, self._identities)
        self._analysis = Analysis(run, analyzers)
        self._settlement = Settlement(run, self._steps, self._deletion, self._identities, self._analysis.judge)
        self._goals: dict[str, Goal] = {}
        self._components: dict[str, ResourceState | None] = {}
        self._defaults: dict[tuple[str, str], str] = {}
        self._stack_outputs: tuple[ResourceState, Properties] | None = None
        self._lock = threading.RLock()

    def register(self, goal: Goal) -> ResourceState:
        """Make one resource what the program wants it to be; returns it as it then is.

        Raises StoppedError when this, or something before it, fails.
        """
        self.run.go_on()
        goal = self.complete(goal)
        with self.run.failing(""), self._lock:
            urn = self._identities.claim(goal.parent, goal.type, goal.name)
            old = self._identities.former(urn, goal.parent, goal.aliases)
        self._goals[urn] = goal
        with self.run.failing(urn):
            state = self._settlement.settle(goal, goal.state(urn), old)
        self.run.states[urn] = state
        if not goal.custom:
            self._components[urn] = old
        return state

    def complete(self, goal: Goal) -> Goal:
        """Fill in what the parent decides, and the provider."""
        if parent := self._goals.get(goal.parent):
            goal = goal.inheriting(parent)
            if not goal.custom:
                goal = replace(goal, providers={**parent.providers, **goal.providers})
        if is_provider(goal.type):
            version = {"version": goal.version} if goal.version else {}
            return replace(goal, inputs={**goal.inputs, **version})
        if not (goal.custom or goal.remote):
            return goal
        package = package_of(goal.type)
        inherited: Mapping[str, str] = parent.providers if parent else {}
        ref = goal.provider or goal.providers.get(package) or inherited.get(package)
        return replace(goal, provider=ref or self.default_provider(package, goal.version))

    def default_provider(self, package: str, version: str) -> str:
        """Find the provider that serves a package unless told otherwise; the stack's config configures it."""
        with self._lock:
            key = (package, version)
            if key not in self._defaults:
                prefix = f"{package}:"
                inputs: Properties = {
                    name.removeprefix(prefix): value for name, value in self._config.items() if name.startswith(prefix)
                }
                name = f"default_{version.replace('.', '_')}" if version else "default"
                state = self.register(
                    Goal(type=provider_type(package), name=name, custom=True, inputs=inputs, version=version)
                )
                self._defaults[key] = str(ProviderRef(state.urn, state.id))
            return self._defaults[key]

    def read(self, goal: Goal, id_: str) -> ResourceState:
        """Look at a resource that the stack does not own (`Resource.get`)."""
        self.run.go_on()
        provider = goal.provider or self.default_provider(package_of(goal.type), goal.version)
        goal = replace(goal, provider=provider)
        with self.run.failing(""), self._lock:
            urn = self._identities.claim(goal.parent, goal.type, goal.name)
            old = self._identities.former(urn, goal.parent)
        state = replace(goal.state(urn), id=id_, external=True)
        with self.run.failing(urn):
            self._steps.read(old, state, self.run.provider_of(state))
        self.run.states[urn] = state
        return state

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Set the outputs of a component, which ends its creation or update."""
        self.run.go_on()
        state = self.run.states.get(urn)
        if state is None or urn not in self._components:
            with self.run.failing(urn):
                raise RefusalError(f"cannot complete a resource '{urn}' whose registration isn't pending")
        if state.urn.is_stack:
            self._stack_outputs = (state, outputs)
            return
        old = self._components.pop(urn)
        changed = old is None or old.inputs != state.inputs
        state.outputs = outputs
        if changed:
            self._steps.after(state, old)

    def lookup(self, urn: str) -> ResourceState:
        """Find a resource of this run (`pulumi:pulumi:getResource`)."""
        state = self.run.states.get(urn)
        if state is None:
            raise RefusalError(f"unknown resource {urn}")
        return state

    def awaits(self, urns: Iterable[str]) -> bool:
        """Tell whether something in `urns`, or below it, is still to be created (in a preview)."""
        roots = set(urns)
        for urn, state in list(self.run.states.items()):
            if state.parent in roots:
                roots.add(urn)
            if urn in roots and state.custom and not state.id:
                return True
        return False

    def finish(self, *, ended_well: bool) -> None:
        """End the run: delete what is left over, if nothing has failed, and set the stack's outputs."""
        if ended_well and not self.run.stopped:
            self._deletion.delete_rest()
        if self._stack_outputs is not None:
            state, outputs = self._stack_outputs
            complete = ended_well and not self.run.failed
            # An output that a failed run did not set is not known to be gone.
            state.outputs = outputs if complete else {**state.outputs, **outputs}
        self.run.saved()
        if ended_well and not self.run.failed:
            self._analysis.judge_stack()
