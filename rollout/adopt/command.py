"""`bluegreen adopt`: reads, shows, and writes the stack file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, cast

from rich.console import Console
from rich.text import Text

from components.environment import is_prod
from components.errors import BlueGreenError, ConfigError
from components.schema import shown
from components.traffic import Colour
from infra.config import NAMESPACE, Topology, parse
from policies.stack import mapping
from rehearsal.stack_file import StackFile
from rollout.adopt.fit import fits, remarks
from rollout.adopt.reading import AdoptError, Reader
from rollout.adopt.trace import trace
from rollout.adopt.view import show
from rollout.adopt.writing import Wanted, new_text, written
from rollout.preview import Preview, Step
from rollout.stack_text import StackText, replace
from rollout.stacks import Stack

__all__ = ["Asked", "adopt", "check", "more_than_imports"]

E = TypeVar("E", bound=StrEnum)

_MORE_THAN_IMPORTS = 3


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the user says; what is None comes from the stack file."""

    stack: str
    host: str | None = None
    region: str | None = None
    topology: Topology | None = None
    port: int | None = None
    cluster: str | None = None
    clients: Sequence[str] = ()
    operators: Sequence[str] = ()


def adopt(asked: Asked, console: Console, root: Path = Path(), *, write: bool = True) -> None:
    """Find the chain and write the stack file. Raises BlueGreenError where that cannot be; then nothing is written."""
    path = root / StackFile(asked.stack, {}).name
    text, settings = _file(asked.stack, path)
    region = _needed("--region", asked.region or settings.get("aws:region"), "such as cn-north-1")
    host = _needed("--host", asked.host or _in(settings, "entry", "host"), "the name that clients use")
    colour = _one_of(Colour, settings, "active", Colour.BLUE)
    _check_clusters(path.name, settings, colour)
    profile = settings.get("aws:profile")
    written_port = _in(settings, "entry", "port")
    port = asked.port or (written_port if isinstance(written_port, int) else None)
    found = trace(Reader(region, str(profile) if profile else None), host, port, asked.cluster)
    topology = asked.topology or _one_of(Topology, settings, "topology", Topology.SHARED_NLB)
    prod = is_prod(asked.stack)
    fitting = fits(found, prod=prod)
    show(console, found, fitting, topology, remarks(found, topology, prod=prod))
    unfit = next((each for each in fitting if each.topology is topology and not each.fits), None)
    if unfit:
        raise AdoptError(f"{topology} does not fit: {unfit.why}")
    wanted = Wanted(topology=topology, colour=colour, clients=asked.clients, operators=asked.operators)
    edited = written(text or new_text(asked.stack, region), settings, found, wanted)
    parse(StackFile.of(asked.stack, edited).flat(), f"{path.name}, as it would be")
    if not write:
        console.print(Text(edited), soft_wrap=True)
        return
    replace(path, edited)
    console.print(
        f"{path.name} says so now. Next: pulumi preview --stack {asked.stack}, which imports and changes nothing; then "
        "pulumi up. Undo: leave the stack; nothing that was adopted is deleted with it.",
        highlight=False,
        soft_wrap=True,
    )


def check(stack: Stack, name: str, root: Path, console: Console) -> int:
    """Preview a stack and say whether it only imports; return the exit code. Raises BlueGreenError without preview."""
    path = root / f"Pulumi.{name}.yaml"
    if not path.exists():
        raise AdoptError(f"there is no {path.name}, so nothing is adopted yet: bluegreen adopt {name} --host NAME")
    StackText(name, root)  # says by its keys what Pulumi would tell as a failed program
    preview = stack.preview(path)
    if preview.errors:
        raise BlueGreenError("\n".join(preview.errors))
    imported = [step for step in preview.steps if step.op == "import"]
    more = more_than_imports(preview)
    for step in more:
        console.print(f"  ✗ {step.op} {step.type} {step.name}", style="red", highlight=False)
    console.print(f"{name}: {len(imported)} imported, {len(more)} changed beside that", highlight=False)
    return _MORE_THAN_IMPORTS if more else 0


def more_than_imports(preview: Preview) -> Sequence[Step]:
    """Find what an adoption must not do: whatever touches AWS or Kubernetes, and is no import."""
    return [step for step in preview.steps if step.touches]


def _file(stack: str, path: Path) -> tuple[str, Mapping[str, object]]:
    if not path.exists():
        return "", {}
    settings = StackFile.load(stack, path.parent).settings
    return path.read_text(encoding="utf-8"), settings


def _check_clusters(name: str, settings: Mapping[str, object], colour: Colour) -> None:
    if _in(settings, "clusters", colour.other.value):
        raise ConfigError(
            f"{name}: clusters.{colour.other} is there already; adopt what runs first, and add it in a later update"
        )
    tools = mapping(settings.get(f"{NAMESPACE}:tools"))
    new = [tool for tool, cluster in tools.items() if "existing" not in mapping(cluster)]
    if new:
        raise ConfigError(
            f"{name}: tools.{new[0]} would be a new cluster, and to adopt creates nothing; name the one that runs by "
            "`existing`, or add it in a later update"
        )


def _in(settings: Mapping[str, object], key: str, inner: str) -> object:
    return mapping(settings.get(f"{NAMESPACE}:{key}")).get(inner)


def _one_of(kind: type[E], settings: Mapping[str, object], key: str, default: E) -> E:
    given = settings.get(f"{NAMESPACE}:{key}", default)
    if given not in list(kind):
        raise ConfigError(f"{NAMESPACE}:{key}: {shown(given)} is unknown; write {', '.join(kind)}")
    return kind(cast("str", given))


def _needed(option: str, given: object, what: str) -> str:
    if not given:
        raise BlueGreenError(f"{option} is missing: {what}; give it, or write it into the stack file")
    return str(given)
