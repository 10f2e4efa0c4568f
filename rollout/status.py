"""How the fleet stands: from the stack files, and from the stacks themselves where there is access."""

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter
from rich.table import Table
from rich.text import Text

from components.errors import BlueGreenError, ConfigError
from components.partition import PLACES
from components.traffic import Colour
from infra.config import StackConfig
from policies.stack import mapping
from rehearsal.script import load
from rollout.fleet import Member, Standing, in_order, member
from rollout.printable import printable

__all__ = ["as_json", "differences", "fleet", "table"]

_INK = {
    Standing.ENDED: "bold red",
    Standing.EXTENDED_ENDS: "bold red",
    Standing.EXTENDED: "yellow",
    Standing.STANDARD_ENDS: "bold yellow",
}
_ASKED_AT_ONCE = 4
_MEMBERS = TypeAdapter(list[Member])


def fleet(stacks: Sequence[str], today: date, *, live: bool) -> list[Member]:
    """A row for each stack, dev before qa before prod; one whose file is wrong says so.

    With `live` the stacks are asked for their outputs; nothing is selected or changed. Raises BlueGreenError where
    there is no Pulumi CLI for that.
    """
    if live and not shutil.which("pulumi"):
        raise BlueGreenError("--live: there is no pulumi on PATH; install it, or leave the option away")
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        asked = [pool.submit(_member, stack, today, live=live) for stack in in_order(stacks)]
        return [each.result() for each in asked]


def _member(stack: str, today: date, *, live: bool) -> Member:
    try:
        file, config = load(stack)
    except ConfigError as error:
        return Member(stack=stack, error=str(error))
    written = member(file.stack, config, today)
    return _compared(written, config) if live else written


def _compared(written: Member, config: StackConfig) -> Member:
    from pulumi import automation  # a second to import, which only --live needs

    try:
        outputs = automation.LocalWorkspace(work_dir=str(Path.cwd())).stack_outputs(written.stack)
    except automation.CommandError as error:
        reason = next((line for line in str(error).splitlines() if "error:" in line), "it gave no reason")
        return written.model_copy(update={"remark": f"not asked: {reason.partition('error:')[2].strip() or reason}"})
    if "weights" not in outputs:
        return written.model_copy(update={"deployed": False, "remark": "nothing is deployed"})
    differs = list(differences({name: output.value for name, output in outputs.items()}, config))
    remark = f"deployed is {'; '.join(differs)}" if differs else ""
    return written.model_copy(update={"deployed": not differs, "remark": remark})


def differences(outputs: Mapping[str, object], config: StackConfig) -> list[str]:
    """What of a stack is not as its file says: `blue 90 · green 10`, `blue 1.30`."""
    told = list[str]()
    weights = mapping(outputs.get("weights"))
    if {colour: weights.get(colour, 0) for colour in Colour} != {colour: config.weights[colour] for colour in Colour}:
        told.append(" · ".join(f"{colour} {weights[colour]}" for colour in Colour if weights.get(colour)))
    own = mapping(outputs.get("serviceWeights"))
    for service in dict.fromkeys([*config.own_weights, *own]):
        given, asked = mapping(own.get(service)) or weights, config.weights_of(service)
        if any(given.get(colour, 0) != asked[colour] for colour in Colour):
            told.append(f"{service}: " + " · ".join(f"{each} {given[each]}" for each in Colour if given.get(each)))
    clusters = mapping(outputs.get("clusters"))
    wanted = {str(colour): cluster for colour, cluster in config.clusters.items()} | {
        str(tool): cluster for tool, cluster in config.tools.items()
    }
    for name in dict.fromkeys([*wanted, *clusters]):
        version = mapping(clusters.get(name)).get("version")
        if name not in wanted or name not in clusters:
            told.append(f"{name} {version}" if version else f"without {name}")
        elif wanted[name].version and wanted[name].version != version:
            told.append(f"{name} {version}")
    return told


def table(members: Sequence[Member]) -> Table:
    """The fleet as a table; what is out of support, or soon will be, stands out."""
    shown = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("stack", "region", "topology", "traffic", "service", "argocd", "testkube", "support"):
        shown.add_column(title, overflow="fold")
    for each in members:
        if each.error:
            shown.add_row(Text(str(printable(each.stack))), *[""] * 6, Text(each.error, "red"))
            continue
        told = Text("\n").join(Text(row.told, _INK.get(row.standing, "")) for row in each.support)
        if each.remark:
            told.append(f"\n{each.remark}", "bold red" if each.deployed is False else "dim")
        shown.add_row(
            each.stack,
            PLACES.get(each.region, each.region),
            each.topology,
            _traffic(each),
            _by_colour(each.service),
            each.tools.get("argocd", ""),
            each.tools.get("testkube", ""),
            told,
        )
    return shown


def as_json(members: Sequence[Member]) -> str:
    """The same as JSON: a list of stacks."""
    return _MEMBERS.dump_json(list(members), indent=2).decode() + "\n"


def _traffic(each: Member) -> str:
    """Weights, and below them those of services that have their own."""
    own = (
        f"{service}: {' · '.join(f'{colour} {weight}' for colour, weight in weights.items())}"
        for service, weights in each.services.items()
    )
    return "\n".join([_by_colour({colour: str(weight) for colour, weight in each.weights.items()}), *own])


def _by_colour(values: Mapping[Colour, str]) -> str:
    return "\n".join(f"{colour} {values[colour]}" for colour in Colour if colour in values)
