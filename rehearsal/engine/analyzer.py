"""The policy pack on the embedded engine: the policies that the Pulumi CLI runs, on what this engine runs.

The CLI starts a pack as a process that speaks gRPC. Its policies are plain functions of what that protocol
carries, so this calls them in the engine's own process: no start-up, no port, the same verdicts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, cast

from pulumi.runtime import rpc
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import unknown_checking_proxy
from pydantic import BaseModel, ConfigDict, JsonValue

from rehearsal.engine.state import ResourceState
from rehearsal.engine.values import Properties

__all__ = ["Analyzer", "Violation"]

# The SDK has these constants of the protocol, but no public name for them.
_SIGNATURE = rpc._special_sig_key  # pyright: ignore[reportPrivateUsage]
_RESOURCE = rpc._special_resource_sig  # pyright: ignore[reportPrivateUsage]


class Violation(BaseModel):
    """What a policy says against a resource; a mandatory one stops a preview or an update."""

    model_config = ConfigDict(frozen=True)

    policy: str
    level: Literal["advisory", "mandatory"]
    severity: Literal["low", "medium", "high", "critical"] | None
    urn: str
    """The resource it is about; empty for the stack as a whole."""
    message: str


class Analyzer:
    """Runs the policies of a pack."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies

    def analyze(self, state: ResourceState, provider: ResourceState | None = None) -> list[Violation]:
        """Judge one resource by its checked inputs, before anything is done to it."""
        args = ResourceValidationArgs(
            state.type,
            _guarded(state.inputs),
            state.urn,
            state.urn.name,
            _options(state),
            _provider(provider),
        )
        found: list[Violation] = []
        for policy in self._policies:
            if isinstance(policy, ResourceValidationPolicy):
                # The SDK leaves the type of what an asynchronous policy awaits open; ours are synchronous.
                policy.validate(args, _reporter(policy, found))  # pyright: ignore[reportUnknownMemberType]
        return found

    def analyze_stack(self, states: Iterable[ResourceState]) -> list[Violation]:
        """Judge all resources by their outputs: after the program has ended, before anything is deleted."""
        known = {str(state.urn): state for state in states}
        resources = {urn: _resource(state, known) for urn, state in known.items()}
        for urn, state in known.items():
            resource = resources[urn]
            resource.parent = resources.get(state.parent)
            resource.dependencies = _among(resources, state.dependencies)
            resource.property_dependencies = {
                prop: _among(resources, urns) for prop, urns in state.property_dependencies.items()
            }
        args = StackValidationArgs(list(resources.values()))
        found: list[Violation] = []
        for policy in self._policies:
            if isinstance(policy, StackValidationPolicy):
                policy.validate(args, _reporter(policy, found))  # pyright: ignore[reportUnknownMemberType]
        return found


def _reporter(policy: Policy, found: list[Violation]) -> Callable[[str, str | None], None]:
    mandatory = policy.enforcement_level is EnforcementLevel.MANDATORY

    def report(message: str, urn: str | None = None) -> None:
        violation = Violation(
            policy=policy.name,
            level="mandatory" if mandatory else "advisory",
            severity=policy.severity.value if policy.severity else None,
            urn=urn or "",
            message=message,
        )
        found.append(violation)

    return report


def _resource(state: ResourceState, known: Mapping[str, ResourceState]) -> PolicyResource:
    provider = _provider(known.get(state.provider_urn))
    return PolicyResource(
        state.type,
        _guarded(state.outputs),
        state.urn,
        state.urn.name,
        _options(state),
        provider,
        None,
        [],
        {},
    )


def _provider(state: ResourceState | None) -> PolicyProviderResource | None:
    if state is None:
        return None
    return PolicyProviderResource(state.type, _guarded(state.inputs), state.urn, state.urn.name)


def _options(state: ResourceState) -> PolicyResourceOptions:
    timeouts = PolicyCustomTimeouts(0, 0, 0)
    secrets = list(state.additional_secret_outputs)
    return PolicyResourceOptions(
        state.protect, list(state.ignore_changes), None, [], timeouts, secrets, state.parent or None
    )


def _among(resources: Mapping[str, PolicyResource], urns: Iterable[str]) -> list[PolicyResource]:
    return [resources[urn] for urn in urns if urn in resources]


def _guarded(properties: Properties) -> Mapping[str, Any]:
    """Hand properties over as the SDK does: secrets in the clear, an error on reading an unknown."""
    plain = {key: _without_references(value) for key, value in properties.items()}
    return cast("Mapping[str, Any]", unknown_checking_proxy(deserialize_properties(plain)))


def _without_references(value: JsonValue) -> JsonValue:
    """Write references to resources as their ids or URNs, which is how the CLI shows them to policies."""
    match value:
        case dict() if value.get(_SIGNATURE) == _RESOURCE:
            return value.get("id") or value["urn"]
        case dict():
            return {key: _without_references(item) for key, item in value.items()}
        case list():
            return [_without_references(item) for item in value]
        case _:
            return value
