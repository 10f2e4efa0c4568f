"""What the rules judge: the resources of a stack as plain data, and whether the stack counts as prod.

Pure. A rule never asks whether it runs in a preview: a value that is not known yet is `UNKNOWN`, says nothing
against a resource, and is judged when the update has it. Which resource it will come from is known before:
`references` names, per property, the resources whose outputs went into it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from components.environment import is_prod

__all__ = [
    "UNKNOWN",
    "Finding",
    "Resource",
    "Stack",
    "is_prod",
    "mapping",
    "part",
    "sequence",
]

# pulumi-aws offers the same resources under several modules.
_LOAD_BALANCING = {"lb", "alb", "elasticloadbalancingv2", "applicationloadbalancing"}


class Unknown:
    """Type of `UNKNOWN`, a value that the preview cannot know."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule: the resource it is about, what was found, and what to do."""

    urn: str
    message: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as a rule sees it: its inputs before an operation, its outputs after the update."""

    type: str
    urn: str
    props: Mapping[str, object]
    protect: bool = False
    provider: "Resource | None" = None
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Per property, the URNs of the resources whose outputs went into it; empty for a provider."""

    @property
    def kind(self) -> str:
        """The type without its spellings: `aws:alb/listener:Listener` is `aws:lb:Listener`."""
        package, _, rest = self.type.partition(":")
        module, _, name = rest.rpartition(":")
        module = module.partition("/")[0]
        return f"{package}:{'lb' if module in _LOAD_BALANCING else module}:{name}"

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return self.urn.split("::", 3)[-1]

    @property
    def stack(self) -> str:
        """The name of its stack; the URN carries it, so nobody can say otherwise."""
        return self.urn.split("::", 1)[0].rpartition(":")[2]

    def tagged(self, tag: str) -> bool:
        """Whether a tag is `true`, or may yet turn out to be."""
        return part(self.props.get("tags"), tag) in ("true", UNKNOWN)


class Stack:
    """The resources of a stack, and which of them a property points to."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self.by_urn = {resource.urn: resource for resource in self.resources}
        self._by_value = {
            value: resource.urn
            for resource in self.resources
            if resource.type.startswith("aws:")
            for value in (resource.props.get("arn"), resource.props.get("id"))
            if isinstance(value, str)
        }

    def of_kind(self, *kinds: str) -> Iterable[Resource]:
        """All resources of some kinds."""
        return (resource for resource in self.resources if resource.kind in kinds)

    def find(self, value: str) -> str:
        """Return the URN of the resource with this ARN or id; the value itself if it is not of this stack."""
        return self._by_value.get(value, value)

    def name(self, found: str) -> str:
        """Name what `find` returned, for a message."""
        return self.by_urn[found].name if found in self.by_urn else found

    def targets(self, resource: Resource, prop: str, values: Sequence[object], kind: str) -> frozenset[str]:
        """Resources of a kind that the values of a property point to, as `find` names them.

        Values that are unknown are the resources that went into the property. Where that does not tell which
        they are, because more or fewer went in, they are left out: the update knows them.
        """
        known = {self.find(value) for value in values if isinstance(value, str) and value}
        unknown = sum(value is UNKNOWN for value in values)
        inputs = (self.by_urn.get(urn) for urn in resource.references.get(prop, ()))
        candidates = {found.urn for found in inputs if found and found.kind == kind} - known
        return frozenset(known | candidates if len(candidates) == unknown else known)

    def target(self, resource: Resource, prop: str, kind: str) -> str | None:
        """Resource of a kind that a property points to, or None where that cannot be told."""
        return next(iter(self.targets(resource, prop, [resource.props.get(prop)], kind)), None)


def mapping(value: object) -> Mapping[str, object]:
    """Return the value if it is an object, else an empty one: unknown and absent say nothing."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def part(value: object, key: str, default: object = None) -> object:
    """Return one property of an object; of an unknown object everything is unknown."""
    return UNKNOWN if value is UNKNOWN else mapping(value).get(key, default)


def sequence(value: object) -> Sequence[object]:
    """Return the value if it is an array, else an empty one: unknown and absent say nothing."""
    is_array = isinstance(value, Sequence) and not isinstance(value, str)
    return cast("Sequence[object]", value) if is_array else ()
