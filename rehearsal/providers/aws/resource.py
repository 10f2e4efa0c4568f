"""What every resource type of the `aws` provider declares and does."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias, cast

from botocore.exceptions import ClientError

from rehearsal.providers.diff import changed_inputs
from rehearsal.providers.naming import AutoName
from rehearsal.providers.values import Props

__all__ = [
    "ACCOUNT",
    "Aws",
    "Client",
    "Clients",
    "Created",
    "ResourceType",
    "absent",
    "given",
    "is_gone",
    "refusal",
    "retag",
    "tag_list",
    "tag_map",
]

Client: TypeAlias = Any
"""A boto3 client, which has no types."""

ACCOUNT = "123456789012"
"""The account of the embedded AWS."""


class Clients(Protocol):
    """Where the AWS API is; `EmbeddedAws` is one."""

    @property
    def region(self) -> str:
        """The region that the clients call."""
        ...

    def client(self, service: str) -> Client:
        """Give the boto3 client of a service, the same one each time."""


class Aws:
    """The AWS API and the names that follow from its account and region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()  # boto3 may use its clients at once, but not make them

    def client(self, service: str) -> Client:
        """Give the boto3 client of a service."""
        with self._lock:
            return self._clients.client(service)

    @property
    def region(self) -> str:
        """The region that the provider is configured for."""
        return self._clients.region

    @property
    def partition(self) -> str:
        """The partition of the region, as in ARNs."""
        return "aws-cn" if self.region.startswith("cn-") else "aws"

    @property
    def dns_suffix(self) -> str:
        """What the partition's host names end with."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str) -> str:
        """Write the ARN of something of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{ACCOUNT}:{resource}"


class Created(NamedTuple):
    """A new resource: its id, and what AWS says of it."""

    id: str
    outputs: Props


class ResourceType(ABC):
    """One resource type. `replaces` and `updates` together are all the inputs that it supports."""

    pulumi_type: ClassVar[str]
    replaces: ClassVar[frozenset[str]]
    """Inputs whose change means a new resource."""
    updates: ClassVar[frozenset[str]] = frozenset()
    """Inputs that change in place."""
    outputs: ClassVar[frozenset[str]] = frozenset()
    """What only AWS says; an import does not take it for an input."""
    chosen: ClassVar[frozenset[str]] = frozenset()
    """Inputs that AWS chooses where they are missing, so that leaving them out changes nothing."""
    sets: ClassVar[frozenset[str]] = frozenset()
    """Lists whose order means nothing."""
    documents: ClassVar[frozenset[str]] = frozenset()
    """JSON texts whose spelling means nothing."""
    auto_name: ClassVar[AutoName | None] = None

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def defaults(self, inputs: Props) -> Props:
        """Give what the provider fills in where an input is missing."""
        del inputs  # for the types where it depends on another input
        return {}

    def changed(self, old: Props, new: Props) -> set[str]:
        """Name the inputs that differ."""
        differ = changed_inputs(old, new, sets=self.sets, documents=self.documents)
        return {key for key in differ if key in new or key not in self.chosen}

    def replacing(self, changed: set[str], old: Props, new: Props) -> set[str]:
        """Name those of the changed inputs that cannot change in place."""
        del old, new  # for the types where it depends on the values
        return changed & self.replaces

    def foreseen(self, inputs: Props) -> Props:
        """Give the outputs that a preview knows already."""
        return {"tagsAll": inputs.get("tags", {})} if "tagsAll" in self.outputs else {}

    @abstractmethod
    def create(self, inputs: Props) -> Created:
        """Make the resource."""

    @abstractmethod
    def read(self, id_: str, state: Props) -> Props | None:
        """Describe the resource as it is; None where there is none. `state` is empty in an import."""

    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        """Change the named inputs in place; `old` is the whole state."""
        raise NotImplementedError(f"{self.pulumi_type} has nothing that changes in place")

    @abstractmethod
    def delete(self, id_: str, state: Props) -> None:
        """Delete the resource."""


def given(**values: object) -> dict[str, Any]:
    """Keep the arguments of a call that are not None."""
    return {key: value for key, value in values.items() if value is not None}


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Write tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def tag_map(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Read tags as most services give them."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def retag(old: Props, new: Props) -> tuple[dict[str, str], list[str]]:
    """Say which tags to set and which to remove."""
    before: dict[str, str] = old.get("tags") or {}
    after: dict[str, str] = new.get("tags") or {}
    return {k: v for k, v in after.items() if before.get(k) != v}, [k for k in before if k not in after]


def refusal(error: ClientError) -> tuple[str, str]:
    """Give the code and the message with which AWS refused a call."""
    details = cast("dict[str, str]", error.response["Error"])
    return details.get("Code", ""), details.get("Message", "")


def absent(error: ClientError, *codes: str) -> bool:
    """Tell whether AWS says that there is no such thing."""
    return refusal(error)[0] in codes


def is_gone(error: ClientError) -> bool:
    """Tell whether AWS refuses to delete something because it does not exist, which is as well.

    So does pulumi-aws take it: an update that was killed, or timed out, may have deleted it without knowing.
    """
    code, message = refusal(error)
    return "NotFound" in code or code.startswith("NoSuch") or (code == "InvalidChangeBatch" and "not found" in message)
