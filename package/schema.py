"""The package's schema, made of the models: from it `pulumi package add` generates SDKs for each language.

An argument that must be known in a preview is `plain`: a language with types refuses an output there.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from importlib import metadata
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from components.schema import Model
from package.args import later
from package.catalogue import COMPONENTS, PACKAGE

__all__ = ["VERSION", "package_schema"]

VERSION = metadata.version("eks-bluegreen")

Schema = dict[str, Any]
"""Of JSON, or of Pulumi: https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/"""

_REF = f"#/types/{PACKAGE}:index:"
_LANGUAGES = ("csharp", "go", "java", "nodejs", "python")


def package_schema() -> Schema:
    """Describe the package as Pulumi wants it."""
    takes, gives = [each.args for each in COMPONENTS.values()], [each.outputs for each in COMPONENTS.values()]
    inputs, outputs = _definitions(takes), _definitions(gives)
    resources = {
        token: {
            "isComponent": True,
            "description": each.description,
            "inputProperties": _properties(inputs[each.args.__name__], later=later(each.args)),
            "requiredInputs": inputs[each.args.__name__].get("required", []),
            "properties": _properties(outputs[each.outputs.__name__], plain=False),
            "required": outputs[each.outputs.__name__]["required"],
        }
        for token, each in COMPONENTS.items()
    }
    types = {**dict(_types(outputs, gives, plain=False)), **dict(_types(inputs, takes, plain=True))}
    return {
        "name": PACKAGE,
        "displayName": "EKS blue/green",
        "version": VERSION,
        "description": "Blue/green upgrades of EKS clusters on AWS China, without losing a request.",
        "language": {language: {"respectSchemaVersion": True} for language in _LANGUAGES},
        "types": dict(sorted(types.items())),
        "resources": resources,
    }


def _definitions(models: Sequence[type[Model]]) -> Mapping[str, Schema]:
    unique: list[tuple[type[Model], JsonSchemaMode]] = [(model, "validation") for model in dict.fromkeys(models)]
    return models_json_schema(unique, ref_template=_REF + "{model}")[1]["$defs"]


def _types(
    definitions: Mapping[str, Schema], roots: Sequence[type[Model]], *, plain: bool
) -> Iterator[tuple[str, Schema]]:
    for name, of_json in definitions.items():
        told = {"description": _told(of_json)} if "description" in of_json else {}
        if "enum" in of_json:
            yield _token(name), {**told, "type": "string", "enum": [{"value": value} for value in of_json["enum"]]}
        elif name not in {root.__name__ for root in roots}:
            yield (
                _token(name),
                {
                    **told,
                    "type": "object",
                    "properties": _properties(of_json, plain=plain),
                    "required": of_json.get("required", []),
                },
            )


def _token(name: str) -> str:
    return f"{PACKAGE}:index:{name}"


def _properties(of_json: Schema, *, later: Set[str] = frozenset(), plain: bool = True) -> Schema:
    return {key: _described(of_key, plain=plain and key not in later) for key, of_key in of_json["properties"].items()}


def _described(of_json: Schema, *, plain: bool) -> Schema:
    told = _told(of_json)
    if "enum" in of_json:
        told += f" One of {', '.join(of_json['enum'])}."
    return {**_type(of_json, plain=plain), **({"description": told.strip()} if told else {})}


def _told(of_json: Schema) -> str:
    return " ".join(of_json.get("description", "").split())


def _type(of_json: Schema, *, plain: bool) -> Schema:
    marked: Schema = {"plain": True} if plain else {}
    if "$ref" in of_json:
        return {"$ref": of_json["$ref"], **marked}
    members = [member for member in of_json.get("anyOf", ()) if member.get("type") != "null"]
    if len(members) == 1:
        return _type(members[0], plain=plain)
    if members:
        return {"oneOf": [_type(member, plain=plain) for member in members], **marked}
    inner = {key: _type(of_json[key], plain=plain) for key in ("items", "additionalProperties") if key in of_json}
    return {"type": of_json["type"], **inner, **marked}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(package_schema(), indent=2, ensure_ascii=False) + "\n")
