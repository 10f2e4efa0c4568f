"""The `aws` provider: Pulumi's protocol on one side, the resource types on the other."""

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.provider.experimental import provider as sdk
from typing_extensions import override

from rehearsal.providers.aws import catalogue
from rehearsal.providers.aws.functions import FUNCTIONS
from rehearsal.providers.aws.resource import Aws, Clients, ResourceType, is_gone, refusal
from rehearsal.providers.diff import detailed_diff, shaped, with_added
from rehearsal.providers.errors import ProviderError
from rehearsal.providers.naming import DEFAULTS
from rehearsal.providers.servicer import DiffRequest, PureProvider, UpdateRequest
from rehearsal.providers.values import Props, properties, props

__all__ = ["AwsProvider"]

_IMPORTED = "__imported"
"""Marks inputs that come from AWS alone: a program is compared with them only in what it says itself."""


class AwsProvider(PureProvider):
    """Behaves as pulumi-aws 7 does where a program can notice, for the resource types of the catalogue.

    An input that a type does not model is refused: nothing is quietly left out.
    """

    def __init__(self, clients: Clients) -> None:
        super().__init__()
        self._aws = Aws(clients)
        self._types = {
            resource_type.pulumi_type: resource_type(self._aws) for resource_type in catalogue.RESOURCE_TYPES
        }

    def _type(self, token: str) -> ResourceType:
        token = token.rpartition("$")[2]  # the SDK takes the parents' types from the URN, too
        if token not in self._types:
            raise ProviderError(f"{token}: the rehearsal does not model this resource type")
        return self._types[token]

    @override
    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        return sdk.ConfigureResponse(supports_preview=True)

    @override
    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        resource_type = self._type(request.type)
        old, inputs = props(request.old_inputs), props(request.new_inputs)
        inputs.pop(_IMPORTED, None)  # it comes back where the program ignores every change
        supported = resource_type.replaces | resource_type.updates | {"region", DEFAULTS}
        unknown = sorted(inputs.keys() - supported)
        if unknown:
            reason = f"the rehearsal does not model this input of {resource_type.pulumi_type}"
            return sdk.CheckResponse(failures=[sdk.CheckFailure(key, reason) for key in unknown])
        filled = {key: value for key, value in resource_type.defaults(inputs).items() if inputs.get(key) is None}
        inputs |= filled | {DEFAULTS: sorted(filled)}
        if resource_type.auto_name:
            resource_type.auto_name.fill(request.name, inputs, old, request.random_seed)
        return sdk.CheckResponse(inputs=properties(inputs))

    @override
    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        assert isinstance(request, DiffRequest)  # noqa: S101 our server passes nothing else
        resource_type = self._type(request.type)
        old, new = props(request.old_inputs), props(request.new_inputs)
        if old.pop(_IMPORTED, False):
            old = shaped(old, new)
        changed = resource_type.changed(old, new) - set(request.ignore_changes)
        replacing = resource_type.replacing(changed, old, new)
        return sdk.DiffResponse(
            changes=bool(changed),
            replaces=sorted(replacing),
            diffs=sorted(changed),
            delete_before_replace=bool(replacing) and _has_own_name(resource_type, new),
            detailed_diff=detailed_diff(old, new, changed, replacing),
        )

    @override
    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        resource_type, inputs = self._type(request.type), props(request.properties)
        if request.preview:
            return sdk.CreateResponse(properties=properties(self._state(inputs, resource_type.foreseen(inputs))))
        with _refusals("create", resource_type.pulumi_type, request.name):
            created = resource_type.create(inputs)
        return sdk.CreateResponse(created.id, properties(self._state(inputs, created.outputs)))

    @override
    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        assert isinstance(request, UpdateRequest)  # noqa: S101 our server passes nothing else
        resource_type = self._type(request.type)
        old, new, state = props(request.old_inputs), props(request.news), props(request.olds)
        changed = resource_type.changed(old, new) - set(request.ignore_changes)
        # An input keeps what AWS has added to it, such as a cluster's security group in vpcConfig.
        keeps = resource_type.outputs | resource_type.chosen | (new.keys() - changed)
        kept = {key: value for key, value in state.items() if key in keeps}
        outputs = kept | with_added(changed, old, new, state) | resource_type.foreseen(new)
        if not request.preview:
            with _refusals("update", resource_type.pulumi_type, request.name):
                resource_type.update(request.resource_id, state, new, changed)
                outputs = resource_type.read(request.resource_id, new) or outputs
        return sdk.UpdateResponse(properties(self._state(new, outputs)))

    @override
    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        resource_type = self._type(request.type)
        inputs, state = props(request.inputs), props(request.properties)
        with _refusals("read", resource_type.pulumi_type, request.name):
            outputs = resource_type.read(request.resource_id, state)
        if outputs is None:
            return sdk.ReadResponse()
        if inputs:
            inputs |= shaped(outputs, inputs)
        else:
            inputs = {key: outputs[key] for key in outputs.keys() - resource_type.outputs} | {_IMPORTED: True}
        return sdk.ReadResponse(
            request.resource_id, properties(self._state(state | inputs, outputs)), properties(inputs)
        )

    @override
    async def delete(self, request: sdk.DeleteRequest) -> None:
        resource_type = self._type(request.type)
        with _refusals("delete", resource_type.pulumi_type, request.name):
            try:
                resource_type.delete(request.resource_id, props(request.properties))
            except ClientError as error:
                if not is_gone(error):
                    raise

    @override
    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        function = FUNCTIONS.get(request.tok)
        if function is None:
            raise ProviderError(f"{request.tok}: the rehearsal does not model this function")
        with _refusals("call", request.tok, ""):
            return sdk.InvokeResponse(properties(function(self._aws, props(request.args))))

    def _state(self, inputs: Props, outputs: Props) -> Props:
        """Put together what the engine keeps: the inputs, overruled by what AWS made of them."""
        return {"region": self._aws.region} | {k: v for k, v in inputs.items() if not k.startswith("__")} | outputs


def _has_own_name(resource_type: ResourceType, inputs: Props) -> bool:
    """Tell whether the program names the resource, so that two of it cannot exist at once."""
    return resource_type.auto_name is not None and resource_type.auto_name.property not in inputs.get(DEFAULTS, ())


@contextmanager
def _refusals(verb: str, token: str, name: str) -> Generator[None]:
    """Turn what AWS refuses into one line of Pulumi's."""
    try:
        yield
    except ClientError as error:
        code, message = refusal(error)
        raise ProviderError(f"{verb} {token} {name}: {error.operation_name}: {code}: {message}") from error
    except BotoCoreError as error:
        raise ProviderError(f"{verb} {token} {name}: {error}") from error
