"""What the program wants of one resource, as it registers it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from google.protobuf.message import Message
from pulumi.runtime.proto import resource_pb2

from components.errors import BlueGreenError
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Alias, ProviderRef, Urn, package_of
from rehearsal.engine.values import Properties, from_struct, output_dependencies, plain_outputs

__all__ = ["HOOKS", "Goal", "UnsupportedOptionError"]

HOOKS = ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete")

_UNSUPPORTED = {
    "replacement_trigger": "replacement_trigger",
    "replace_with": "replace_with",
    "transforms": "transforms",
    "state_migrations": "state_migrations",
    "envVarMappings": "env_var_mappings",
}


class UnsupportedOptionError(BlueGreenError):
    """The program uses an option that only the Pulumi CLI knows."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A registration. None where the program leaves an option open, so that a parent may decide it."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    remote: bool = False
    parent: Urn = field(default=Urn())
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict[str, str])
    version: str = ""
    dependencies: list[Urn] = field(default_factory=list)
    property_dependencies: dict[str, list[Urn]] = field(default_factory=dict)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: Urn = field(default=Urn())
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: tuple[Alias, ...] = ()
    import_id: str = ""
    hooks: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, request: resource_pb2.RegisterResourceRequest) -> "Goal":
        """Read a registration.

        Raises UnsupportedOptionError where it asks for what this engine does not play; nothing is ignored silently.
        """
        refuse_unsupported(request, f"{request.type} {request.name!r}")
        inputs = from_struct(request.object)
        by_property = {key: set(deps.urns) for key, deps in request.propertyDependencies.items()}
        for key, value in inputs.items():
            by_property.setdefault(key, set()).update(output_dependencies(value))
        dbr = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
        return cls(
            type=request.type,
            name=request.name,
            custom=request.custom,
            remote=request.remote,
            inputs={key: plain_outputs(value) for key, value in inputs.items()},
            parent=Urn(request.parent),
            provider=request.provider,
            providers=dict(request.providers),
            version=request.version,
            dependencies=_urns(request.dependencies),
            property_dependencies={key: _urns(urns) for key, urns in by_property.items() if urns},
            protect=request.protect if request.HasField("protect") else None,
            retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
            delete_before_replace=request.deleteBeforeReplace if dbr else None,
            deleted_with=Urn(request.deletedWith),
            ignore_changes=list(request.ignoreChanges),
            replace_on_changes=list(request.replaceOnChanges),
            additional_secret_outputs=list(request.additionalSecretOutputs),
            aliases=Alias.all_of(request),
            import_id=request.importId,
            hooks={kind: list(names) for kind in HOOKS if (names := getattr(request.hooks, kind))},
        )

    @classmethod
    def of_read(cls, request: resource_pb2.ReadResourceRequest) -> "Goal":
        """Read the look at a resource that exists."""
        return cls(
            type=request.type,
            name=request.name,
            custom=True,
            inputs=from_struct(request.properties),
            parent=Urn(request.parent),
            provider=request.provider,
            version=request.version,
            dependencies=_urns(request.dependencies),
            additional_secret_outputs=list(request.additionalSecretOutputs),
        )

    def inheriting(self, parent: "Goal") -> "Goal":
        """Take from the parent what the program leaves open.

        A custom resource takes its parent's provider only for the same package; a local component always.
        """
        provider = self.provider
        if not provider and parent.provider:
            package = package_of(ProviderRef.parse(parent.provider).urn.type)
            if not (self.custom or self.remote) or self.type.startswith(f"{package}:"):
                provider = parent.provider
        return replace(
            self,
            provider=provider,
            protect=parent.protect if self.protect is None else self.protect,
            retain_on_delete=(parent.retain_on_delete if self.retain_on_delete is None else self.retain_on_delete),
            deleted_with=self.deleted_with or parent.deleted_with,
        )

    def state(self, urn: Urn) -> ResourceState:
        """Start the state that this goal leads to; its inputs are still unchecked."""
        return ResourceState(
            urn=urn,
            custom=self.custom,
            inputs=dict(self.inputs),
            parent=self.parent,
            provider=self.provider if self.custom else "",
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            protect=bool(self.protect),
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            ignore_changes=self.ignore_changes,
            replace_on_changes=self.replace_on_changes,
            additional_secret_outputs=self.additional_secret_outputs,
            import_id=self.import_id,
            hooks=self.hooks,
        )


def refuse_unsupported(request: Message, who: str) -> None:
    """Refuse a request that sets a field which this engine does not play."""
    for descriptor, _ in request.ListFields():
        if option := _UNSUPPORTED.get(descriptor.name):
            raise UnsupportedOptionError(
                f"{who} uses {option}, which the embedded engine does not play; "
                "leave the option out or rehearse with the Pulumi CLI"
            )


def _urns(urns: Iterable[str]) -> list[Urn]:
    return [Urn(urn) for urn in sorted(urns)]
