"""An embedded AWS that stays up, for the real Pulumi CLI in another terminal."""

import shlex
import signal
import tempfile
import threading
from pathlib import Path
from types import FrameType

from rich.console import Console

from rehearsal.aws import EmbeddedAws
from rehearsal.furnish import furnish
from rehearsal.providers import Providers
from rehearsal.script import load, load_by_hand

__all__ = ["keep_up"]

SPEED = 60
"""Model seconds a second: a load balancer takes two of ours to become active."""


def keep_up(stack: str, console: Console, *, as_is: bool = False) -> None:
    """Serve until Ctrl-C or SIGTERM; raises ConfigError before anything is started.

    `as_is` is with a chain of load balancers that somebody has made by hand, in front of a cluster.
    """
    file, config = load_by_hand(stack) if as_is else load(stack)
    adopts = (f"bluegreen adopt {file.stack} --host {config.entry.host}", f"bluegreen adopt {file.stack} --check")
    find, check = ([f"  .venv/bin/{command}"] for command in adopts) if as_is else ([], [])
    with (
        EmbeddedAws.start(config.region, speed=SPEED) as aws,
        Providers(aws) as providers,
        tempfile.TemporaryDirectory(prefix="bluegreen-") as backend,
    ):
        furnish(aws, config)
        environment = {
            **aws.environment(),
            **providers.environment(),
            "PULUMI_BACKEND_URL": Path(backend).as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
        }
        for name, value in environment.items():
            console.out(f"export {name}={shlex.quote(value)}", highlight=False)
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"\nAn embedded {config.region} is up. In another terminal, here, paste these lines, and then:\n",
            *(f"{line}\n" for line in (*find, f"  pulumi stack init {file.stack}", *check)),
            "  pulumi preview --policy-pack policies\n"
            "  pulumi up --policy-pack policies\n"
            f"Pulumi writes into {file.name}; `git restore` puts it back. Do without `pulumi stack rm`: it\n"
            "deletes that file. Ctrl-C ends it all.",
            markup=False,
            sep="",
        )
        _wait_for_the_end()


def _wait_for_the_end() -> None:
    asked = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    asked.wait()
