"""How what a team writes is checked: a base model, and types whose errors say what to write instead."""

import json
import re
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails, PydanticCustomError

__all__ = [
    "Cidr",
    "HostName",
    "KubernetesName",
    "Model",
    "Port",
    "Problem",
    "RegionName",
    "Word",
    "matching",
    "repeated",
    "shown",
]

Problem = tuple[str, str]
"""The key that is wrong, dotted (`colourPorts.blue`), and a sentence: what was given, the rule, the way out."""

Port = Annotated[int, Field(ge=1, le=65535)]


class Model(BaseModel):
    """Base of everything read from configuration: unknown keys are errors, and nothing changes later.

    Keys are camelCase (`clientCidrs`), fields snake_case. The first sentence of a field's docstring is what an
    error says of the key when it is missing, so it stands alone.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    def problems(self) -> Iterator[Problem]:
        """What contradicts itself though each field by itself is right; all of it is reported at once."""
        return iter(())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = [
            InitErrorDetails(
                type=PydanticCustomError("problem", "{text}", {"text": text}), loc=tuple(key.split(".")), input=None
            )
            for key, text in self.problems()
        ]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self


def shown(given: object) -> str:
    """Write a value as the user did, as far as one short line allows."""
    if isinstance(given, str):
        text = given if given.strip() == given != "" else repr(given)
    else:
        text = json.dumps(given, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"


def matching(pattern: str, what: str) -> AfterValidator:
    """Accept text of this pattern, and else say `what` it should have been. Digits and letters are those of ASCII."""

    def check(given: str) -> str:
        if not re.fullmatch(pattern, given, re.ASCII):
            raise ValueError(f"{shown(given)} is not {what}")
        return given

    return AfterValidator(check)


Word = Annotated[str, matching(r"[!-~]{1,255}", "a word: letters, digits and signs, without a space")]
"""Text that goes to AWS or into a cluster as it is."""

RegionName = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", "a region, such as cn-north-1")]
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
KubernetesName = Annotated[
    str, matching(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "a Kubernetes name of at most 63 characters")
]


def repeated(key: str, values: tuple[object, ...]) -> Iterator[Problem]:
    """Find what a list names twice: each name becomes a resource, or a value that AWS takes once."""
    for value in dict.fromkeys(value for value in values if values.count(value) > 1):
        yield key, f"{value} is there twice; name it once"


def _network(given: object) -> object:
    if isinstance(given, IPv4Network):
        return given
    try:
        address = IPv4Interface(given if isinstance(given, str) else "")
    except ValueError:
        raise ValueError(f"{shown(given)} is not an IPv4 network, such as 10.0.0.0/8") from None
    if address.ip != address.network.network_address:
        raise ValueError(f"{given} is an address inside a network; write {address.network}, or {address.ip}/32")
    return address.network


Cidr = Annotated[IPv4Network, BeforeValidator(_network)]

# With the colour in front of it a name still fits into the 128 characters of an ALB's host condition.
HostName = Annotated[
    str,
    Field(max_length=122),
    matching(
        r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
        "a host name in small letters, such as dkms.example.cn",
    ),
]
