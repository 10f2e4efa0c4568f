"""What the gates ask for: as a team writes it, and with the defaults of its environment."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from components.schema import Model, Problem, matching, shown

__all__ = ["LEAST_BAKE", "GateSettings", "Gates", "Healthy", "Thresholds", "Verify"]

LEAST_BAKE = 180
"""Seconds: a load balancer's metrics arrive up to two minutes late, and an alarm asks for two of them."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def _seconds(given: object) -> object:
    if isinstance(given, bool):
        raise ValueError(f"{shown(given)} is not a time; write seconds, such as 600, or 10m")
    if not isinstance(given, str):
        return given
    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", given)
    if not found:
        raise ValueError(f"{shown(given)} is not a time; write seconds, such as 600, or 10m")
    return int(found[1]) * _UNITS[found[2]]


Seconds = Annotated[
    int,
    BeforeValidator(_seconds),
    Field(ge=0, le=21600),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]}),
]
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
Count = Annotated[int, Field(ge=0, le=1000)]  # targets of a target group
Percent = Annotated[int, Field(ge=0, le=100)]


class Healthy(Model):
    """How many targets of a target group must be healthy; both hold, and both at 0 ask for nothing."""

    per_zone: Count = 1
    """Least number in each zone that has targets. Default 1."""
    share: Percent = 50
    """Least per cent of the targets of each zone. Default 50."""


class Thresholds(Model):
    """Beyond what an alarm goes off, in two of three minutes."""

    errors: Annotated[float, Field(ge=0, lt=100)] = 1
    """Per cent of requests that are answered with 5xx, by pods or by the load balancer. Default 1."""
    latency: Annotated[float, Field(gt=0, le=3600)] = 1
    """Seconds within which 99 of 100 requests are answered. Default 1."""
    unhealthy: Count = 0
    """Unhealthy targets of a service. Default 0."""


Argument = Annotated[str, matching(r"[^\0]{1,4096}", "an argument of a command: text that is not empty")]


class Verify(Model):
    """A command that a colour must pass before its first traffic.

    `bluegreen shift` alone runs it: `pulumi up`, a preview and the review of a pull request never do, and a rehearsal
    only when it is told `--verify`.
    """

    command: Annotated[tuple[Argument, ...], Field(min_length=1)]
    """Program and arguments, run without a shell in the current directory. Its environment has BLUEGREEN_STACK,
    BLUEGREEN_COLOUR, BLUEGREEN_ADDRESS (the colour's own URL), BLUEGREEN_HEADER (`name: value` that the address needs
    on a shared ALB) and BLUEGREEN_SERVICE (of a shift of one service). Exit code 0 lets the shift go on."""
    timeout: Seconds = 600
    """Seconds, or `10m`, after which it is stopped, and has failed. Default 10m."""

    def problems(self) -> Iterator[Problem]:
        """What of the command contradicts itself."""
        if not self.timeout:
            yield "timeout", "0 s leaves no time to run; give more, or remove verify"


class GateSettings(Model):
    """What `pulumi up` asks before a shift, and how long it watches after it."""

    healthy: Healthy = Healthy()
    """Healthy targets that each colour with traffic must have, before a shift."""
    bake: Seconds | None = None
    """Seconds, or `10m`, for which alarms are watched after a shift; at least three minutes. Default 10m in prod, 5m
    elsewhere. 0 looks at no alarm, before a shift or after it."""
    first_step: Annotated[int, Field(ge=1, le=100)] | None = None
    """Most per cent that a colour without traffic gets in one update. Default 25 in prod, 100 elsewhere. To go back at
    once to a colour that has no traffic any more, set it to 100 in the same edit."""
    silence: Literal["fails", "passes"] = "fails"
    """What an alarm without data means at the end of the bake. Default `fails`; `passes` is for stacks that nobody
    sends requests to."""
    alarms: Thresholds = Thresholds()
    """Thresholds of the alarms of each colour. Changed in place."""
    verify: Verify | None = None
    """A command that `bluegreen shift` requires before a colour gets its first traffic, such as a TestWorkflow."""

    def problems(self) -> Iterator[Problem]:
        """What of the gates contradicts itself."""
        if self.bake and self.bake < LEAST_BAKE:
            yield "bake", f"{self.bake} s is over before metrics arrive; give at least {LEAST_BAKE}, or 0 to watch none"

    def resolve(self, region: str, *, prod: bool, profile: str | None = None) -> "Gates":
        """Fill in the environment's defaults."""
        return Gates(
            region=region,
            profile=profile,
            healthy=self.healthy,
            bake=(600 if prod else 300) if self.bake is None else self.bake,
            first_step=self.first_step or (25 if prod else 100),
            silence_fails=self.silence == "fails",
            thresholds=self.alarms,
        )


@dataclass(frozen=True, kw_only=True)
class Gates:
    """What the gates of one stack ask for, and of which AWS."""

    region: str
    profile: str | None
    """Profile of the AWS configuration; None is the environment's credentials, as pulumi-aws has it."""
    healthy: Healthy
    bake: int
    """Seconds."""
    first_step: int
    """Per cent."""
    silence_fails: bool
    thresholds: Thresholds
