"""The stack's own command at a colour's own address, before the colour gets its first traffic."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Timer

from components.errors import BlueGreenError
from components.gates.model import Verify
from components.traffic import Colour
from policies.stack import mapping
from rollout.printable import printable
from rollout.state import State

__all__ = ["VerifyError", "surroundings", "verify"]

_STACK = "pulumi:pulumi:Stack"
_GRACE = 5
"""Seconds that a command has to end by itself when it is told to."""


class VerifyError(BlueGreenError):
    """The command has not let the colour pass."""


def surroundings(stack: str, colour: Colour, state: State, service: str | None = None) -> dict[str, str]:
    """What the command is told. Raises VerifyError where the last update left no address of the colour."""
    addresses = (mapping(each.outputs.get("addresses")) for each in state.resources if each.type == _STACK)
    address = mapping(next(addresses, dict[str, object]()).get(colour.value))
    if not address:
        raise VerifyError(f"{stack}: {colour} has no address of its own; `pulumi up` first")
    headers = mapping(address.get("headers"))
    return {
        "BLUEGREEN_STACK": stack,
        "BLUEGREEN_COLOUR": colour.value,
        "BLUEGREEN_ADDRESS": str(address["url"]),
        "BLUEGREEN_HEADER": "".join(f"{name}: {value}" for name, value in headers.items()),
        "BLUEGREEN_SERVICE": service or "",
    }


def verify(asked: Verify, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Run the command; `say` hears its output line by line. Raises VerifyError unless it ends with 0 in time."""
    command = shlex.join(asked.command)
    try:
        process = subprocess.Popen(  # noqa: S603 - the stack's own command, from its reviewed file
            asked.command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that it ends with all that it has started
        )
    except OSError as error:
        raise VerifyError(
            f"gates.verify: {command} cannot be run: {error.strerror}; nothing has changed. Install it, make it "
            "executable, or go on without it by --no-verify"
        ) from None
    late = Event()

    def stop() -> None:
        late.set()
        _end(process)

    timer = Timer(asked.timeout, stop)
    timer.start()
    with process:
        try:
            for line in process.stdout or ():
                say(f"    | {printable(line.rstrip())}")
            code = process.wait()
        finally:
            timer.cancel()
            if process.returncode is None:  # Ctrl-C
                _end(process)
    if late.is_set():
        raise VerifyError(f"gates.verify: {command} was stopped after {asked.timeout} s, its timeout")
    if code < 0:
        raise VerifyError(f"gates.verify: {command} was killed by {signal.Signals(-code).name}")
    if code:
        raise VerifyError(f"gates.verify: {command} ended with {code}; mend what it found, and shift again")


def _end(process: subprocess.Popen[str]) -> None:
    """End a command and whatever it has started: first politely."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
