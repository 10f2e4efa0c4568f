"""One configured provider: the calls of Pulumi's provider protocol, in state and property values."""

import json
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2
from pydantic import JsonValue

from rehearsal.engine.calls import RefusalError, UnimplementedError
from rehearsal.engine.plan import Diff, diff_of_inputs
from rehearsal.engine.services import Services
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Urn, package_of
from rehearsal.engine.values import (
    Properties,
    from_struct,
    has_secret,
    has_unknown,
    keep_secrets,
    reveal,
    reveal_all,
    secret,
    to_struct,
)
from rehearsal.providers.direct import Connection, UnansweredError

__all__ = ["Provider", "ReadResult"]

_REPLACING = {
    provider_pb2.PropertyDiff.ADD_REPLACE,
    provider_pb2.PropertyDiff.DELETE_REPLACE,
    provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


_Answer = TypeVar("_Answer", bound=Message)
_Change = TypeVar("_Change", provider_pb2.DiffRequest, provider_pb2.UpdateRequest)


class ReadResult(NamedTuple):
    """What a provider knows of an existing resource; no outputs if there is none."""

    id: str
    inputs: Properties | None
    outputs: Properties | None


class Provider:
    """A connection to a provider, first unconfigured, then configured once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._accept_secrets = False
        self._supports_preview = False
        self.known = False
        """False until it is configured, and in a preview whose configuration of it is not known yet."""

    def check_config(self, urn: Urn, old: Properties, new: Properties) -> Properties:
        """Validate a configuration; a provider without an opinion takes it as it is."""
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=urn.name,
            type=urn.type,
            olds=to_struct(reveal_all(old)),
            news=to_struct(reveal_all(new)),
        )
        try:
            response = self._ask("CheckConfig", request, provider_pb2.CheckResponse)
        except UnimplementedError:
            return new
        return _checked(urn, response, new, trusted=False)

    def diff_config(self, urn: Urn, old: ResourceState, new: Properties) -> Diff:
        """Compare configurations; a provider without an opinion is not replaced."""
        request = provider_pb2.DiffRequest(
            urn=urn,
            name=urn.name,
            type=urn.type,
            old_inputs=to_struct(reveal_all(old.inputs)),
            olds=to_struct(reveal_all(old.outputs)),
            news=to_struct(reveal_all(new)),
        )
        try:
            diff = _diff(self._ask("DiffConfig", request, provider_pb2.DiffResponse))
        except UnimplementedError:
            diff = Diff()
        return diff_of_inputs(old.inputs, new) if diff.changed is None else diff

    def configure(self, urn: Urn, id_: str, inputs: Properties) -> None:
        """Give it its configuration, unless a part of that is still unknown."""
        if any(has_unknown(value) for value in inputs.values()):
            return
        package = package_of(urn.type)
        request = provider_pb2.ConfigureRequest(
            urn=urn,
            name=urn.name,
            type=urn.type,
            id=id_,
            variables={
                f"{package}:config:{key}": _text(reveal(value)) for key, value in inputs.items() if key != "version"
            },
            args=to_struct(inputs),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
        )
        response = self._ask("Configure", request, provider_pb2.ConfigureResponse)
        self._accept_secrets = response.acceptSecrets
        self._supports_preview = response.supportsPreview
        self.known = True

    def check(self, urn: Urn, old: Properties, new: Properties, seed: bytes) -> Properties:
        """Validate inputs and fill in defaults."""
        if not self.known:
            return new
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=urn.name,
            type=urn.type,
            olds=self._marshal(old),
            news=self._marshal(new),
            randomSeed=b"" if old else seed,  # what exists keeps its name
        )
        response = self._ask("Check", request, provider_pb2.CheckResponse)
        return _checked(urn, response, new, trusted=self._accept_secrets)

    def diff(self, urn: Urn, old: ResourceState, new: Properties, ignore_changes: list[str]) -> Diff:
        """Compare a resource with wanted inputs."""
        if not self.known:
            return Diff(changed=True)
        request = self._change(provider_pb2.DiffRequest, urn, old, new, ignore_changes)
        diff = _diff(self._ask("Diff", request, provider_pb2.DiffResponse))
        return diff_of_inputs(old.inputs, new) if diff.changed is None else diff

    def create(self, urn: Urn, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """Create a resource; returns its id and its outputs."""
        if preview and not self.known:
            return "", {}
        if preview and not self._supports_preview:
            return "", inputs
        request = provider_pb2.CreateRequest(
            urn=urn, name=urn.name, type=urn.type, properties=self._marshal(inputs), preview=preview
        )
        response = self._ask("Create", request, provider_pb2.CreateResponse)
        if not response.id and not preview:
            raise RefusalError(f"plugin returned empty resource.ID from create '{urn}'")
        return response.id, self._unmarshal(response.properties, inputs)

    def update(
        self, urn: Urn, old: ResourceState, inputs: Properties, ignore_changes: list[str], *, preview: bool
    ) -> Properties:
        """Update a resource in place; returns its outputs."""
        if preview and not self.known:
            return {}
        if preview and not self._supports_preview:
            return inputs
        request = self._change(provider_pb2.UpdateRequest, urn, old, inputs, ignore_changes)
        request.preview = preview
        response = self._ask("Update", request, provider_pb2.UpdateResponse)
        return self._unmarshal(response.properties, inputs)

    def delete(self, state: ResourceState) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            id=state.id,
            urn=state.urn,
            name=state.urn.name,
            type=state.type,
            properties=self._marshal(state.outputs),
            old_inputs=self._marshal(state.inputs),
        )
        self._ask("Delete", request, Empty)

    def read(self, urn: Urn, id_: str, inputs: Properties | None) -> ReadResult:
        """Look at a resource that exists, perhaps outside the stack."""
        if not self.known:
            return ReadResult(id_, {}, {})
        request = provider_pb2.ReadRequest(id=id_, urn=urn, name=urn.name, type=urn.type)
        if inputs is not None:
            request.inputs.CopyFrom(self._marshal(inputs))
            request.properties.CopyFrom(self._marshal(inputs))
        response = self._ask("Read", request, provider_pb2.ReadResponse)
        return ReadResult(
            response.id or id_,
            self._unmarshal(response.inputs, inputs or {}) if response.HasField("inputs") else None,
            self._unmarshal(response.properties, inputs or {}) if response.HasField("properties") else None,
        )

    def invoke(
        self, token: str, args: Properties, *, preview: bool
    ) -> tuple[Properties, list[provider_pb2.CheckFailure]]:
        """Call a function; returns what it returns, and what is wrong with its arguments."""
        if not self.known:
            return {}, []
        request = provider_pb2.InvokeRequest(tok=token, args=self._marshal(args), preview=preview)
        response = self._ask("Invoke", request, provider_pb2.InvokeResponse)
        result = from_struct(getattr(response, "return"))
        if not self._accept_secrets and any(has_secret(value) for value in args.values()):
            result = {key: secret(value) for key, value in result.items()}
        return result, list(response.failures)

    def construct(self, request: provider_pb2.ConstructRequest, services: Services) -> provider_pb2.ConstructResponse:
        """Let it build a component, whose children it registers with this engine meanwhile."""
        return _answer(
            lambda: self._connection.construct(request, services.monitor, services.engine),
            provider_pb2.ConstructResponse,
        )

    def _ask(self, method: str, request: Message, answer: type[_Answer]) -> _Answer:
        return _answer(lambda: self._connection.ask(method, request), answer)

    def _change(
        self, kind: type[_Change], urn: Urn, old: ResourceState, new: Properties, ignore_changes: list[str]
    ) -> _Change:
        return kind(
            id=old.id,
            urn=urn,
            name=urn.name,
            type=urn.type,
            old_inputs=self._marshal(old.inputs),
            olds=self._marshal(old.outputs),
            news=self._marshal(new),
            ignoreChanges=ignore_changes,
        )

    def _marshal(self, properties: Properties) -> Struct:
        return to_struct(properties if self._accept_secrets else reveal_all(properties))

    def _unmarshal(self, struct: Struct, sent: Properties) -> Properties:
        properties = from_struct(struct)
        if not self._accept_secrets:
            keep_secrets(properties, sent)
        return properties


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _answer(ask: Callable[[], Message], answer: type[_Answer]) -> _Answer:
    """Ask a provider; raises RefusalError in its words."""
    try:
        result = ask()
    except UnansweredError as error:
        kind = UnimplementedError if error.unimplemented else RefusalError
        raise kind(str(error) or "the call failed without a message") from None
    assert isinstance(result, answer)  # noqa: S101  a servicer answers with the method's message
    return result


def _checked(urn: Urn, response: provider_pb2.CheckResponse, new: Properties, *, trusted: bool) -> Properties:
    if response.failures:
        raise RefusalError("\n".join(_failure(urn, new, failure) for failure in response.failures))
    inputs = from_struct(response.inputs)
    if not trusted:
        keep_secrets(inputs, new)
    return inputs


def _failure(urn: Urn, inputs: Properties, failure: provider_pb2.CheckFailure) -> str:
    who = f"{urn.type} resource '{urn.name}'"
    if not failure.property:
        return f"{who} has a problem: {failure.reason}"
    value = reveal(inputs.get(failure.property))
    shown = f"{value:g}" if isinstance(value, float) else value
    return f"{who}: property {failure.property} value {{{shown}}} has a problem: {failure.reason}"


def _diff(response: provider_pb2.DiffResponse) -> Diff:
    changes = provider_pb2.DiffResponse
    return Diff(
        changed={changes.DIFF_SOME: True, changes.DIFF_NONE: False}.get(response.changes),
        keys=tuple(response.diffs),
        replace_keys=tuple(response.replaces),
        detailed={
            path: change.kind in _REPLACING
            for path, change in response.detailedDiff.items()
            if response.hasDetailedDiff
        },
        delete_before_replace=response.deleteBeforeReplace,
    )
