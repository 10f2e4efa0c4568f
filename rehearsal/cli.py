"""Commands of `bluegreen` that need no account: rehearse an upgrade, or keep an embedded AWS up."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.errors import BlueGreenError
from rehearsal.faults import Fault
from rehearsal.script import EngineName, Script, change_of, default_stacks, load, story_of
from rehearsal.traffic.access import available
from rehearsal.traffic.recording import Traffic

__all__ = ["WithTraffic", "app", "traffic_of"]

FAILED, LOST = 1, 3
REPORT = Path("reports/rehearsal.html")

app = typer.Typer()


Engine = Annotated[EngineName, typer.Option(help="pulumi is the real CLI, where it is on PATH.")]
WithTraffic = Annotated[
    bool | None,
    typer.Option(
        "--traffic/--no-traffic",
        help="Send real requests through a real proxy. Default: where Envoy is installed.",
        show_default=False,
    ),
]


def traffic_of(sent: Traffic, *, wanted: bool | None) -> Traffic | None:
    """What is sent in a rehearsal, if anything is. Raises BlueGreenError where that is wanted and cannot be."""
    missing = available()
    if wanted and missing:
        raise BlueGreenError(f"--traffic: {missing}")
    return None if missing or wanted is False else sent


@app.command()
def rehearse(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(metavar="STACK", help="Default: one stack of each topology.", show_default=False),
    ] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="REF", help="Play one change: the file at this git revision, then as it is now."
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VERSION",
            help="Kubernetes version of the upgrade; once more for the next one. Default: the newest in the fleet, "
            "else one minor up.",
            show_default=False,
        ),
    ] = None,
    engine: Engine = EngineName.EMBEDDED,
    traffic: WithTraffic = None,
    rate: Annotated[int, typer.Option(min=1, max=5000, help="Requests per second of all clients together.")] = 500,
    speed: Annotated[int, typer.Option(min=1, max=1000, help="Model seconds per second, under traffic.")] = 200,
    fault: Annotated[
        Fault | None,
        typer.Option(help="Let the upgrade go wrong: " + "; ".join(f"{each}: {each.told}" for each in Fault) + "."),
    ] = None,
    report: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Where the HTML report goes, under traffic.", dir_okay=False, writable=True),
    ] = REPORT,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List each step's changes and calls.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write every step and call as JSON instead.")] = False,
) -> None:
    """Play an upgrade and back on an embedded AWS, by the real program and the real AWS calls, under live traffic.

    The story: AS-IS, add the other colour, canary, all of it, back, again, retire, and the next upgrade. After
    every AWS call an oracle says which share of traffic each colour gets, and which share is lost.

    Exit codes: 0 nothing lost · 1 an update failed · 2 wrong input, nothing was played · 3 traffic was lost, by the
    oracle's word or by the clients'.

    \b
      bluegreen rehearse prod-bj                 the whole story
      bluegreen rehearse prod-bj --from main     what a pull request does
      bluegreen rehearse prod-bj --to 1.34 -v    another version, every call
      bluegreen rehearse prod-bj --fault crash   an upgrade that goes wrong
      bluegreen rehearse prod-bj --no-traffic    the oracle's word only, in half the time
    """  # noqa: D301  click's mark for lines that it must not wrap
    if since and to:
        raise BlueGreenError("--from plays the change as it is written; --to is for the story")
    if since and fault:
        raise BlueGreenError("--fault happens at moments of the story; --from plays one change")
    sent = traffic_of(Traffic(rate=rate, speed=speed), wanted=traffic)
    names = stacks or default_stacks()
    # All of them are read before any is played: wrong input plays nothing.
    scripts = [change_of(name, since) if since else story_of(name, to or []) for name in names]
    sys.exit(_play(scripts, engine, sent, fault, report, verbose=verbose, as_json=as_json))


def _play(
    scripts: list[Script],
    engine: EngineName,
    traffic: Traffic | None,
    fault: Fault | None,
    report: Path,
    *,
    verbose: bool,
    as_json: bool,
) -> int:
    # moto, gRPC and Pulumi take a second to import, which --help and wrong input need not wait for.
    from rehearsal.play import STORIES
    from rehearsal.report import write_report
    from rehearsal.run import perform
    from rehearsal.screen import Screen

    console = Console(stderr=as_json, quiet=as_json)
    if not console.is_terminal:
        console.width = 160  # a file or a CI log wraps by itself
    with Screen(console, verbose=verbose) as screen:
        outcomes = {script.stack: perform(script, engine, screen, traffic, fault) for script in scripts}
        recordings = [outcome.recording for outcome in outcomes.values() if outcome.recording]
        if recordings:
            write_report(recordings, report)
            screen.results(recordings, report)
        elif not any(outcome.lost or outcome.error for outcome in outcomes.values()):
            screen.limits(available())
    if as_json:
        written = STORIES.dump_json({stack: outcome.story for stack, outcome in outcomes.items()}, indent=2)
        sys.stdout.write(written.decode() + "\n")
    if any(outcome.lost or outcome.failed for outcome in outcomes.values()):
        return LOST
    return FAILED if any(outcome.error for outcome in outcomes.values()) else 0


@app.command()
def sandbox(
    stack: Annotated[str, typer.Argument(help="The stack whose region and network the sandbox has.")],
    *,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="With what the stack has today made by hand, for `adopt` to find.")
    ] = False,
) -> None:
    """Keep an embedded AWS up, and print the environment with which the real `pulumi` runs against it.

    In another terminal, with the printed lines: `pulumi stack init`, `pulumi preview`, `pulumi up`. No account is
    touched; all is gone with Ctrl-C.
    """
    load(stack)  # wrong input starts nothing, at once
    from rehearsal.sandbox import keep_up

    keep_up(stack, Console(), as_is=as_is)
