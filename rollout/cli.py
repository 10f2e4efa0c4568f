"""`bluegreen`: what a change does to traffic, how the fleet stands, and rehearsals of both with no account."""

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.errors import BlueGreenError, ConfigError
from components.traffic import DEFAULT_STEPS, Colour
from infra.config import Topology
from rehearsal.cli import WithTraffic, traffic_of
from rehearsal.cli import app as rehearsal_app
from rehearsal.prove.cli import app as prove_app
from rehearsal.stack_file import stack_name
from rehearsal.stack_file import stacks as known_stacks
from rehearsal.traffic.recording import Traffic
from rollout.engines import EngineChoice
from rollout.printable import printable
from rollout.shift.course import OnFailure

__all__ = ["app", "main"]

WARNED, WRONG_INPUT, BLOCKED = 1, 2, 3
INTERRUPTED, NOBODY_READS = 130, 141
"""As a shell tells of a process that ended by Ctrl-C, or by writing into a pipe that nobody reads."""
WIDE = 160
"""Columns of a file or a CI log, which wrap by themselves."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


class Format(StrEnum):
    """How to write an impact."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


@app.callback()
def bluegreen() -> None:
    """Upgrade the EKS clusters behind an entry without losing a request."""


@app.command()
def impact(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack that is to change.")],
    *,
    preview: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What `pulumi preview --json` wrote. Default: standard input, unless --from is given.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="REF",
            help="Rehearse the stack file's change since this git revision; without --preview, preview it there too.",
        ),
    ] = None,
    rehearsal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Quote what `bluegreen rehearse STACK --from REF --json` wrote."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Markdown is for a pull request.")] = Format.TERMINAL,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 where there are warnings.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the diff in the terminal, too.")] = False,
) -> None:
    """Say what a change does to traffic: who gets how much, when, what could go wrong, and the way back.

    It reads a preview by Pulumi; with AWS credentials it asks for the health of whoever is to receive traffic. Without
    an account, --from plays the change on an embedded AWS instead.

    Exit codes: 0 safe to apply, also with warnings · 1 warnings, under --strict · 2 wrong input · 3 blocked.

    \b
      pulumi preview --json | bluegreen impact prod-bj
      bluegreen impact prod-bj --preview preview.json --from main --format markdown
      bluegreen impact prod-bj --from main       with no account
    """  # noqa: D301  click's mark for lines that it must not wrap
    if since and rehearsal:
        raise BlueGreenError("--rehearsal quotes a rehearsal and --from plays one; give one of them")
    from rollout.impact.review import review

    found = review(stack_name(stack), preview=preview, since=since, rehearsal=rehearsal)
    if form is Format.JSON:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    elif form is Format.MARKDOWN:
        from rollout.impact.markdown import markdown

        sys.stdout.write(markdown(found))
    else:
        from rollout.impact.terminal import ImpactView

        _console().print(ImpactView(found, verbose=verbose))
    sys.exit({"safe": 0, "warnings": WARNED if strict else 0, "blocked": BLOCKED}[found.verdict])


@app.command()
def status(
    stacks: Annotated[
        list[str] | None, typer.Argument(metavar="STACK", help="Default: all of them.", show_default=False)
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="All stacks that have a file here, which is the default.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the stacks too, by the Pulumi CLI, and say where they differ.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON instead.")] = False,
) -> None:
    """Say how the fleet stands: topology, traffic, versions, and until when AWS supports them.

    What is out of support, or will be within 90 days, stands out. A stack whose file is wrong is a row that says so.

    Exit codes: 0 · 2 wrong input, or a stack file that is wrong.
    """
    if stacks and every:
        raise BlueGreenError("--all is every stack; name some, or give the option")
    from rollout.status import as_json as document
    from rollout.status import fleet, table

    names = stacks or known_stacks()
    if not names:
        raise ConfigError("there is no Pulumi.<stack>.yaml here; run bluegreen in the repository's root")
    members = fleet(names, datetime.now(UTC).date(), live=live)
    if as_json:
        sys.stdout.write(document(members))
    else:
        _console().print(table(members))
    sys.exit(WRONG_INPUT if any(each.error for each in members) else 0)


