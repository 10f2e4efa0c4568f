"""What the tool costs, and how that grows: programs against an empty one, services, stacks, boundaries, memory.

Everything that is compared runs by turns in one run, on the embedded AWS; of each the least of the rounds counts. Where
`pulumi` is on PATH its CLI runs the same programs. Run it on a quiet machine, from the repository's root: `make bench`.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from time import monotonic
from typing import cast

from bench.machine import Cost, run, where
from bench.picture import Line, picture
from infra.config import parse
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Engine, Result, prepare
from rehearsal.engine.real import PulumiEngine, pulumi_on_path
from rehearsal.furnish import furnish
from rehearsal.providers import Providers
from rehearsal.report.words import plural
from rehearsal.run import PROGRAM, ROOT
from rehearsal.stack_file import Settings, StackFile, flatten, stacks

STACK = "prod-bj"
ROUNDS = 5
SERVICES = (1, 5, 10, 20, 35, 50)
STACKS = (6, 60, 600)
SAMPLES = (1, 3, 9)
HERE = Path(__file__).parent
BLUEGREEN = str(Path(sys.executable).with_name("bluegreen"))
EMPTY = "import pulumi\n"
PLAIN = """
    import pulumi
    from pulumi_aws import ec2, lb


    class Empty(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("bench:index:Empty", name)
            inside = pulumi.ResourceOptions(parent=self)
            vpc = ec2.Vpc(name, cidr_block="10.9.0.0/16", opts=inside)
            for number in range({number}):
                lb.TargetGroup(
                    f"{{name}}-{{number}}", port=80, protocol="HTTP", target_type="ip", vpc_id=vpc.id, opts=inside
                )


    Empty("empty")
"""
"""As many resources without any thought behind them; the stack, the component and the VPC come on top."""

Runs = Mapping[str, Callable[[], Result]]


@dataclass(frozen=True)
class Growth:
    """One size of a stack."""

    services: int
    resources: int
    preview: float
    """Seconds."""
    plain: float
    """Seconds of a preview of as many resources in an empty component."""
    unchanged: float
    """Seconds of an `up` that changes nothing."""


def settings(services: int = 1) -> Settings:
    """The stack with so many services."""
    given = dict(StackFile.load(STACK, ROOT).settings)
    more = {
        f"s{number}": {"port": 9000 + number, "order": number + 1, "paths": [f"/{number}/*"]}
        for number in range(1, services)
    }
    given["dkms:services"] = {"dkms": {"port": 8080}, **more}
    return cast("Settings", given)


def least(runs: Runs) -> dict[str, float]:
    """Run them by turns; the least seconds of each."""
    found: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, once in runs.items():
            began = monotonic()
            result = once()
            took = monotonic() - began
            if result.error:
                raise RuntimeError(f"{name}: {result.error}")
            found[name] = min(took, found.get(name, took))
    return found


class Bench:
    """Engines on one embedded AWS, for programs and stacks of any name."""

    def __init__(self, keep: ExitStack) -> None:
        prepare("infra.program")
        self._keep, self.flat = keep, flatten(settings(), STACK)
        config = parse(self.flat, STACK)
        self.aws = keep.enter_context(EmbeddedAws.start(config.region))
        self.providers = keep.enter_context(Providers(self.aws))
        self._directory = Path(keep.enter_context(TemporaryDirectory()))
        furnish(self.aws, config)

    def program(self, name: str, text: str) -> Path:
        """Write a program; the directory of it."""
        directory = self._directory / name
        directory.mkdir()
        (directory / "__main__.py").write_text(dedent(text))
        return directory

    def plain(self, resources: int) -> Path:
        """Write a program with so many resources; the directory of it."""
        return self.program("plain", PLAIN.format(number=resources - 3))

    def engine(self, kind: str, program: Path, stack: str = STACK) -> Engine:
        """Make an engine with nothing in its state."""
        environment = self.aws.environment()
        if kind == "embedded":
            return EmbeddedEngine("dkms", stack, program, self.providers.packages, environment=environment)
        return self._keep.enter_context(
            PulumiEngine("dkms", stack, program, self.providers.ports, environment=environment)
        )


def against_nothing(kind: str) -> Iterator[str]:
    """A row each for preview and `up`: the stack as it is, as many resources in a component, and an empty program."""
    with ExitStack() as keep:
        bench = Bench(keep)
        stack = bench.engine(kind, PROGRAM)
        resources = len(stack.preview(bench.flat).steps)
        plain = bench.engine(kind, bench.plain(resources), "plain")
        empty = bench.engine(kind, bench.program("empty", EMPTY), "empty")
        programs: dict[str, tuple[Engine, Mapping[str, str]]] = {
            "empty": (empty, {}),
            "plain": (plain, {}),
            "stack": (stack, bench.flat),
        }
        for engine, flat in programs.values():
            if error := engine.up(flat).error:
                raise RuntimeError(error)
        for operation in ("preview", "up"):
            took = least({name: partial(getattr(engine, operation), flat) for name, (engine, flat) in programs.items()})
            cells = " | ".join(f"{seconds:.2f}" for seconds in took.values())
            ratios = " | ".join(f"{took['stack'] / took[other]:.1f}" for other in ("empty", "plain"))
            yield f"| {kind} | {operation} | {cells} | {ratios} |"


def growth() -> list[Growth]:
    """Each size of the stack beside as many resources in an empty component; all sizes by turns."""
    with ExitStack() as keep:
        sizes = dict[int, int]()
        runs = dict[str, Callable[[], Result]]()
        for services in SERVICES:
            bench = Bench(keep)
            flat = flatten(settings(services), STACK)
            fresh, kept = bench.engine("embedded", PROGRAM), bench.engine("embedded", PROGRAM)
            sizes[services] = len(fresh.preview(flat).steps)
            plain = bench.engine("embedded", bench.plain(sizes[services]), "plain")
            if error := kept.up(flat).error:
                raise RuntimeError(error)
            runs[f"preview {services}"] = partial(fresh.preview, flat)
            runs[f"plain {services}"] = partial(plain.preview, {})
            runs[f"unchanged {services}"] = partial(kept.up, flat)
        took = least(runs)
        return [
            Growth(services, resources, *(took[f"{name} {services}"] for name in ("preview", "plain", "unchanged")))
            for services, resources in sizes.items()
        ]


def fleet(number: int) -> Cost:
    """`bluegreen status --all` over so many stack files."""
    with TemporaryDirectory() as directory:
        names = stacks(ROOT)
        for place in range(number):
            name = names[place % len(names)]
            copy = name if place < len(names) else f"{name}-{place}"
            shutil.copy(ROOT / f"Pulumi.{name}.yaml", Path(directory) / f"Pulumi.{copy}.yaml")
        return min(
            (run(BLUEGREEN, "status", "--all", directory=Path(directory)) for _ in range(3)),
            key=lambda cost: cost.seconds,
        )


def shift_calls() -> Iterator[tuple[str, str, list[int], Cost]]:
    """Mutating calls of every shift in a story of each topology, and what playing it costs."""
    for stack in ("qa-nx", "prod-bj", "qa-bj"):
        cost = run(BLUEGREEN, "rehearse", stack, "--no-traffic", "--json", directory=ROOT)
        scenes = json.loads(cost.output)[stack]["scenes"]
        moved = [scene for scene in scenes if any("weights" in line or "active" in line for line in scene["changes"])]
        yield stack, scenes[0]["result"]["outputs"]["topology"], [len(scene["calls"]) for scene in moved], cost


def boundaries(workers: int, sample: int) -> tuple[int, Cost]:
    """Cases that `prove` plays with so many workers, and their cost."""
    with TemporaryDirectory() as directory:
        found = Path(directory) / "proof.json"
        options = ["--sample", str(sample), "--workers", str(workers), "--json", str(found)]
        cost = run(BLUEGREEN, "prove", "qa-bj", *options, "--report", str(found.with_suffix(".html")), directory=ROOT)
        return len(json.loads(found.read_text())["findings"]), cost


def report(idle: float) -> Iterator[str]:
    """Measure, and tell it as Markdown."""
    yield from ("# What it costs, and how that grows", "", " ".join((__doc__ or "").split("\n\n")[1].split()), "")
    yield from (
        "## Against an empty Pulumi program",
        "",
        f"`{STACK}`, unchanged, beside `import pulumi`, and beside as many resources in an empty component; seconds.",
        "",
        "| engine | operation | empty program | empty component | stack | ÷ program | ÷ component |",
        "|---|---|--:|--:|--:|--:|--:|",
    )
    for kind in ("embedded", "pulumi") if pulumi_on_path() else ("embedded",):
        yield from against_nothing(kind)
    if not pulumi_on_path():
        yield from ("", "The Pulumi CLI was not on PATH.")

    sizes = growth()
    yield from ("", "## From 1 service to 50", "", "Milliseconds for each resource, on the embedded engine.", "")
    yield from (
        "| services | resources | preview | as many in an empty component | ratio | up, unchanged |",
        "|--:|--:|--:|--:|--:|--:|",
    )
    for size in sizes:
        each = [1000 * seconds / size.resources for seconds in (size.preview, size.plain, size.unchanged)]
        yield (
            f"| {size.services} | {size.resources} | {each[0]:.1f} ms | {each[1]:.1f} ms | {each[0] / each[1]:.2f} "
            f"| {each[2]:.1f} ms |"
        )
    drawings = {"preview": "preview", "plain": "preview of an empty component", "unchanged": "up, unchanged"}
    more = sizes[-1].resources - sizes[0].resources
    slopes = {name: (getattr(sizes[-1], name) - getattr(sizes[0], name)) / more for name in drawings}
    yield from (
        "",
        f"Each resource more costs {1000 * slopes['preview']:.1f} ms, and {1000 * slopes['plain']:.1f} ms in the empty "
        f"component: {slopes['preview'] / slopes['plain']:.2f} times as much. "
        f"Unchanged: {1000 * slopes['unchanged']:.1f} ms.",
    )
    lines = [Line(title, [(size.resources, getattr(size, name)) for size in sizes]) for name, title in drawings.items()]
    yield from ("", _drawn("services", lines, "resources", "seconds"))

    costs = {number: fleet(number) for number in STACKS}
    yield from ("", "## From 6 stacks to 600", "", "`bluegreen status --all` over so many stack files.", "")
    yield from ("| stacks | seconds | milliseconds for each | memory |", "|--:|--:|--:|--:|")
    for number, cost in costs.items():
        yield f"| {number} | {cost.seconds:.2f} | {1000 * cost.seconds / number:.1f} | {cost.memory:.0f} MB |"
    yield from (
        "",
        _drawn("stacks", [Line("status", [(n, cost.seconds) for n, cost in costs.items()])], "stacks", "seconds"),
    )

    yield from ("", "## Mutating calls of a shift, and a whole story", "")
    yield from ("| stack | topology | calls of each shift | seconds | memory |", "|---|---|---|--:|--:|")
    for stack, topology, calls, cost in shift_calls():
        told = ", ".join(map(str, calls))
        yield f"| `{stack}` | {topology} | {told} | {cost.seconds:.1f} | {cost.memory:.0f} MB |"

    yield from (
        "",
        "## Boundaries explored",
        "",
        f"`bluegreen prove qa-bj --sample {SAMPLES[0]}`, and more, start included. Transitions are played with nothing",
        "wrong first, and every mutant is, so that more cases cost less each.",
        "",
        "| workers | cases | seconds | cases a second | memory |",
        "|--:|--:|--:|--:|--:|",
    )
    rates, memories = list[Line](), list[Line]()
    for workers in (1, 2):
        explored = [boundaries(workers, sample) for sample in SAMPLES]
        for cases, cost in explored:
            yield f"| {workers} | {cases} | {cost.seconds:.1f} | {cases / cost.seconds:.2f} | {cost.memory:.0f} MB |"
        title = plural(workers, "worker")
        rates.append(Line(title, [(cases, cases / cost.seconds) for cases, cost in explored]))
        memories.append(Line(title, [(cases, cost.memory) for cases, cost in explored]))
    yield from ("", _drawn("boundaries", rates, "cases", "cases a second"))
    yield from ("", _drawn("memory", memories, "cases", "MB"))
    packages = ", ".join(f"{name} {version(name)}" for name in ("pulumi", "pulumi-aws", "pulumi-eks", "moto"))
    yield from ("", f"{where()}, {packages}; load average {idle:.1f} before", "")


def _drawn(name: str, lines: Sequence[Line], across: str, up: str) -> str:
    (HERE / f"{name}.svg").write_text(picture(lines, across, up))
    return f"![{up} by {across}]({name}.svg)"


def main() -> None:
    """Measure, and write the result."""
    text = "\n".join(report(os.getloadavg()[0]))
    Path(__file__).with_suffix(".md").write_text(text)


if __name__ == "__main__":
    main()
