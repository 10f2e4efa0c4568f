"""Property values as Pulumi's protocol writes them in JSON.

State, plans and messages all hold this form: plain JSON in which an unknown value is a certain text
and a secret, an output or a reference to a resource is an object with a certain key.
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/properties.go
"""

from typing import cast

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pydantic import JsonValue

__all__ = [
    "UNKNOWN",
    "Properties",
    "from_struct",
    "has_secret",
    "has_unknown",
    "is_secret",
    "keep_secrets",
    "output_dependencies",
    "plain_outputs",
    "reveal",
    "reveal_all",
    "secret",
    "to_struct",
    "uncover",
]

Properties = dict[str, JsonValue]

UNKNOWN = rpc.UNKNOWN
# The SDK has these constants of the protocol, but no public name for them.
_SIGNATURE = rpc._special_sig_key  # pyright: ignore[reportPrivateUsage]
_SECRET = rpc._special_secret_sig  # pyright: ignore[reportPrivateUsage]
_OUTPUT = rpc._special_output_value_sig  # pyright: ignore[reportPrivateUsage]


def from_struct(struct: Struct) -> Properties:
    """Read a message's properties."""
    return cast("Properties", json_format.MessageToDict(struct))


def to_struct(properties: Properties) -> Struct:
    """Write properties into a message."""
    struct = Struct()
    struct.update(properties)
    return struct


def _signature(value: JsonValue) -> JsonValue:
    return value.get(_SIGNATURE) if isinstance(value, dict) else None


def secret(value: JsonValue) -> JsonValue:
    """Mark a value as secret, once."""
    return value if is_secret(value) else {_SIGNATURE: _SECRET, "value": value}


def is_secret(value: JsonValue) -> bool:
    """Tell whether the whole value is secret."""
    return _signature(value) == _SECRET


def uncover(value: JsonValue) -> JsonValue:
    """Take a value out of its own secret mark, if it has one."""
    return value["value"] if isinstance(value, dict) and is_secret(value) else value


def reveal(value: JsonValue) -> JsonValue:
    """Remove the marks of secrets at every depth."""
    match uncover(value):
        case dict() as entries:
            return {key: reveal(item) for key, item in entries.items()}
        case list() as items:
            return [reveal(item) for item in items]
        case plain:
            return plain


def reveal_all(properties: Properties) -> Properties:
    """Remove the marks of secrets from all properties."""
    return {key: reveal(value) for key, value in properties.items()}


def has_secret(value: JsonValue) -> bool:
    """Tell whether a secret is anywhere in a value."""
    return reveal(value) != value


def has_unknown(value: JsonValue) -> bool:
    """Tell whether an unknown is anywhere in a value."""
    match value:
        case dict():
            return any(has_unknown(item) for item in value.values())
        case list():
            return any(has_unknown(item) for item in value)
        case _:
            return value == UNKNOWN


def plain_outputs(value: JsonValue) -> JsonValue:
    """Write output values, which components receive and return, as plain, secret or unknown ones."""
    match value:
        case dict() if _signature(value) == _OUTPUT:
            inner = plain_outputs(value.get("value", UNKNOWN))
            return secret(inner) if value.get("secret") else inner
        case dict():
            return {key: plain_outputs(item) for key, item in value.items()}
        case list():
            return [plain_outputs(item) for item in value]
        case _:
            return value


def output_dependencies(value: JsonValue) -> set[str]:
    """Collect the URNs that the output values in a value depend on."""
    match value:
        case dict():
            found = set[str]()
            if _signature(value) == _OUTPUT:
                found.update(cast("list[str]", value.get("dependencies", [])))
            return found.union(*(output_dependencies(item) for item in value.values()))
        case list():
            return set[str]().union(*(output_dependencies(item) for item in value))
        case _:
            return set()


def keep_secrets(outputs: Properties, inputs: Properties) -> None:
    """Mark in `outputs`, in place, what is secret under the same name in `inputs`.

    For what comes back from a provider that was not told what is secret.
    """
    for key, value in inputs.items():
        out = outputs.get(key)
        if out is None:
            continue
        if isinstance(out, dict) and isinstance(value, dict) and not (is_secret(out) or is_secret(value)):
            keep_secrets(out, value)
        elif has_secret(value):
            outputs[key] = secret(out)
