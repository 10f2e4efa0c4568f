"""Registers the resources of a YAML program as Pulumi's language host for YAML does, as far as the example needs it."""

import os
import re
from pathlib import Path
from typing import Any

import pulumi
import ruamel.yaml

from package.schema import package_schema

PROGRAM = ruamel.yaml.YAML(typ="safe").load(Path(os.environ["YAML_PROGRAM"]).read_text(encoding="utf-8"))
SCHEMA = package_schema()["resources"]
known: dict[str, Any] = {}


def follow(path: str) -> Any:
    name, *steps = re.findall(r"[\w-]+", path)
    value = known[name]
    for step in steps:
        value = getattr(value, step) if isinstance(value, pulumi.Resource) else value[step]
    return value


def resolve(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: resolve(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item) for item in value]
    whole = re.fullmatch(r"\$\{([^}]+)\}", value) if isinstance(value, str) else None
    return follow(whole[1]) if whole else value


config = pulumi.Config(PROGRAM["name"])
for name, declared in PROGRAM.get("config", {}).items():
    known[name] = config.require(name) if declared["type"] == "string" else config.require_object(name)
for name, value in PROGRAM.get("variables", {}).items():
    known[name] = resolve(value)
for name, resource in PROGRAM["resources"].items():
    kind, properties = resource["type"].replace(":", ":index:"), resolve(resource["properties"])
    outputs = dict.fromkeys(SCHEMA[kind]["properties"])
    known[name] = pulumi.ComponentResource(kind, resource.get("name", name), outputs | properties, None, True)
for name, value in PROGRAM.get("outputs", {}).items():
    pulumi.export(name, resolve(value))
