"""A stack with both colours up on an embedded AWS, clients that send, and the commands that work on it."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pulumi.provider.experimental.provider import Provider
from rich.console import Console

from components.traffic import Colour, Weights
from rehearsal.aws import EmbeddedAws
from rehearsal.furnish import furnish
from rehearsal.play import Staging
from rehearsal.providers import Providers
from rehearsal.traffic.recording import Traffic
from rollout import retire
from rollout.editing import drop, put
from rollout.embedded import EmbeddedStack
from rollout.impact.resources import TARGET_GROUP
from rollout.rehearsed import sending
from rollout.shift.command import carry_out
from rollout.shift.course import OnFailure
from rollout.shift.start import Request
from rollout.stack_text import StackText
from rollout.state import Position, entirely

ROOT = Path(__file__).parents[2]
BAKE = 180
"""Seconds; the least that gates take."""
BAKING = 0.5
"""Real seconds after a switch that are in the middle of its bake, under traffic."""


@dataclass
class Stage:
    name: str
    root: Path
    aws: EmbeddedAws
    providers: Mapping[str, Provider]
    staging: Staging

    @property
    def stack(self) -> EmbeddedStack:
        return EmbeddedStack(self.name, self.aws, self.providers, self.root / "state.json")

    @property
    def path(self) -> Path:
        return self.root / f"Pulumi.{self.name}.yaml"

    @property
    def file(self) -> StackText:
        return StackText(self.name, self.root)

    def settle(self) -> None:
        """Time in which pods become healthy and alarms are judged anew."""
        self.staging.wait(600)

    def up(self) -> None:
        told = self.stack.up(self.path, lambda _urn: None)
        assert told == "", told

    def to(self, weights: Weights) -> None:
        self.path.write_text(self.file.with_weights(weights), encoding="utf-8")
        self.up()

    def by_hand(self, colour: Colour) -> None:
        """Somebody gives a colour all the traffic, in the console of AWS."""
        state = self.stack.state()
        (listener,) = state.switches
        groups = (group for group in state.of_kind(TARGET_GROUP, colour) if group.inputs["targetType"] == "alb")
        forward = {"TargetGroups": [{"TargetGroupArn": group.outputs["arn"], "Weight": 100} for group in groups]}
        action = {"Type": "forward", "ForwardConfig": forward}
        self.aws.client("elbv2").modify_listener(ListenerArn=listener.id, DefaultActions=[action])

    def shift(
        self,
        to: Colour,
        *steps: int,
        way: OnFailure = OnFailure.BACK,
        stack: EmbeddedStack | None = None,
        service: str | None = None,
        bake: int = BAKE,
    ) -> tuple[int, str]:
        console = Console(file=io.StringIO(), width=200)
        request = replace(self.request(to, *steps, way=way), service=service, bake=str(bake))
        code = carry_out(request, stack or self.stack, console, yes=True, look_every=0.2)
        assert isinstance(console.file, io.StringIO)
        return code, console.file.getvalue()

    def request(self, to: Colour, *steps: int, way: OnFailure = OnFailure.BACK) -> Request:
        return Request(self.name, to, steps or (100,), str(BAKE), way, self.root)

    def retire(self, colour: Colour, stack: EmbeddedStack | None = None) -> tuple[int, str]:
        console = Console(file=io.StringIO(), width=200)
        code = retire.carry_out(self.name, colour, stack or self.stack, console, yes=True, root=self.root)
        assert isinstance(console.file, io.StringIO)
        return code, console.file.getvalue()

    def killed(self, moment: str, *steps: int) -> str:
        """Run a shift to green in a process of its own that dies at a moment, as by `kill -9`; return what it said."""
        given = [self.name, str(self.root), str(self.aws.port), moment, ",".join(map(str, steps))]
        child = subprocess.run(
            [sys.executable, "-m", "tests.rollout.stage", *given],
            cwd=ROOT,
            env={**os.environ, **self.aws.environment()},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert child.returncode == -signal.SIGKILL, child.stderr
        return child.stdout

    def weights(self) -> tuple[Weights | None, Weights, Mapping[str, float]]:
        """By the state, by the stack file, and as clients meet them."""
        state = self.stack.state()
        return entirely(state.positions()), self.file.config.weights, self.aws.verdict().probes[0].shares

    def calls(self, since: int) -> list[str]:
        return [call.operation for call in self.aws.calls(since)]

    def lost(self) -> float:
        return max(call.verdict.lost for call in self.aws.calls() if call.verdict.watching)

    def positions(self) -> list[Position]:
        return list(self.stack.state().positions())

    def pods(self, colour: Colour) -> list[str]:
        return sorted(address for address, pod in self.aws.snapshot().pods.items() if pod.colour == colour)


def stack_file(name: str) -> str:
    """A stack file of the repository with green in it, and with gates that take no long."""
    text = (ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")
    text = put(text, ("config", "dkms:clusters", "green"), {"version": "1.34"})
    text = drop(drop(text, ("config", "dkms:entry", "record")), ("config", "dkms:gates"))
    return put(text, ("config", "dkms:gates"), {"bake": BAKE, "firstStep": 100})


@contextmanager
def staged(name: str, root: Path, traffic: Traffic | None = None, text: str = "") -> Iterator[Stage]:
    """A stack as its file in the repository, or `text`, has it."""
    (root / f"Pulumi.{name}.yaml").write_text(text or stack_file(name), encoding="utf-8")
    config = StackText(name, root).config
    before = dict(os.environ)
    with EmbeddedAws.start(config.region, speed=traffic.speed if traffic else 0) as aws, Providers(aws) as providers:
        os.environ.update(aws.environment())
        try:
            furnish(aws, config)
            stage = Stage(name, root, aws, providers.packages, Staging(aws))
            stage.up()
            with sending(aws, config, traffic) as stage.staging:
                stage.settle()
                yield stage
        finally:
            os.environ.clear()
            os.environ.update(before)


class _Mortal(EmbeddedStack):
    """Dies at a moment of the nth update: `2:before`, `2:switched` (the first switch has changed, in AWS and in the
    state), `2:baking`, `2:after`."""

    number, when = 0, ""

    def up(self, config, told):
        self.number -= 1
        if self.number == 0 and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)

        switches = {switch.urn for switch in self.state().switches}

        def die(urn: str) -> None:
            told(urn)
            if self.number == 0 and urn in switches:
                if self.when == "switched":
                    os.kill(os.getpid(), signal.SIGKILL)
                if self.when == "baking":
                    threading.Timer(BAKING, os.kill, (os.getpid(), signal.SIGKILL)).start()

        error = super().up(config, die)
        if self.number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return error


def _child() -> None:
    name, root, port, moment, steps = sys.argv[1:]
    region = StackText(name, Path(root)).config.region
    aws = EmbeddedAws.attach(int(port), region)
    stack = _Mortal(name, aws, Providers(aws).packages, Path(root) / "state.json")
    number, _, stack.when = moment.partition(":")
    stack.number = int(number)
    request = Request(name, Colour.GREEN, [int(step) for step in steps.split(",")], str(BAKE), root=Path(root))
    carry_out(request, stack, Console(width=200), yes=True, look_every=0.2)


if __name__ == "__main__":
    _child()
