"""Pulumi's names: of a resource (URN) and of a configured provider (URN and id)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self, cast

from pulumi.runtime.proto import alias_pb2, resource_pb2
from pydantic_core import CoreSchema, core_schema

__all__ = ["Alias", "ProviderRef", "Urn", "aliases_of", "is_provider", "package_of", "provider_type"]

_STACK_TYPE = "pulumi:pulumi:Stack"
_PROVIDER_PREFIX = "pulumi:providers:"


class Urn(str):
    """`urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""

    __slots__ = ()

    @classmethod
    def make(cls, stack: str, project: str, parent_type: str, type_: str, name: str) -> Self:
        """Name a resource; the types of its parents, but for the stack, stand before its own."""
        qualified = type_ if parent_type in {"", _STACK_TYPE} else f"{parent_type}${type_}"
        return cls(f"urn:pulumi:{stack}::{project}::{qualified}::{name}")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> CoreSchema:
        """Let a state file hold it as text."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())

    @property
    def _parts(self) -> list[str]:
        return self.split("::", 3)

    @property
    def qualified_type(self) -> str:
        """Its type after those of its parents; empty for no URN."""
        return self._parts[2] if self else ""

    @property
    def type(self) -> str:
        """Its type token."""
        return self.qualified_type.rpartition("$")[2]

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self._parts[3]

    @property
    def is_stack(self) -> bool:
        """Whether it is the stack, the root of all."""
        return self.qualified_type == _STACK_TYPE


class ProviderRef(NamedTuple):
    """A configured provider: `URN::ID`."""

    urn: Urn
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference; a URN has colons, an id has none in pairs."""
        urn, _, id_ = text.rpartition("::")
        return cls(Urn(urn), id_)

    def __str__(self) -> str:
        return f"{self.urn}::{self.id}"


def provider_type(package: str) -> str:
    """Type token of the resource that stands for a provider of a package."""
    return _PROVIDER_PREFIX + package


def is_provider(type_: str) -> bool:
    """Tell whether a type token is that of a provider."""
    return type_.startswith(_PROVIDER_PREFIX)


def package_of(type_: str) -> str:
    """Name the package that serves a type token, also for the provider resource itself."""
    return type_.removeprefix(_PROVIDER_PREFIX).partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A former identity: a whole URN, or the parts of it that were different."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False

    @classmethod
    def all_of(cls, request: resource_pb2.RegisterResourceRequest) -> "tuple[Alias, ...]":
        """Read the aliases of a registration."""
        aliases = cast("Iterable[alias_pb2.Alias]", request.aliases)  # a type the SDK leaves open
        return tuple(cls._of(alias) for alias in aliases)

    @classmethod
    def _of(cls, message: alias_pb2.Alias) -> Self:
        spec = message.spec
        return cls(
            urn=message.urn,
            name=spec.name,
            type=spec.type,
            stack=spec.stack,
            project=spec.project,
            parent=spec.parentUrn,
            no_parent=spec.noParent,
        )

    def message(self) -> alias_pb2.Alias:
        """Write it as a component's provider expects it."""
        if self.urn:
            return alias_pb2.Alias(urn=self.urn)
        spec = alias_pb2.Alias.Spec(
            name=self.name, type=self.type, stack=self.stack, project=self.project, parentUrn=self.parent
        )
        if self.no_parent:
            spec.noParent = True
        return alias_pb2.Alias(spec=spec)


def aliases_of(
    urn: Urn, parent: Urn, aliases: Iterable[Alias], *, stack: str, project: str, taken: Mapping[str, Urn]
) -> list[Urn]:
    """List the URNs that a resource may have had, likeliest first.

    `taken` says which former URN each resource of this run was found under: the children of a resource
    that was found under an alias are looked for below that alias, too.
    """
    return list(dict.fromkeys(_candidates(urn, parent, tuple(aliases), stack, project, taken)))


def _candidates(
    urn: Urn, parent: Urn, aliases: tuple[Alias, ...], stack: str, project: str, taken: Mapping[str, Urn]
) -> Iterator[Urn]:
    own = [_former(urn, parent, alias, stack, project, taken) for alias in aliases]
    yield from own
    if former_parent := taken.get(parent):
        for former in (urn, *own):
            yield _below(former, parent, former_parent, stack, project)


def _former(urn: Urn, parent: Urn, alias: Alias, stack: str, project: str, taken: Mapping[str, Urn]) -> Urn:
    if alias.urn:
        return Urn(alias.urn)
    former_parent = taken.get(alias.parent, Urn(alias.parent)) if alias.parent else parent
    return Urn.make(
        alias.stack or stack,
        alias.project or project,
        "" if alias.no_parent else former_parent.qualified_type,
        alias.type or urn.type,
        alias.name or urn.name,
    )


def _below(urn: Urn, parent: Urn, former_parent: Urn, stack: str, project: str) -> Urn:
    """Move a child below its parent's former URN.

    By convention a child's name starts with its parent's, so a renamed parent renames the child.
    """
    name = urn.name
    if name.startswith(parent.name):
        name = former_parent.name + name.removeprefix(parent.name)
    return Urn.make(stack, project, former_parent.qualified_type, urn.type, name)
