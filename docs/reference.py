"""Writes the pages that follow from the code: every key of a stack file, and every policy. `make docs` runs it."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pulumi_policy import EnforcementLevel, Policy

from infra.config import NAMESPACE, StackConfig
from policies.pack import POLICIES

__all__ = ["PAGES"]

Schema = Mapping[str, Any]
"""JSON Schema, as pydantic writes it."""


def configuration() -> str:
    """Every key, section by section, in the order of the models."""
    schema = StackConfig.model_json_schema()
    return "\n".join(
        [
            "# Configuration",
            "",
            "Every key of a stack file, from the models that read it. A key that is not here is an error, and so is",
            "a value that its model refuses: nothing is created then, and the error says what to write instead.",
            "`*` stands for a name that you give; what has no default is needed.",
            "",
            *_section("The stack", "", schema, dict(schema["$defs"])),
        ]
    )


def _section(title: str, path: str, model: Schema, models: dict[str, Schema]) -> Iterator[str]:
    """A model and those inside it; each is described where it first occurs, and taken out of `models` there."""
    yield from (
        f"## {title}",
        "",
        _first_sentence(model["description"]),
        "",
        "| key | value | default | |",
        "|---|---|---|---|",
    )
    inside: list[tuple[str, str]] = []
    for alias, field in model["properties"].items():
        key = path + alias if path or ":" in alias else f"{NAMESPACE}:{alias}"
        default = "" if alias in model.get("required", ()) else _default(field)
        yield f"| `{key}` | {_value(field, models)} | {default} | {_line(_told(field, models))} |"
        inside += _nested(key, field)
    yield ""
    keys = [key for key, _ in inside]
    for key, name in inside:
        title = f"`{key}`, {_words(name)}" if keys.count(key) > 1 else f"`{key}`"
        if "properties" in (nested := models.get(name, {})):
            del models[name]
            yield from _section(title, f"{key.removeprefix(f'{NAMESPACE}:')}.", nested, models)


def _nested(key: str, field: Schema) -> Iterator[tuple[str, str]]:
    """The models inside a value, by the key that leads to each."""
    if "$ref" in field:
        yield key, _name(field)
    for option in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        yield from _nested(key, option)
    if inner := field.get("additionalProperties"):
        yield from _nested(f"{key}.*", inner)


def _name(field: Schema) -> str:
    return str(field["$ref"]).rpartition("/")[2]


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _value(field: Schema, models: Mapping[str, Schema]) -> str:
    if options := [each for each in (*field.get("anyOf", ()), *field.get("oneOf", ())) if each.get("type") != "null"]:
        return " or ".join(dict.fromkeys(_value(each, models) for each in options))
    if "$ref" in field:
        return _value(models.get(_name(field), {"type": "object"}), models)
    if "enum" in field:
        return " or ".join(f"`{each}`" for each in field["enum"])
    match field.get("type"):
        case "array":
            return f"list of {_value(field['items'], models)}"
        case "object":
            return "mapping"
        case "string":
            return {"ipv4network": "network"}.get(field.get("format", ""), "text")
        case "boolean":
            return "`true` or `false`"
        case kind:
            return {"integer": "whole number"}.get(str(kind), str(kind))


def _told(field: Schema, models: Mapping[str, Schema]) -> str:
    told = field.get("description") or models.get(_name(field) if "$ref" in field else "", {}).get("description", "")
    return told or (f"{field['minimum']} to {field['maximum']}." if "maximum" in field else "")


def _default(field: Schema) -> str:
    default: Any = field.get("default")
    if isinstance(default, dict):
        given = cast("Mapping[str, object]", default).items()
        simple = ", ".join(f"{key} `{value}`" for key, value in given if not isinstance(value, dict))
        return "see below" if "$ref" in field else simple or "none"
    if isinstance(default, list):
        return ", ".join(f"`{each}`" for each in cast("list[object]", default)) or "none"
    if default in (None, ""):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _first_sentence(text: str) -> str:
    return _line(text).partition(". ")[0].rstrip(".") + "."


def _line(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split()).replace("|", "\\|")


def policies() -> str:
    """Every policy of the pack."""
    return "\n".join(
        [
            "# Policies",
            "",
            "`policies/` is a Pulumi policy pack: `pulumi preview --policy-pack policies`. Prod is every stack that is",
            "not known to be dev or qa. A *mandatory* policy refuses the update before anything is changed, an",
            "*advisory* one is told; in a rehearsal as by the Pulumi CLI.",
            "",
            "| policy | what it asks | |",
            "|---|---|---|",
            *map(_row, POLICIES),
            "",
        ]
    )


def _row(policy: Policy) -> str:
    level = policy.enforcement_level or EnforcementLevel.ADVISORY
    return f"| `{policy.name}` | {_line(policy.description)} | {level.value} |"


PAGES: Mapping[str, Callable[[], str]] = {"configuration.md": configuration, "policies.md": policies}
"""What each page says."""

if __name__ == "__main__":
    for page, text in PAGES.items():
        (Path(__file__).parent / page).write_text(text(), encoding="utf-8")
