"""One stack's configuration, parsed once into a frozen model.

The keys of `Pulumi.<stack>.yaml` under `dkms:` are the fields of `StackConfig`, in camelCase. Pulumi hands every
value over as text and objects as JSON; `parse` takes exactly that. All that is wrong is said at once, each on
a line of its own: the key, what was given, the rule and the way out.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field, ValidationError, model_validator

from components.adoption import Adopted, Chain, contradictions
from components.argocd_model import ArgoCD
from components.errors import ConfigError
from components.gates.model import GateSettings
from components.model import AccessLogs, Cluster, Controller, Entry, Service, Split, own_weights
from components.network_model import AnyNetwork, ExistingNetwork
from components.partition import is_china
from components.schema import Model, Problem, RegionName, matching, shown
from components.traffic import Colour, Weights
from infra.checks import (
    Topology,
    argocd_problems,
    entry_problems,
    own_weights_problems,
    release_problems,
    service_problems,
    tag_problems,
)
from infra.sentences import sentences

__all__ = ["NAMESPACE", "Region", "ServiceName", "StackConfig", "Topology", "parse"]

NAMESPACE = "dkms"
"""The project's name, which Pulumi puts before every key."""

OTHER_NAMESPACES = {"aws", "eks", "kubernetes", "pulumi"}
"""Whose keys a stack file may hold besides ours; a misspelt namespace would be passed over in silence."""

MAX_LINES, MAX_LINE = 50, 1000
"""Of an error: who has more to mend sees the rest the next time."""


def _region(given: str) -> str:
    if not is_china(given):
        raise ValueError(f"{given} is not in AWS China (partition aws-cn); write cn-north-1 or cn-northwest-1")
    return given


ServiceName = Annotated[str, matching(r"[a-z]([-a-z0-9]*[a-z0-9])?", "a name in small letters, such as dkms")]
Region = Annotated[RegionName, AfterValidator(_region)]


