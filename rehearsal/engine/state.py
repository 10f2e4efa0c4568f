"""The state of a stack: what Pulumi knows to exist."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from components.errors import BlueGreenError
from rehearsal.engine.urn import ProviderRef, Urn
from rehearsal.engine.values import Properties

__all__ = ["Journal", "ResourceState", "load", "save"]


@dataclass(kw_only=True, eq=False)
class ResourceState:
    """One resource as it was last registered and as its provider last answered."""

    urn: Urn
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: Urn = field(default=Urn())
    provider: str = ""
    dependencies: list[Urn] = field(default_factory=list)
    property_dependencies: dict[str, list[Urn]] = field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: Urn = field(default=Urn())
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    import_id: str = ""
    hooks: dict[str, list[str]] = field(default_factory=dict)
    external: bool = False
    """Read, not managed: deleting it only forgets it."""
    delete: bool = False
    """Replaced already; its deletion is still to be done."""
    pending_replacement: bool = False
    """Deleted already; its replacement is still to be created."""

    @property
    def type(self) -> str:
        """Its type token."""
        return self.urn.type

    @property
    def provider_urn(self) -> str:
        """URN of its provider; empty for a component or a provider."""
        return ProviderRef.parse(self.provider).urn if self.provider else ""

    @property
    def needs(self) -> set[str]:
        """URNs without which it cannot be, its parent aside."""
        by_property = (urn for urns in self.property_dependencies.values() for urn in urns)
        return {*self.dependencies, *by_property, self.deleted_with, self.provider_urn} - {""}

    def renamed(self, names: Mapping[str, Urn]) -> "ResourceState":
        """Copy it with every reference to a former URN brought up to date."""

        def now(urn: Urn) -> Urn:
            return names.get(urn, urn)

        provider = ProviderRef.parse(self.provider) if self.provider else None
        return replace(
            self,
            parent=now(self.parent),
            provider=str(ProviderRef(now(provider.urn), provider.id)) if provider else "",
            dependencies=[now(urn) for urn in self.dependencies],
            property_dependencies={key: [now(urn) for urn in urns] for key, urns in self.property_dependencies.items()},
            deleted_with=now(self.deleted_with),
        )


_ADAPTER = TypeAdapter(list[ResourceState])


def load(path: Path) -> list[ResourceState]:
    """Read a state file; one that is not there is an empty state. Raises BlueGreenError where it is something else."""
    try:
        return _ADAPTER.validate_json(path.read_bytes()) if path.exists() else []
    except (ValidationError, OSError) as error:
        first = str(error).splitlines()[0]
        raise BlueGreenError(f"{path}: is not a stack's state ({first}); put the file back, or remove it") from None


def save(path: Path, resources: Iterable[ResourceState]) -> None:
    """Replace a state file at once, so that a crash leaves the former or the new one whole."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(_ADAPTER.dump_json(list(resources), exclude_defaults=True))
    partial.replace(path)


class Journal:
    """What a run starts from and what it has done to it, so that both together are the state at any time.

    The states of the last run are copied: a run that is thrown away (a preview) leaves them as they were.
    """

    def __init__(self, previous: Iterable[ResourceState]) -> None:
        self.previous = [replace(state) for state in previous]
        self._gone = set[int]()
        self._recorded = list[ResourceState]()
        self.renames: dict[str, Urn] = {}
        """Former URN → URN, of what was found under an alias."""

    def record(self, state: ResourceState) -> None:
        """Add what now exists."""
        self._recorded.append(state)

    def forget(self, state: ResourceState) -> None:
        """Drop what is gone, or what `record` has taken over."""
        self._gone.add(id(state))

    def resources(self) -> list[ResourceState]:
        """List the state in an order in which everything stands after what it needs."""
        left = [state for state in self.previous if id(state) not in self._gone]
        states = [*(state for state in self._recorded if id(state) not in self._gone), *left]
        return [state.renamed(self.renames) for state in states] if self.renames else states
