"""What is done to one resource, step by step: hooks, the provider's call, the state."""

from collections.abc import Collection

from rehearsal.engine.calls import RefusalError
from rehearsal.engine.hooks import Subject
from rehearsal.engine.provider import ReadResult
from rehearsal.engine.registry import Manager
from rehearsal.engine.results import Operation
from rehearsal.engine.run import Run
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import is_provider
from rehearsal.engine.values import UNKNOWN, Properties, is_secret, secret

__all__ = ["ProtectedError", "Steps"]


class ProtectedError(RefusalError):
    """A deletion that the program has forbidden; the only failure after which other deletions go on."""

    stops = False

    def __init__(self, state: ResourceState) -> None:
        super().__init__(
            f'resource "{state.urn}" cannot be deleted\n'
            "because it is protected. To unprotect the resource, either remove the `protect` flag from the "
            "resource in your Pulumi program and run `pulumi up`, or use the command:\n"
            f"`pulumi state unprotect '{state.urn}'`"
        )


class Steps:
    """The operations of a run on single resources.

    `manager` is None for components, which only have state. A component's hooks `after_create` and
    `after_update` wait for its outputs (`after`).
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._journal = run.journal

    def same(self, old: ResourceState, new: ResourceState) -> None:
        """Keep a resource; only what the state says of it may change."""
        with self._run.step(Operation.SAME, new):
            new.id, new.outputs = old.id, old.outputs
            if is_provider(new.type):
                self._run.registry.keep(new.urn, old)
            self._take_over(old, new)

    def create(self, new: ResourceState, manager: Manager | None) -> None:
        """Create a resource."""
        with self._run.step(Operation.CREATE, new):
            self._create(new, manager)
            self._journal.record(new)

    def replace(self, old: ResourceState, new: ResourceState, manager: Manager | None, keys: tuple[str, ...]) -> None:
        """Create the new resource beside the old one, which is deleted at the end of the run."""
        with self._run.step(Operation.CREATE_REPLACEMENT, new, keys):
            self._create(new, manager)
            old.delete = True
            self._journal.record(new)
        with self._run.step(Operation.REPLACE, new, keys):
            pass

    def recreate(self, old: ResourceState, new: ResourceState, manager: Manager | None, keys: tuple[str, ...]) -> None:
        """Create the new resource where the old one has been deleted in this run or an earlier one."""
        with self._run.step(Operation.REPLACE, new, keys):
            pass
        with self._run.step(Operation.CREATE_REPLACEMENT, new, keys):
            self._create(new, manager)
            self._take_over(old, new)

    def _create(self, new: ResourceState, manager: Manager | None) -> None:
        self._run.run_hooks(new, "before_create", _subject(new))
        if manager is not None:
            new.id, new.outputs = manager.create(new.urn, new.inputs, preview=self._run.preview)
            _cover(new)
            self.after(new)

    def update(self, old: ResourceState, new: ResourceState, manager: Manager | None, keys: tuple[str, ...]) -> None:
        """Change a resource in place."""
        with self._run.step(Operation.UPDATE, new, keys):
            new.id = old.id
            self._run.run_hooks(new, "before_update", _subject(new, old))
            if manager is not None:
                new.outputs = manager.update(new.urn, old, new.inputs, new.ignore_changes, preview=self._run.preview)
                _cover(new)
                self.after(new, old)
            self._take_over(old, new)

    def after(self, new: ResourceState, old: ResourceState | None = None) -> None:
        """Call the hooks of a creation or, with `old`, of an update that is done."""
        kind = "after_create" if old is None else "after_update"
        self._run.run_hooks(new, kind, _subject(new, old, done=True))

    def delete(
        self, old: ResourceState, manager: Manager | None, deleted: Collection[str], *, replaced: bool = False
    ) -> None:
        """Delete a resource.

        `deleted` are the URNs that go in this run: what is `deleted_with` one of them needs no call. With
        `replaced` the new resource takes its place, so that `protect`, which was judged before, does not
        count; if it does not exist yet, the state remembers that it has to be created.
        """
        op = Operation.DELETE_REPLACED if replaced else Operation.DELETE
        if old.external:
            op = Operation.DISCARD_REPLACED if replaced else Operation.DISCARD
        with self._run.step(op, old):
            gone = Subject(urn=old.urn, id=old.id, old_inputs=old.inputs, old_outputs=old.outputs)
            self._run.run_hooks(old, "before_delete", gone)
            if old.protect and not replaced:
                raise ProtectedError(old)
            kept = old.external or old.retain_on_delete or old.deleted_with in deleted
            if manager is not None and not kept and not self._run.preview:
                manager.delete(old)
            if replaced and not old.delete:
                old.pending_replacement = True
            else:
                self._journal.forget(old)
            self._run.run_hooks(old, "after_delete", gone)

    def forget(self, old: ResourceState) -> None:
        """Drop a resource that an earlier run deleted and that nobody wants again."""
        with self._run.step(Operation.REMOVE_PENDING_REPLACE, old):
            self._journal.forget(old)

    def read(self, old: ResourceState | None, new: ResourceState, manager: Manager) -> None:
        """Look at a resource that the stack does not own, in a preview too.

        One of the same name that the stack does own is let go: deleted at the end, unless it is the same.
        """
        replacing = old is not None and not old.external and old.id != new.id
        op = Operation.READ_REPLACEMENT if replacing else Operation.READ
        with self._run.step(op, new):
            if new.id != UNKNOWN:
                found = manager.read(new.urn, new.id, new.inputs)
                new.id, new.outputs = found.id, _found(found)
            _cover(new)
            if old is not None and replacing:
                old.delete = True
            elif old is not None:
                self._journal.forget(old)
            self._journal.record(new)
        if replacing:
            with self._run.step(Operation.REPLACE, new):
                pass

    def adopt(self, old: ResourceState | None, new: ResourceState, manager: Manager) -> None:
        """Import a resource that exists: `new` becomes what the provider finds under its `import_id`."""
        op = Operation.IMPORT if old is None else Operation.IMPORT_REPLACEMENT
        with self._run.step(op, new):
            found = manager.read(new.urn, new.import_id, None)
            new.id, new.outputs = found.id, _found(found)
            if found.inputs is None:
                raise RefusalError(
                    "provider does not support importing resources; please try updating the "
                    f"'{new.type.partition(':')[0]}' plugin"
                )
            new.inputs = found.inputs
            _cover(new)
            if old is not None:
                old.delete = True
            self._journal.record(new)
        if old is not None:
            with self._run.step(Operation.REPLACE, new):
                pass

    def _take_over(self, old: ResourceState, new: ResourceState) -> None:
        self._journal.forget(old)
        self._journal.record(new)


def _subject(new: ResourceState, old: ResourceState | None = None, *, done: bool = False) -> Subject:
    return Subject(
        urn=new.urn,
        id=new.id,
        new_inputs=new.inputs,
        old_inputs=old.inputs if old else None,
        new_outputs=new.outputs if done else None,
        old_outputs=old.outputs if old else None,
    )


def _found(read: ReadResult) -> Properties:
    if read.outputs is None:
        raise RefusalError(f"resource '{read.id}' does not exist")
    return read.outputs


def _cover(state: ResourceState) -> None:
    """Mark outputs as secret that the program says are, or that are secret as inputs."""
    for key, value in state.outputs.items():
        given = state.inputs.get(key)
        if key in state.additional_secret_outputs or (given is not None and is_secret(given)):
            state.outputs[key] = secret(value)
