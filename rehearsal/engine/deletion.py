"""What has to go: to make way for a replacement, and at the end of a run."""

from concurrent.futures import ThreadPoolExecutor

from rehearsal.engine.calls import RefusalError
from rehearsal.engine.graph import delete_waves, dependents, needed_by
from rehearsal.engine.identity import Identities
from rehearsal.engine.run import Run, StoppedError
from rehearsal.engine.state import ResourceState
from rehearsal.engine.steps import Steps
from rehearsal.engine.values import UNKNOWN

__all__ = ["Deletion"]


class Deletion:
    """Deletes in the order in which nothing is deleted that something else still needs."""

    def __init__(self, run: Run, steps: Steps, identities: Identities) -> None:
        self._run = run
        self._steps = steps
        self._identities = identities
        self._deleted = set[str]()
        self._gone = set[int]()
        self._to_recreate: dict[str, tuple[str, ...]] = {}

    def recreates(self, urn: str) -> tuple[str, ...] | None:
        """Say why a resource had to make way in this run, once: it is about to be created again."""
        return self._to_recreate.pop(urn, None)

    def make_way(self, root: ResourceState) -> None:
        """Delete a resource that cannot stand beside its replacement, and first what falls with it.

        Raises RefusalError where something that would have to go is protected.
        """
        for state, keys in reversed(self._falls_with(root)):
            if id(state) in self._gone:
                continue
            if state.protect:
                raise RefusalError(
                    f'unable to replace resource "{state.urn}" as part of replacing "{root.urn}" '
                    "as it is currently marked for protection. To unprotect the resource, "
                    "remove the `protect` flag from the resource in your Pulumi program and run "
                    f"`pulumi up`, or use the command:\n`pulumi state unprotect '{state.urn}'`"
                )
            self._to_recreate[state.urn] = keys
            self._delete_replaced(state)
        if not root.pending_replacement:
            self._delete_replaced(root)

    def _delete_replaced(self, state: ResourceState) -> None:
        self._gone.add(id(state))
        self._deleted.add(state.urn)
        self._steps.delete(state, self._run.manager_of(state), self._deleted, replaced=True)

    def _falls_with(self, root: ResourceState) -> list[tuple[ResourceState, tuple[str, ...]]]:
        """List what would itself be replaced if `root` were, in dependency order, each with the reason.

        What the program has registered already cannot depend on `root`, whatever the last run says.
        """
        previous = self._run.journal.previous
        if root not in previous:  # imported a moment ago
            return []
        fallen = {str(root.urn)}
        found = list[tuple[ResourceState, tuple[str, ...]]]()
        for state in dependents(previous, root, but=self._run.states.keys()):
            keys = self._reason_to_fall(state, fallen)
            if keys is not None:
                fallen.add(state.urn)
                found.append((state, keys))
        return found

    def _reason_to_fall(self, state: ResourceState, fallen: set[str]) -> tuple[str, ...] | None:
        """Ask its provider whether it outlives that what it got from the fallen becomes unknown."""
        if not state.custom or state.external:
            return None
        if not fallen.isdisjoint({state.provider_urn, state.deleted_with}):
            return ()
        lost = {key for key, urns in state.property_dependencies.items() if not fallen.isdisjoint(urns)}
        manager = self._run.manager_of(state)
        if manager is None or not lost & state.inputs.keys():
            return None
        inputs = {key: UNKNOWN if key in lost else value for key, value in state.inputs.items()}
        diff = manager.diff(state.urn, state, inputs, state.ignore_changes)
        diff = diff.with_replace_on_changes(state.replace_on_changes)
        return diff.shown if diff.replaces else None

    def delete_rest(self) -> None:
        """Delete what has been replaced and what the program no longer registers."""
        previous = self._run.journal.previous
        condemned = [state for state in previous if id(state) not in self._gone and self._unwanted(state)]
        self._deleted.update(state.urn for state in condemned)
        spared = set[int]()
        for wave in delete_waves(previous, condemned):
            due = [state for state in wave if id(state) not in spared]
            with ThreadPoolExecutor(max_workers=max(len(due), 1)) as pool:
                outcomes = list(pool.map(self._delete, due))
            if self._run.stopped:
                return
            protected = [state for state, done in zip(due, outcomes, strict=True) if not done]
            spared |= needed_by(previous, protected)

    def _unwanted(self, state: ResourceState) -> bool:
        return state.delete or self._identities.now(state.urn) not in self._run.states

    def _delete(self, state: ResourceState) -> bool:
        try:
            if state.pending_replacement:
                self._steps.forget(state)
            else:
                manager = None if self._run.preview else self._run.manager_of(state)
                self._steps.delete(state, manager, self._deleted, replaced=state.delete)
        except StoppedError:
            return False
        return True