Engine = Annotated[
    EngineChoice, typer.Option(help="pulumi changes the stack; rehearsal plays it on an embedded AWS, with no account.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _sent(engine: EngineChoice, *, wanted: bool | None) -> Traffic | None:
    """What clients send in a rehearsal."""
    if wanted is not None and engine is EngineChoice.PULUMI:
        raise BlueGreenError("--traffic and --no-traffic are for a rehearsal; add --engine rehearsal")
    return traffic_of(Traffic(), wanted=wanted)


@app.command()
def shift(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack whose traffic is to move.")],
    to: Annotated[Colour, typer.Option(help="The colour that is to have all of it.")],
    *,
    service: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Move this service alone, where the topology can. Default: all that follow the stack's weights.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        str, typer.Option(metavar="PER CENTS", help="What the colour gets, step by step; rising to 100.")
    ] = ",".join(map(str, DEFAULT_STEPS)),
    bake: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long each step is watched, such as 10m; for this shift only. Default: as the stack file says.",
            show_default=False,
        ),
    ] = None,
    verify: Annotated[
        bool | None,
        typer.Option(
            "--verify/--no-verify",
            help="Run gates.verify before the colour's first traffic. Default: yes, but in a rehearsal no.",
            show_default=False,
        ),
    ] = None,
    on_failure: Annotated[
        OnFailure, typer.Option(help="Stay there, go back at once, or go back by the steps that it came.")
    ] = OnFailure.BACK,
    engine: Engine = EngineChoice.PULUMI,
    traffic: WithTraffic = None,
    yes: Yes = False,
) -> None:
    """Move traffic to a colour, step by step: each is an edit of the stack file and a `pulumi up` with its gates.

    It begins where the stack stands, so the same command goes on after a failure, a Ctrl-C or a kill, and one with the
    other colour goes back. The stack file always says what the stack has: commit it afterwards. A step is refused where
    anything but weights would change. A rehearsal edits a copy, and adds a colour that has no cluster yet.

    Exit codes: 0 done · 1 an update failed, and traffic stayed or went back, as is told · 2 wrong input or refused,
    nothing changed · 3 a rehearsal lost requests · 130 Ctrl-C, frozen.

    \b
      bluegreen shift prod-bj --to green
      bluegreen shift prod-bj --to green --steps 10,50,100 --bake 20m --on-failure freeze
      bluegreen shift qa-bj --to green --service keys
      bluegreen shift prod-bj --to green --engine rehearsal       with no account
    """  # noqa: D301  click's mark for lines that it must not wrap
    from rollout.shift.command import shift as carry_out
    from rollout.shift.start import Request

    wanted = engine is EngineChoice.PULUMI if verify is None else verify
    request = Request(stack_name(stack), to, _per_cents(steps), bake, on_failure, service=service, verify=wanted)
    sys.exit(carry_out(request, engine, _console(), _sent(engine, wanted=traffic), yes=yes))


@app.command()
def retire(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack that is to lose a colour.")],
    colour: Annotated[Colour, typer.Argument(metavar="COLOUR", help="The colour that nobody uses any more.")],
    *,
    engine: Engine = EngineChoice.PULUMI,
    traffic: WithTraffic = None,
    yes: Yes = False,
) -> None:
    """Take a colour away, cluster and all: first its protection, then the colour, each in an update of its own.

    Refused while it has weight, by the stack file, by the state or by AWS; and until an hour after its last request
    and its last flow, by CloudWatch. What CloudWatch does not know counts as traffic. The same command goes on where it
    was stopped. A rehearsal edits a copy of the stack file, and adds a colour that has no cluster yet.

    Exit codes: 0 done · 1 an update failed; traffic is where it was · 2 wrong input or refused, nothing changed · 3 a
    rehearsal lost requests.

    \b
      bluegreen retire prod-bj blue
      bluegreen retire prod-bj green --engine rehearsal      with no account
    """  # noqa: D301  click's mark for lines that it must not wrap
    from rollout.retire import retire as carry_out

    sys.exit(carry_out(stack_name(stack), colour, engine, _console(), _sent(engine, wanted=traffic), yes=yes))