class StackConfig(Model):
    """All that a stack file says."""

    region: Annotated[Region, Field(alias="aws:region")]
    """The region of AWS China, cn-north-1 or cn-northwest-1."""
    topology: Topology
    """Where traffic is split: `route53`, `shared-nlb` or `shared-alb`. Not to be changed under traffic."""
    active: Colour
    """The stable colour, blue or green. Without `weights` it has 100 per cent."""
    weights: Split = Weights.all_to(Colour.BLUE)
    """Today's split in whole per cents that sum to 100. Default: all to `active`."""
    weighted_nlb: bool = False
    """Declares that NLBs of the stack's region take weighted target groups; `shared-nlb` needs it for a split."""
    clusters: Annotated[dict[Colour, Cluster], Field(min_length=1)]
    """The service cluster of each colour. One is AS-IS, two are TO-BE."""
    tools: dict[Literal["argocd", "testkube"], Cluster] = {}
    """Clusters off the traffic path; a new version upgrades them in place."""
    argocd: ArgoCD | None = None
    """The ArgoCD that deploys to the colours: it learns of each new cluster, and forgets it before it goes."""
    services: Annotated[dict[ServiceName, Service], Field(min_length=1)] = {NAMESPACE: Service()}
    """The services behind the entry. An ALB asks for them by their `order`."""
    entry: Entry
    """The name and port that clients use, and who may use them."""
    adopted: Adopted | None = None
    """What both colours share and ran before this stack, as `bluegreen adopt` finds it."""
    network: AnyNetwork
    """A new VPC over `zones`, or an existing one by `vpcId` and `subnets`."""
    controller: Controller = Controller()
    """The AWS Load Balancer Controller of each service cluster."""
    access_logs: AccessLogs | None = None
    """Where load balancers write access logs. Default nowhere; prod must have one."""
    gates: GateSettings = GateSettings()
    """What `pulumi up` asks before it moves traffic, and how long it watches after it."""
    protect: bool = True
    """Protects what carries traffic from deletion, in AWS and in Pulumi."""
    tags: dict[str, str] = {}
    """Tags of every resource."""

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The colours that have a cluster."""
        return tuple(colour for colour in Colour if colour in self.clusters)

    @property
    def found(self) -> dict[Colour, Chain]:
        """The colours whose load balancers others own."""
        return {colour: cluster.chain for colour, cluster in self.clusters.items() if cluster.chain}

    @property
    def as_found(self) -> bool:
        """Whether there is nothing yet but what was found."""
        return set(self.colours) <= set(self.found)

    @property
    def own_weights(self) -> dict[str, Weights]:
        """The services that do not follow the stack's weights."""
        return own_weights(self.services)

    def weights_of(self, service: str | None) -> Weights:
        """The split of a service; None for those that follow the stack's weights."""
        return self.own_weights.get(service or "", self.weights)

    @property
    def splits(self) -> bool:
        """Whether it can be at other weights than 100 and 0."""
        return self.topology is not Topology.SHARED_NLB or self.weighted_nlb

    @property
    def retiring(self) -> frozenset[Colour]:
        """The colours whose protection is lifted."""
        return frozenset(colour for colour, cluster in self.clusters.items() if cluster.retiring)

    @model_validator(mode="before")
    @classmethod
    def _default_weights(cls, given: dict[str, object]) -> dict[str, object]:
        active = given.get("active")
        if "weights" not in given and isinstance(active, str) and active in set(Colour):
            return {**given, "weights": Weights.all_to(Colour(active))}
        return given

    def problems(self) -> Iterator[Problem]:
        """What of the stack contradicts itself."""
        yield from self._traffic()
        yield from own_weights_problems(self.topology, self.services, self.colours, self.retiring)
        yield from self._clusters()
        yield from argocd_problems(self.argocd, self.region, self.clusters, self.tools.get("argocd"))
        yield from entry_problems(self.entry, self.region)
        yield from self._places()
        yield from service_problems(NAMESPACE, self.topology, self.entry, self.services)
        yield from tag_problems(self.tags)
        yield from contradictions(self.topology, self.adopted, self.found, self.services, self.entry.zone.id)

    def _traffic(self) -> Iterator[Problem]:
        if self.active not in self.clusters:
            yield "active", f"{self.active} has no cluster; add clusters.{self.active}, or write {self.active.other}"
        elif not self.weights[self.active]:
            yield (
                "active",
                f"{self.active} has no traffic ({self.weights}); give it weight, or write {self.active.other}",
            )
        for colour in self.weights.live:
            weight = self.weights[colour]
            if colour not in self.clusters and colour is not self.active:
                yield "weights", f"{colour} has {weight} and no cluster; add clusters.{colour}, or give it 0"
            elif colour in self.retiring:
                yield f"clusters.{colour}.retiring", f"{colour} has weight {weight}; take its traffic first"
        if len(self.weights.live) > 1 and not self.splits:
            yield (
                "weights",
                f"{self.weights} needs an NLB that weighs target groups; where the region has it "
                "set weightedNlb to true, else switch 100/0",
            )
        if self.entry.record == "simple" and self.topology is Topology.ROUTE53 and len(self.clusters) > 1:
            yield "entry.record", "a simple record holds one colour; remove the key before adding the other"

    def _clusters(self) -> Iterator[Problem]:
        blue, green = (self.clusters.get(colour) for colour in Colour)
        if blue and green and blue.existing and blue.existing == green.existing:
            yield (
                "clusters.green.existing",
                f"{green.existing} is blue's cluster too; for a release beside another one write clusterOf: blue",
            )
        yield from release_problems(self.clusters, self.services)
        named = {f"clusters.{colour}": cluster for colour, cluster in self.clusters.items()}
        for key, cluster in (named | {f"tools.{tool}": cluster for tool, cluster in self.tools.items()}).items():
            if cluster.existing and not isinstance(self.network, ExistingNetwork):
                yield (
                    f"{key}.existing",
                    f"{cluster.existing} stands in a VPC that exists; give network.vpcId and network.subnets",
                )
        for tool, cluster in self.tools.items():
            if cluster.cluster_of:
                yield f"tools.{tool}.clusterOf", "is for releases of the services; give the tool a version"
            if cluster.retiring:
                yield f"tools.{tool}.retiring", "a tool carries no traffic; remove the key, or the tool"

    def _places(self) -> Iterator[Problem]:
        existing = isinstance(self.network, ExistingNetwork)
        for zone in self.network.zones:
            if zone[:-1] != self.region:
                key = f"network.subnets.{zone}" if existing else "network.zones"
                yield key, f"{zone} is not in {self.region}; give zones of the stack's region"
        if self.entry.scheme == "internet-facing" and isinstance(self.network, ExistingNetwork):
            for zone, pair in self.network.subnets.items():
                if pair.public is None:
                    yield f"network.subnets.{zone}.public", "is missing; an internet-facing entry needs it in each zone"


