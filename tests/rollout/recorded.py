"""Previews as the Pulumi CLI wrote them, and ways to change them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from infra.config import StackConfig
from infra.config import parse as parse_config
from rollout.impact.assess import assess
from rollout.impact.case import Case
from rollout.impact.model import Impact, Level
from rollout.preview import Preview, parse

PREVIEWS = Path(__file__).parent / "previews"
NAMES = sorted(path.stem for path in PREVIEWS.glob("*.json"))


def preview(name: str) -> Preview:
    text = (PREVIEWS / f"{name}.json").read_bytes()
    return parse(text, name, stack_of(name))


def stack_of(name: str) -> str:
    text = (PREVIEWS / f"{name}.json").read_text(encoding="utf-8")
    return text.split('"urn": "urn:pulumi:', 1)[1].split("::", 1)[0]


def case(
    name: str, edit: Callable[[dict[str, Any]], None] | None = None, *, written: StackConfig | None = None
) -> Case:
    """A recorded change; `edit` may alter what the preview says of it."""
    read = preview(name)
    if edit:
        raw = cast("dict[str, Any]", read.model_dump(mode="json", by_alias=True))
        edit(raw)
        read = Preview.model_validate(raw)
    config = parse_config(read.config)
    return Case(stack_of(name), read, config, written or config)


def impact(name: str, edit: Callable[[dict[str, Any]], None] | None = None) -> Impact:
    return assess(case(name, edit))


def titles(impact: Impact, level: Level) -> list[str]:
    return [risk.title for risk in impact.risks if risk.level is level]


def step(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """The first step of a raw preview whose URN ends so."""
    return next(each for each in raw["steps"] if each["urn"].endswith(name))
