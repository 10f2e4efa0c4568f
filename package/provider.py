"""The provider of the package: checks what a program gives, and lets the library build it."""

import json
from collections.abc import Iterator, Mapping
from typing import cast

from pulumi.errors import InputPropertiesError, RunError
from pulumi.output import contains_unknowns
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.stack import wait_for_rpcs
from pydantic import ValidationError
from typing_extensions import override

from components.errors import BlueGreenError, ConfigError
from infra.sentences import sentences
from package.args import Args, later
from package.catalogue import COMPONENTS, Component
from package.schema import package_schema
from package.values import bare, input_of, plain, state_of

__all__ = ["BlueGreenProvider"]


class BlueGreenProvider(sdk.Provider):
    """Builds the package's components; their children, hooks and gates are those of the library.

    What is wrong is said at once, in a preview too, as errors of the component without a traceback.
    """

    @override
    async def get_schema(self, request: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        return sdk.GetSchemaResponse(json.dumps(package_schema()))

    @override
    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        # No outputs as values: the SDK cannot read one that is not known. Their dependencies come beside them.
        return sdk.ConfigureResponse(supports_preview=True, accept_resources=True, accept_secrets=True)

    @override
    async def construct(self, request: sdk.ConstructRequest) -> sdk.ConstructResponse:
        try:
            component = COMPONENTS.get(request.resource_type)
            if component is None:
                raise ConfigError(f"{request.resource_type} is unknown; there are {', '.join(COMPONENTS)}")
            args = parse(component, request.name, request.inputs)
            built, outputs = component.build(request.name, args, request.options)
            named = {component.outputs.model_fields[name].alias or name: value for name, value in outputs.items()}
            state = await state_of(named)
            # The bake is among them: an alarm fails the component, and what depends on it does not start.
            await wait_for_rpcs(await_all_outstanding_tasks=False)
        except (BlueGreenError, RunError, ValueError) as error:
            raise InputPropertiesError(str(error), []) from None  # the SDK adds a traceback to any other
        return sdk.ConstructResponse(str(await built.urn.future()), state, {})


def parse(component: Component, name: str, inputs: Mapping[str, PropertyValue]) -> Args:
    """Make arguments of inputs. Raises ConfigError with a line for each thing that is wrong."""
    wrong = list(_unusable(component.args, inputs))
    if not wrong:
        given = {
            key: input_of(value) if key in later(component.args) else _whole(plain(bare(value)))
            for key, value in inputs.items()
            if value.value is not None
        }
        try:
            args = component.args.model_validate(given, by_alias=True, by_name=False)
        except ValidationError as error:
            wrong = [(_key(path), text) for path, text in sentences(error, component.args)]
        else:
            wrong = list(args.misfits(name))
            if not wrong:
                return args
    raise ConfigError("\n".join(dict.fromkeys(f"{name}: {key}: {text}" for key, text in wrong)))


def _unusable(args: type[Args], inputs: Mapping[str, PropertyValue]) -> Iterator[tuple[str, str]]:
    for key, value in inputs.items():
        if key in later(args):
            continue
        if contains_unknowns(plain(bare(value))):
            yield (
                key,
                "is not known before the update: it comes from a resource that is yet to be created. It decides which "
                "resources there are, so write it down, or create that resource in an update of its own first",
            )
        elif value.contains_secret():
            yield key, "holds a secret; nothing here is one, so give it in plain text"


def _whole(value: object) -> object:
    """Write whole numbers as such: the protocol has one kind of number."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_whole(item) for item in cast("list[object]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _key(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]
