"""Who may call what: policies as IAM has them, of callers as their access key ids name them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from rehearsal.aws.actions import Need, needs
from rehearsal.aws.protocol import Operation
from rehearsal.aws.refusals import Refusal

__all__ = ["Permissions", "Policy", "Statement"]

_TAG = "aws:ResourceTag/"
Tags = Callable[[str], Mapping[str, str]]


class _Element(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Statement(_Element):
    """Actions on resources, all of which are allowed; of the conditions, those on a resource's tags."""

    Sid: str
    Effect: Literal["Allow"] = "Allow"
    Action: list[str]
    Resource: list[str]
    Condition: dict[Literal["StringEquals"], dict[str, str]] = Field(default_factory=dict)

    def allows(self, need: Need, tags: Tags) -> bool:
        """Whether it gives this right."""
        return (
            any(fnmatchcase(need.action, each) for each in self.Action)
            and any(fnmatchcase(need.resource, each) for each in self.Resource)
            and all(
                tags(need.ident).get(key.removeprefix(_TAG)) == value
                for key, value in self.Condition.get("StringEquals", {}).items()
            )
        )


class Policy(_Element):
    """An IAM policy document."""

    Version: str = "2012-10-17"
    Statement: list[Statement]


class Permissions:
    """Notes what callers need, and refuses what their policies do not give; without a policy all is allowed."""

    def __init__(self, region: str, account: str, tags: Tags) -> None:
        self._region, self._account, self._tags = region, account, tags
        self._policies: dict[str, Policy] = {}
        self._seen: dict[str, set[Need]] = defaultdict(set)

    def allow(self, caller: str, document: JsonValue) -> None:
        """Allow a caller what this policy says, and nothing else."""
        self._policies[caller] = Policy.model_validate(document)

    def seen(self, caller: str) -> list[tuple[str, str]]:
        """Actions and resources that a caller has asked for, refused or not."""
        return sorted({(need.action, need.resource) for need in self._seen[caller]})

    def check(self, call: Operation) -> Refusal | None:
        """Note a call; return AWS's refusal where its caller may not make it."""
        needed = needs(call, self._region, self._account)
        self._seen[call.caller] |= needed
        policy = self._policies.get(call.caller)
        missing = sorted(_missing(policy, needed, self._tags)) if policy else []
        if not missing:
            return None
        what = f"{missing[0].action} on resource: {missing[0].resource}"  # AWS names one, too
        who = f"arn:aws-cn:iam::{self._account}:user/{call.caller}"
        code = {"ec2": "UnauthorizedOperation", "eks": "AccessDeniedException"}.get(call.service, "AccessDenied")
        return Refusal(code, f"User: {who} is not authorized to perform: {what}")


def _missing(policy: Policy, needed: Iterable[Need], tags: Tags) -> list[Need]:
    return [need for need in needed if not any(statement.allows(need, tags) for statement in policy.Statement)]
