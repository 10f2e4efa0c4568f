"""The providers of a run, and the resources (`pulumi:providers:*`) that stand for them in the state."""

import threading
from collections.abc import Iterable, Mapping
from typing import Protocol
from uuid import uuid4

from pulumi.provider.experimental import provider as sdk

from components.errors import BlueGreenError
from rehearsal.engine.calls import RefusalError
from rehearsal.engine.plan import Diff
from rehearsal.engine.provider import Provider, ReadResult
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import ProviderRef, Urn, package_of
from rehearsal.engine.values import UNKNOWN, Properties
from rehearsal.providers.direct import Direct

__all__ = ["Manager", "Registry", "UnknownPackageError"]


class UnknownPackageError(BlueGreenError):
    """The program uses a package that no provider of this engine serves."""


class Manager(Protocol):
    """What manages a resource: its provider or, for a provider, the registry."""

    def check(self, urn: Urn, old: Properties, new: Properties, seed: bytes, /) -> Properties:
        """Validate inputs and fill in defaults."""
        ...

    def diff(self, urn: Urn, old: ResourceState, new: Properties, ignore_changes: list[str], /) -> Diff:
        """Compare a resource with wanted inputs."""
        ...

    def create(self, urn: Urn, inputs: Properties, /, *, preview: bool) -> tuple[str, Properties]:
        """Create a resource; returns its id and its outputs."""
        ...

    def update(
        self, urn: Urn, old: ResourceState, inputs: Properties, ignore_changes: list[str], /, *, preview: bool
    ) -> Properties:
        """Update a resource in place; returns its outputs."""
        ...

    def delete(self, state: ResourceState, /) -> None:
        """Delete a resource."""
        ...

    def read(self, urn: Urn, id_: str, inputs: Properties | None, /) -> ReadResult:
        """Look at a resource that exists."""
        ...


class Registry:
    """Connects to providers, and configures them as the resources that stand for them come and go."""

    def __init__(self, providers: Mapping[str, sdk.Provider]) -> None:
        self._direct = Direct(providers)
        self._unconfigured: dict[Urn, Provider] = {}
        self._configured: dict[str, Provider] = {}
        self._lock = threading.RLock()

    def close(self) -> None:
        """Hang up on all providers."""
        self._direct.close()

    def get(self, ref: str, states: Iterable[ResourceState] = ()) -> Provider:
        """Find a configured provider by its reference.

        One that the program no longer mentions is configured as `states` know it.
        """
        with self._lock:
            if ref not in self._configured:
                urn, id_ = ProviderRef.parse(ref)
                state = next((state for state in states if state.urn == urn and state.id == id_), None)
                if state is None:
                    raise RefusalError(f"unknown provider '{ref}'")
                self._configure(urn, id_, state.inputs)
            return self._configured[ref]

    def keep(self, urn: Urn, old: ResourceState) -> None:
        """Configure a provider whose resource is unchanged, with the inputs that it had."""
        with self._lock:
            if str(ProviderRef(urn, old.id)) not in self._configured:
                self._configure(urn, old.id, old.inputs)

    def _configure(self, urn: Urn, id_: str, inputs: Properties) -> None:
        with self._lock:
            provider = self._fresh(urn)
            del self._unconfigured[urn]
        provider.configure(urn, id_, inputs)
        self._configured[str(ProviderRef(urn, id_))] = provider

    def _fresh(self, urn: Urn) -> Provider:
        """Find or make the instance that answers Check and Diff, and is then configured."""
        with self._lock:
            if urn not in self._unconfigured:
                self._unconfigured[urn] = self._connect(package_of(urn.type))
            return self._unconfigured[urn]

    def _connect(self, package: str) -> Provider:
        if package not in self._direct.packages:
            raise UnknownPackageError(
                f"the program uses package {package}; there are providers for "
                f"{', '.join(sorted(self._direct.packages))}: leave the resource out, or run on an account"
            )
        return Provider(self._direct.connect(package))

    # The registry as the manager of provider resources.

    def check(self, urn: Urn, old: Properties, new: Properties, _seed: bytes, /) -> Properties:
        """Ask the provider about its configuration; the version is the engine's own."""
        checked = self._fresh(urn).check_config(urn, old, new)
        return {**checked, "version": new["version"]} if "version" in new else checked

    def diff(self, urn: Urn, old: ResourceState, new: Properties, _ignore: list[str], /) -> Diff:
        """Ask the provider how much a new configuration matters."""
        return self._fresh(urn).diff_config(urn, old, new)

    def create(self, urn: Urn, inputs: Properties, /, *, preview: bool) -> tuple[str, Properties]:
        """Configure a new provider."""
        id_ = UNKNOWN if preview else str(uuid4())
        self._configure(urn, id_, inputs)
        return id_, inputs

    def update(
        self, urn: Urn, old: ResourceState, inputs: Properties, _ignore: list[str], /, *, preview: bool
    ) -> Properties:
        """Configure a provider anew, under its former id."""
        del preview  # configuring changes nothing outside this process
        self._configure(urn, old.id, inputs)
        return inputs

    def delete(self, state: ResourceState, /) -> None:
        """Let go of a provider."""
        self._configured.pop(str(ProviderRef(state.urn, state.id)), None)

    def read(self, urn: Urn, _id: str, _inputs: Properties | None, /) -> ReadResult:
        """Refuse: a provider is not a thing in the cloud."""
        raise RefusalError(f"provider resources may not be read: '{urn}'")
