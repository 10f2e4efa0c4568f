"""Brings one resource from what it is to what the program wants."""

import os
from collections.abc import Callable

from rehearsal.engine.calls import RefusalError
from rehearsal.engine.deletion import Deletion
from rehearsal.engine.goal import Goal
from rehearsal.engine.identity import Identities
from rehearsal.engine.paths import ignore_changes
from rehearsal.engine.plan import Action, Change, Diff, diff_of_inputs
from rehearsal.engine.registry import Manager
from rehearsal.engine.run import Run
from rehearsal.engine.state import ResourceState
from rehearsal.engine.steps import Steps
from rehearsal.engine.urn import ProviderRef
from rehearsal.engine.values import Properties

__all__ = ["Settlement"]


class Settlement:
    """Check, Diff, and then the steps that follow."""

    def __init__(
        self,
        run: Run,
        steps: Steps,
        deletion: Deletion,
        identities: Identities,
        analyze: Callable[[ResourceState], None],
    ) -> None:
        self._run = run
        self._steps = steps
        self._deletion = deletion
        self._identities = identities
        self._analyze = analyze
        self._replaced = set[str]()

    def settle(self, goal: Goal, new: ResourceState, old: ResourceState | None) -> ResourceState:
        """Do what leads from `old` to `goal`; returns the state that results, mostly `new`.

        Raises RefusalError where Pulumi, a provider or a policy forbids it, and StoppedError when a step fails.
        """
        manager = self._run.manager_of(new)
        deleted_for = self._deletion.recreates(new.urn)
        if manager is not None and _is_to_be_adopted(goal, old):
            adopted = goal.state(new.urn)
            self._steps.adopt(None if deleted_for is not None else old, adopted, manager)
            old, deleted_for = adopted, None
        if old is None:
            self._check(goal, new, None, manager)
            self._steps.create(new, manager)
        elif deleted_for is not None:
            self._check(goal, new, None, manager)
            self._replaced.add(new.urn)
            self._steps.recreate(old, new, manager, deleted_for)
        elif old.external:
            self._check(goal, new, None, manager)
            self._steps.replace(old, new, manager, ())
        else:
            return self._change(goal, new, old, manager)
        return new

    def _check(self, goal: Goal, new: ResourceState, old: ResourceState | None, manager: Manager | None) -> None:
        """Set the inputs of `new` to the goal's, validated and completed by the provider.

        With `old` the provider keeps the defaults that it chose then, such as a generated name.
        """
        inputs: Properties = dict(goal.inputs)
        if old is not None:
            inputs, refused = ignore_changes(inputs, old.inputs, goal.ignore_changes)
            if refused:
                self._run.report(
                    "info",
                    f'cannot ignore changes in added or removed elements of the path: "{", ".join(refused)}"',
                    new.urn,
                )
        if manager is not None:
            inputs = manager.check(new.urn, old.inputs if old else {}, inputs, os.urandom(32))
        new.inputs = inputs
        self._analyze(new)

    def _change(self, goal: Goal, new: ResourceState, old: ResourceState, manager: Manager | None) -> ResourceState:
        self._check(goal, new, old, manager)
        change = Change.decide(old, goal, self._diff(new, old, manager))
        imported = old not in self._run.journal.previous
        if change.action is Action.SAME and imported:
            return old
        if change.action is Action.SAME:
            self._steps.same(old, new)
        elif change.action is Action.UPDATE:
            self._steps.update(old, new, manager, change.keys)
        else:
            self._replace(goal, new, old, manager, change)
        return new

    def _replace(
        self, goal: Goal, new: ResourceState, old: ResourceState, manager: Manager | None, change: Change
    ) -> None:
        self._forbid_if_protected(new, old)
        if goal.import_id and not self._run.preview:
            raise RefusalError(
                "previously-imported resources that still specify an ID may not be replaced; "
                "please remove the `import` declaration from your program;\n"
                + "\n".join(f"{key}: {old.inputs.get(key)} => {new.inputs.get(key)}" for key in change.keys)
            )
        self._replaced.add(new.urn)
        self._check(goal, new, None, manager)
        if change.action is Action.REPLACE:
            self._steps.replace(old, new, manager, change.keys)
        else:
            self._deletion.make_way(old)
            self._steps.recreate(old, new, manager, change.keys)

    def _forbid_if_protected(self, new: ResourceState, old: ResourceState) -> None:
        """Refuse to replace what is protected; to unprotect and replace it in one run is allowed.

        A preview says so and goes on, to show the rest.
        """
        if not (new.protect and old.protect):
            return
        message = (
            f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. '
            "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program "
            "and run `pulumi up`"
        )
        if not self._run.preview:
            raise RefusalError(message)
        self._run.fail(message, new.urn, stop=False)

    def _diff(self, new: ResourceState, old: ResourceState, manager: Manager | None) -> Diff:
        if new.deleted_with in self._replaced:
            return Diff(changed=True, replace_keys=("deletedWith",))
        if self._provider_forces_replacement(new, old):
            return Diff(changed=True, replace_keys=("provider",))
        if manager is None:
            by_inputs = diff_of_inputs(old.inputs, new.inputs)
            return Diff(changed=old.inputs != new.inputs, keys=by_inputs.keys)
        return manager.diff(new.urn, old, new.inputs, new.ignore_changes)

    def _provider_forces_replacement(self, new: ResourceState, old: ResourceState) -> bool:
        """Tell whether the provider that now has the resource reaches other things than the former one."""
        if new.provider == old.provider:
            return False
        if not new.provider or not old.provider:
            return True
        before, now = ProviderRef.parse(old.provider), ProviderRef.parse(new.provider)
        former = self._identities.old(before.urn)
        renamed = before.urn != now.urn and self._identities.now(before.urn) == now.urn
        if former is None or renamed:
            return False
        inputs = self._run.states[now.urn].inputs
        return self._run.provider_of(new).diff_config(now.urn, former, inputs).replaces


def _is_to_be_adopted(goal: Goal, old: ResourceState | None) -> bool:
    """Tell whether `import_` names something that is not yet this resource."""
    if not goal.import_id:
        return False
    return old is None or old.external or (old.import_id or old.id) != goal.import_id
