"""What a probe asks, and what it found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

__all__ = ["ACCEPTED", "Answer", "Finding", "UnaskedError", "Verdict", "code_of", "judged", "says_nothing", "tried"]

ACCEPTED = "accepted"
"""What AWS does with an attempt that it does not refuse with an error code."""
_OF_THE_CALLER = ("AccessDenied", "Unauthorized", "NotAuthorized", "ExpiredToken", "OptIn")
_OF_THE_MOMENT = ("Internal", "ServiceUnavailable", "Throttl", "RequestLimit", "PriorRequestNotComplete")


class Verdict(StrEnum):
    """How what was found stands to what is known."""

    KNOWN = "as known"
    DIFFERS = "differs"
    UNASKED = "could not be asked"


class Answer(NamedTuple):
    """What AWS is known to say, what it said, and where the two differ, what to do."""

    expected: str
    found: str
    do: str = ""


class UnaskedError(Exception):
    """AWS has nothing to answer with: what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One probe's result."""

    about: str
    rules: tuple[int, ...]
    """Numbers of docs/aws.md."""
    verdict: Verdict
    expected: str = ""
    found: str
    do: str = ""
    """What to set or to mend, where it differs."""


def judged(about: str, rules: Sequence[int], answer: Answer) -> Finding:
    """Judge an answer: what differs says what to do, and nothing else does."""
    verdict = Verdict.DIFFERS if answer.do else Verdict.KNOWN
    return Finding(about=about, rules=tuple(rules), verdict=verdict, **answer._asdict())


def says_nothing(code: str) -> bool:
    """Whether an error code speaks of the caller or the moment, and not of AWS's rules."""
    return code.startswith((*_OF_THE_CALLER, *_OF_THE_MOMENT))


def code_of(error: ClientError) -> str:
    """Name the error that AWS answered with."""
    response: Any = error.response
    return str(response["Error"]["Code"])


def tried(expected: str, found: str, do: str) -> Answer:
    """Compare what AWS did with an attempt: it was accepted, or refused with an error code."""
    if found == expected:
        return Answer(expected, found)
    if ACCEPTED in (expected, found):
        return Answer(expected, found, do or "mend the rule in docs/aws.md, and what stands on it")
    return Answer(expected, found, f"the rule holds; mend the error code in rehearsal/aws: {found}")
