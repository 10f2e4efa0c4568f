"""One stack's configuration, parsed once into a frozen model.

The keys of `Pulumi.<stack>.yaml` under `dkms:` are the fields of `StackConfig`, in camelCase. Pulumi hands every
value over as text and objects as JSON; `parse` takes exactly that. All that is wrong is said at once, each on
a line of its own: the key, what was given, the rule and the way out.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from components.errors import ConfigError
from components.model import AccessLogs, Cluster, Controller, Entry, ExistingNetwork, Model, NewNetwork, Service
from components.partition import partition
from components.rules import Choice, plan_rules, target_group_name
from components.traffic import Colour, Weights

__all__ = ["NAMESPACE", "StackConfig", "Topology", "parse"]

NAMESPACE = "dkms"
"""The project's name, which Pulumi puts before every key."""

# Pulumi adds "-" and 7 hexadecimal digits to the name of a target group or load balancer, of at most 32 characters.
MAX_LOGICAL_NAME = 24


class Topology(StrEnum):
    """Where traffic is split between the colours."""

    ROUTE53 = "route53"
    SHARED_NLB = "shared-nlb"
    SHARED_ALB = "shared-alb"


class StackConfig(Model):
    """All that a stack file says."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}-[a-z]+-\d$")]
    """From `aws:region`."""
    topology: Topology
    """Where traffic is split: `route53`, `shared-nlb` or `shared-alb`. Not to be changed under traffic."""
    active: Colour
    """The stable colour; without `weights` it has 100 per cent."""
    weights: Weights = Weights.all_to(Colour.BLUE)
    """Today's split in whole per cents that sum to 100. Default: all to `active`."""
    weighted_nlb: bool = False
    """Declares that NLBs of the stack's region take weighted target groups; `shared-nlb` needs it for a split."""
    clusters: dict[Colour, Cluster]
    """The service cluster of each colour: one is AS-IS, two are TO-BE."""
    tools: dict[Literal["argocd", "testkube"], Cluster] = {}
    """Clusters off the traffic path; a new version upgrades them in place."""
    services: dict[Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$")], Service] = {NAMESPACE: Service()}
    """The services behind the entry, in the order in which the ALB tries them."""
    entry: Entry
    network: NewNetwork | ExistingNetwork
    controller: Controller = Controller()
    access_logs: AccessLogs | None = None
    """Where load balancers write access logs. Default nowhere; prod must have one."""
    protect: bool = True
    """Protects what carries traffic from deletion, in AWS and in Pulumi."""
    tags: dict[str, str] = {}
    """Tags of every resource."""

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The colours that have a cluster."""
        return tuple(colour for colour in Colour if colour in self.clusters)

    @property
    def retiring(self) -> frozenset[Colour]:
        """The colours whose protection is lifted."""
        return frozenset(colour for colour, cluster in self.clusters.items() if cluster.retiring)

    @field_validator("weights", mode="before")
    @classmethod
    def _weights(cls, given: object) -> object:
        if isinstance(given, Weights):
            return given
        if not isinstance(given, dict):
            raise ValueError(f"{given!r} is no mapping; write, for example, {{blue: 90, green: 10}}")
        return Weights.parse({str(key): value for key, value in given.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - untyped input

    @model_validator(mode="before")
    @classmethod
    def _default_weights(cls, given: dict[str, object]) -> dict[str, object]:
        if "weights" not in given and given.get("active") in set(Colour):
            return {**given, "weights": Weights.all_to(Colour(str(given["active"])))}
        return given

    @model_validator(mode="after")
    def _traffic(self) -> Self:
        if not self.weights[self.active]:
            raise ValueError(
                f"active: {self.active} has weight 0 ({self.weights}); "
                f"give it weight, or set active to {self.active.other}"
            )
        for colour in self.weights.live:
            if colour not in self.clusters:
                raise ValueError(
                    f"weights: {colour} has {self.weights[colour]} and no cluster; add clusters.{colour}, or give it 0"
                )
            if colour in self.retiring:
                raise ValueError(
                    f"clusters.{colour}.retiring: it has weight {self.weights[colour]}; take its traffic first"
                )
        split = len(self.weights.live) > 1
        if split and self.topology is Topology.SHARED_NLB and not self.weighted_nlb:
            raise ValueError(
                f"weights: {self.weights} on shared-nlb needs weighted target groups on NLBs; where the region has "
                "them set weightedNlb to true, else switch 100/0"
            )
        if self.entry.record == "simple" and self.topology is Topology.ROUTE53 and len(self.clusters) > 1:
            raise ValueError("entry.record: a simple record holds one colour; remove the key before adding the other")
        return self

    @model_validator(mode="after")
    def _region(self) -> Self:
        home = partition(self.region)
        arn = self.entry.certificate_arn
        if arn is not None:
            parts = re.fullmatch(r"arn:(aws[a-z-]*):acm:([a-z0-9-]+):\d{12}:certificate/[0-9A-Za-z-]+", arn)
            if parts is None:
                raise ValueError(f"entry.certificateArn: {arn} is not the ARN of an ACM certificate")
            if (parts[1], parts[2]) != (home, self.region):
                raise ValueError(
                    f"entry.certificateArn: {parts[1]}/{parts[2]} is not the stack's {home}/{self.region}; "
                    "an ALB takes a certificate of its own region only"
                )
        for zone in self.network.zones:
            if zone[:-1] != self.region:
                raise ValueError(f"network: zone {zone} is not in {self.region}; name zones of the stack's region")
        if self.entry.scheme == "internet-facing" and isinstance(self.network, ExistingNetwork):
            for zone, pair in self.network.subnets.items():
                if pair.public is None:
                    raise ValueError(f"network.subnets.{zone}: an internet-facing entry needs a public subnet here")
        return self

    @model_validator(mode="after")
    def _limits(self) -> Self:
        for service in self.services:
            own = self.topology is not Topology.SHARED_ALB
            alb = f"{NAMESPACE}-{Colour.GREEN}" if own else NAMESPACE
            name = target_group_name(alb, service, Colour.GREEN, own=own)
            if len(name) > MAX_LOGICAL_NAME:
                most = MAX_LOGICAL_NAME - len(name) + len(service)
                raise ValueError(
                    f"services.{service}: its name has {len(service)} characters; at most {most} fit into the "
                    "32 of a target group's name"
                )
        colours, choice = (self.colours[:1], Choice.HOST)
        if self.topology is Topology.SHARED_ALB:
            colours, choice = tuple(Colour), Choice.HEADER
        elif self.topology is Topology.SHARED_NLB:
            choice = None
        if self.services and self.colours:
            try:
                plan_rules(self.entry, self.services, colours, choice=choice)
            except ValueError as error:
                raise ValueError(f"services: {error}") from None
        return self

    @field_validator("services", "clusters")
    @classmethod
    def _at_least_one(cls, given: dict[str, object]) -> dict[str, object]:
        if not given:
            raise ValueError("is empty; name at least one")
        return given


def parse(raw: Mapping[str, str], source: str = "configuration") -> StackConfig:
    """The stack's configuration from Pulumi's flat map, such as `{"dkms:active": "blue"}`.

    `source` is the file to name in errors. Raises ConfigError with a line for each thing that is wrong.
    """
    prefix = f"{NAMESPACE}:"
    given: dict[str, object] = {
        key.removeprefix(prefix): _decode(value) for key, value in raw.items() if key.startswith(prefix)
    }
    if "region" in given:
        raise ConfigError(f"{source}: dkms:region is not a key; the region is aws:region")
    if "aws:region" in raw:
        given["region"] = raw["aws:region"]
    try:
        return StackConfig.model_validate(given)
    except ValidationError as error:
        lines = [_sentence(source, details) for details in error.errors(include_url=False)]
        raise ConfigError("\n".join(dict.fromkeys(lines))) from None


def _decode(text: str) -> object:
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _sentence(source: str, details: Mapping[str, object]) -> str:
    location = [str(part) for part in details["loc"] if part not in ("NewNetwork", "ExistingNetwork")]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType, reportUnknownArgumentType] - pydantic types loc as a bare tuple
    text = str(details["msg"]).removeprefix("Value error, ")
    kind, given = details["type"], details.get("input")
    if not location:
        # A rule over several keys names its key itself.
        key, _, text = text.partition(": ")
        location = key.split(".")
    if kind == "missing":
        text = "is missing"
    elif kind == "extra_forbidden":
        text = "is not a key that is known here; look for a typing error"
    elif kind == "string_type" and isinstance(given, int | float):
        text = f"{given} is a number; put it in quotes"
    elif kind != "value_error":
        text = f"{given!r}: {text[:1].lower()}{text[1:]}"
    top = "aws:region" if location[0] == "region" else f"{NAMESPACE}:{location[0]}"
    inner = ".".join(location[1:])
    return f"{source}: {top}: {inner + ': ' if inner else ''}{text}"
