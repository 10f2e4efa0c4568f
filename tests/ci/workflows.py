"""The repository's GitHub workflows and composite actions, read as GitHub reads them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))


def load(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path)


def workflow(name: str) -> dict[str, Any]:
    return load(ROOT / f".github/workflows/{name}.yml")


def steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document.get("runs", {}).get("steps", [])
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", [])


def script(name: str, job: str, begins: str) -> str:
    """The shell of one step, by how its name, its id or its text begins."""
    [found] = [
        step["run"]
        for step in workflow(name)["jobs"][job]["steps"]
        if "run" in step and any(step.get(key, "").startswith(begins) for key in ("name", "id", "run"))
    ]
    return found