@app.command()
def adopt(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack that is to take over what runs.")],
    *,
    host: Annotated[
        str | None, typer.Option(help="The name that clients use. Default: as the stack file says.", show_default=False)
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Where it runs. Default: as the stack file says.", show_default=False)
    ] = None,
    topology: Annotated[
        Topology | None, typer.Option(help="Default: as the stack file says, else shared-nlb.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port that clients use, where the NLB has several.", show_default=False)
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="The cluster behind the ALB, where no tag names it.", show_default=False)
    ] = None,
    clients: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Network of clients, for a new stack file; repeatable.")
    ] = None,
    operators: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Network of operators, for a new stack file; repeatable.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the stack file instead of writing it.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Instead, preview the stack and say whether it only imports.")
    ] = False,
) -> None:
    """Take over what runs today: find record, NLB, ALB and cluster of an entry, and write the stack file.

    It only reads AWS. The first `pulumi up` of that stack file then imports what both colours are to share and changes
    nothing; a load balancer that others own, such as an Ingress's ALB, stays theirs. Nothing adopted is ever deleted
    with the stack.

    Exit codes: 0 · 2 it cannot be adopted, nothing written · 3 with --check, the preview does more than to import.

    \b
      bluegreen adopt prod-bj --host dkms.example.cn --region cn-north-1 --clients 10.0.0.0/8 --operators 10.9.0.0/16
      bluegreen adopt prod-bj --check       before the first pulumi up
    """  # noqa: D301  click's mark for lines that it must not wrap
    from rollout.adopt import command

    stack = stack_name(stack)
    if check:
        from rollout.automation import PulumiStack

        sys.exit(command.check(PulumiStack(stack), stack, Path(), _console()))
    asked = command.Asked(
        stack=stack,
        host=host,
        region=region,
        topology=topology,
        port=port,
        cluster=cluster,
        clients=clients or (),
        operators=operators or (),
    )
    command.adopt(asked, _console(), write=not show)


@app.command()
def probe(
    *,
    region: Annotated[str, typer.Option(help="The region to ask.")],
    sandbox: Annotated[
        str | None,
        typer.Option(metavar="VPC", help="Try things out in this VPC, too, on load balancers made for it."),
    ] = None,
    subnets: Annotated[
        str | None,
        typer.Option(metavar="SUBNETS", help="Two of that VPC, in different zones: subnet-…,subnet-…"),
    ] = None,
    yes: Yes = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON instead.")] = False,
) -> None:
    """Ask a real account whether AWS is as it is known here, rule by rule of docs/aws.md.

    It only reads, unless --sandbox names a VPC: then it makes load balancers, target groups and a hosted zone there,
    after saying so, and deletes them whatever happens. Stack files here say what a region needs.

    Exit codes: 0 nothing differs; what could not be asked is told · 1 something differs, or was left behind · 2 wrong
    input, or no credentials · 130 Ctrl-C, cleaned up.

    \b
      bluegreen probe --region cn-north-1
      bluegreen probe --region cn-north-1 --sandbox vpc-0a1b2c3d --subnets subnet-0a1b2c3d,subnet-0e4f5a6b
    """  # noqa: D301  click's mark for lines that it must not wrap
    from rollout.probe import command

    asked = command.Asked(region, sandbox, subnets.split(",") if subnets else (), yes=yes)
    # Its words about the sandbox are no part of the JSON.
    found, clean = command.probe(asked, command.account_of(region), _console(stderr=as_json))
    if as_json:
        sys.stdout.write(command.as_json(found))
    else:
        _console().print(command.table(found))
    sys.exit(0 if clean and not command.differs(found) else WARNED)


def _per_cents(given: str) -> list[int]:
    try:
        return [int(each) for each in given.split(",")]
    except ValueError:
        raise BlueGreenError(f"--steps: {given} are not whole per cents; write, for example, 1,5,25,50,100") from None


app.registered_commands += rehearsal_app.registered_commands + prove_app.registered_commands


def main() -> None:
    """Run the command line; what the user can mend is one clear message and exit code 2."""
    # A stream that the shell has closed is None, and one whose reader has gone fails when it is flushed.
    sys.stdin, sys.stdout, sys.stderr = (
        stream or Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
        for stream, mode in ((sys.stdin, "r"), (sys.stdout, "w"), (sys.stderr, "w"))
    )
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BlueGreenError as error:
        told = str(printable(str(error)))
        Console(stderr=True, soft_wrap=True, highlight=False).print(told, style="red", markup=False)
        sys.exit(WRONG_INPUT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(NOBODY_READS)


def _console(*, stderr: bool = False) -> Console:
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal:
        console.width = WIDE
    return console