_SCALARS = {
    field.alias
    for field in StackConfig.model_fields.values()
    if isinstance(field.annotation, type) and issubclass(field.annotation, StrEnum | bool)
}
"""Keys whose value is a word, brackets or not."""


def parse(raw: Mapping[str, str], source: str = "configuration") -> StackConfig:
    """The stack's configuration from Pulumi's flat map, such as `{"dkms:active": "blue"}`.

    `source` is the file to name in errors. Raises ConfigError with a line for each thing that is wrong.
    """
    given: dict[str, object] = {}
    wrong: list[str] = []
    for key, text in raw.items():
        namespace, _, name = key.rpartition(":")
        if key == "aws:region":
            given[key] = text
        elif namespace == NAMESPACE:
            try:
                given[name] = text if name in _SCALARS else _decode(text)
            except ValueError as error:
                wrong.append(f"{key}: {shown(text)} {error}")
        elif namespace not in OTHER_NAMESPACES:
            wrong.append(f"{key}: is in no namespace that is known here; write {NAMESPACE}:{name}")
    if not wrong:
        try:
            return StackConfig.model_validate(given, by_alias=True, by_name=False)
        except ValidationError as error:
            wrong = [f"{_key(path)}: {text}" for path, text in sentences(error, StackConfig)]
    lines = list(dict.fromkeys(_one_line(f"{source}: {text}") for text in wrong))
    more = [f"{source}: and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    raise ConfigError("\n".join(lines[:MAX_LINES] + more))


_HALF = re.compile("[\ud800-\udfff]")
"""Half of a pair of UTF-16, which nothing behind this point can hand on."""


def _decode(text: str) -> object:
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        decoded: object = json.loads(text)
        secret, half = _holds_secret(decoded), _HALF.search(json.dumps(decoded, ensure_ascii=False))
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number or a nesting is too large"
        raise ValueError(f"is not whole JSON ({reason}); write it as YAML in the stack file") from None
    if secret:
        raise ValueError("holds a secret; nothing here is one, so write it in plain text")
    if half:
        raise ValueError("holds half a character; write it as UTF-8, or without it")
    return decoded


def _holds_secret(value: object) -> bool:
    if isinstance(value, dict):
        mapping = cast("dict[str, object]", value)
        return set(mapping) == {"secure"} or any(_holds_secret(inner) for inner in mapping.values())
    return isinstance(value, list) and any(_holds_secret(inner) for inner in cast("list[object]", value))


def _key(path: tuple[str | int, ...]) -> str:
    """The key as `pulumi config set --path` takes it."""
    if path == ("aws:region",):
        return "aws:region"
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return f"{NAMESPACE}:{''.join(steps)[1:]}"


def _one_line(text: str) -> str:
    line = re.sub(r"[^ -~]", lambda found: found[0] if found[0].isprintable() else repr(found[0])[1:-1], text)
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"
