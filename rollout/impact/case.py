"""Everything that a risk is judged by. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from components.rules import leading_service
from components.tags import SERVICE
from components.traffic import Colour
from infra.config import NAMESPACE, StackConfig, Topology
from policies.stack import is_prod, mapping, part
from rollout.impact.resources import CLUSTER, carries_clients, colour_of
from rollout.impact.switching import Shares, Switch, Switching, read_switching
from rollout.preview import Preview, Step

__all__ = ["Case"]


@dataclass(frozen=True)
class Case:
    """A change under review."""

    stack: str
    preview: Preview
    config: StackConfig | None
    """The configuration that was previewed; None where it cannot be read, which the preview then says."""
    written: StackConfig
    """The stack file as it is now."""

    @property
    def prod(self) -> bool:
        """Whether it is held to prod's rules."""
        return is_prod(self.stack)

    @cached_property
    def switching(self) -> Switching:
        """Where traffic goes, before and after."""
        return read_switching(self.preview, self.configured)

    @property
    def configured(self) -> Shares:
        """Where the configuration says that it goes."""
        return self.configured_for(None)

    def configured_for(self, service: str | None) -> Shares:
        """The same of one service; None for those that follow the stack's weights."""
        weights = (self.config or self.written).weights_of(service)
        return {colour: float(weights[colour]) for colour in weights.live}

    @property
    def service(self) -> str:
        """The service that moves by weights of its own, of several the one that moves most; empty where none does."""
        config = self.config or self.written
        own = {*config.own_weights, *mapping(self.preview.outputs.get("serviceWeights"))}
        moving = self.switching.service or leading_service(config.services)
        return moving if self.switching.switches and moving in own else ""

    def served_by(self, switch: Switch) -> str:
        """The service of a listener or rule; empty where services cannot differ, or follow the stack's weights."""
        config = self.config or self.written
        return switch.service or (leading_service(config.services) if config.own_weights else "")

    @property
    def topology(self) -> Topology:
        """Where traffic is split, after the change."""
        return (self.config or self.written).topology

    @property
    def topology_before(self) -> str:
        """The same before; empty for a new stack."""
        return str(self.preview.outputs.get("topology") or "")

    @cached_property
    def changed(self) -> tuple[Step, ...]:
        """The steps that change anything in AWS or Kubernetes."""
        return tuple(step for step in self.preview.steps if step.touches)

    @cached_property
    def going(self) -> tuple[Step, ...]:
        """Resources on clients' way that are deleted, or replaced by another one."""
        return tuple(
            step
            for step in self.changed
            if (step.deletes or step.replaces) and step.before and carries_clients(step.before)
        )

    @cached_property
    def retired(self) -> tuple[Colour, ...]:
        """The colours whose cluster is deleted."""
        found = {colour_of(step.before) for step in self.going if step.deletes and step.before}
        gone = {
            colour_of(step.resource)
            for step in self.changed
            if step.deletes and step.resource.kind == CLUSTER and colour_of(step.resource)
        }
        after = self.config.clusters if self.config else {}
        return tuple(colour for colour in Colour if colour in gone or (colour in found and colour not in after))

    @cached_property
    def removed_services(self) -> frozenset[str]:
        """The services whose target groups are deleted, and which the configuration no longer has."""
        tags = (part(step.before.props.get("tags"), SERVICE) for step in self.going if step.deletes and step.before)
        kept = (self.config or self.written).services
        return frozenset(tag for tag in tags if isinstance(tag, str) and tag not in kept)

    def is_of_removed_service(self, step: Step) -> bool:
        """Whether a step deletes what only a removed service needs."""
        places = ["", *(f"{colour}-" for colour in Colour)]
        names = {f"{NAMESPACE}-{place}{service}" for service in self.removed_services for place in places}
        return step.deletes and step.name in names

    def versions_before(self) -> Mapping[str, str]:
        """Version of each cluster as the stack's outputs say."""
        clusters = mapping(self.preview.outputs.get("clusters"))
        return {
            name: str(mapping(each).get("version")) for name, each in clusters.items() if mapping(each).get("version")
        }
