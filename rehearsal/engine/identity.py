"""Which resource is which: names in this run, and what they were called in the last one."""

from collections.abc import Sequence

from rehearsal.engine.calls import RefusalError
from rehearsal.engine.state import Journal, ResourceState
from rehearsal.engine.urn import Alias, Urn, aliases_of

__all__ = ["Identities"]


class Identities:
    """Gives out URNs and finds the former state of each resource, by its URN or an alias."""

    def __init__(self, stack: str, project: str, journal: Journal) -> None:
        self._stack = stack
        self._project = project
        self._journal = journal
        self._olds = {state.urn: state for state in journal.previous if not state.delete}
        self._claimed = set[str]()
        self._found_as: dict[str, Urn] = {}

    def claim(self, parent: Urn, type_: str, name: str) -> Urn:
        """Give a resource its URN.

        Raises RefusalError where the parent is not registered, or another resource has this URN.
        """
        if parent and parent not in self._claimed:
            raise RefusalError(f"could not find parent resource {parent}")
        urn = Urn.make(self._stack, self._project, parent.qualified_type, type_, name)
        if urn in self._claimed:
            raise RefusalError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        self._claimed.add(urn)
        return urn

    def old(self, urn: str) -> ResourceState | None:
        """Find what the last run left under exactly this URN."""
        return self._olds.get(Urn(urn))

    def former(self, urn: Urn, parent: Urn, aliases: Sequence[Alias] = ()) -> ResourceState | None:
        """Find what the last run left of a resource, under any of its names.

        Raises RefusalError where two resources claim the same former one.
        """
        renames = self._journal.renames
        if urn in renames:
            raise RefusalError(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{renames[urn]}'"
            )
        candidates = aliases_of(urn, parent, aliases, stack=self._stack, project=self._project, taken=self._found_as)
        for candidate in (urn, *candidates):
            old = self._olds.get(candidate)
            if old is None:
                continue
            if candidate != urn:
                self._rename(candidate, urn)
            return old
        return None

    def _rename(self, former: Urn, urn: Urn) -> None:
        renames = self._journal.renames
        other = urn if former in self._claimed else renames.get(former)
        if other is not None:
            raise RefusalError(
                f"Duplicate resource alias '{former}' applied to resource with URN '{urn}' conflicting "
                f"with resource with URN '{other}'"
            )
        renames[former] = urn
        self._found_as[urn] = former

    def now(self, urn: Urn) -> Urn:
        """Say under which URN this run knows what the last run knew as `urn`."""
        return self._journal.renames.get(urn, urn)
