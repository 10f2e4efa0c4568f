from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from components.model import Service
from components.schema import Cidr, HostName, Model, Problem, matching, repeated, shown

cidr = TypeAdapter[IPv4Network](Cidr)
host_name = TypeAdapter[str](HostName)


class Pair(Model):
    first_part: Annotated[int, "any"]
    second: int = 0

    def problems(self) -> Iterator[Problem]:
        if self.first_part > self.second:
            yield "firstPart", "is above second"
            yield "second.half", "is below firstPart"


def test_all_problems_of_a_model_are_raised_at_once_and_at_their_keys() -> None:
    with pytest.raises(ValidationError) as error:
        Pair(first_part=2, second=1)
    assert [(details["loc"], details["msg"]) for details in error.value.errors()] == [
        (("firstPart",), "is above second"),
        (("second", "half"), "is below firstPart"),
    ]


def test_problems_with_braces_are_shown_as_they_are() -> None:
    class Braces(Model):
        def problems(self) -> Iterator[Problem]:
            yield "key", "write {blue: 90}"

    with pytest.raises(ValidationError, match=r"write \{blue: 90\}"):
        Braces()


def test_models_do_not_change_and_take_no_unknown_key() -> None:
    pair = Pair.model_validate({"firstPart": 1, "second": 2})
    with pytest.raises(ValidationError, match="frozen"):
        pair.second = 3
    with pytest.raises(ValidationError, match="third"):
        Pair.model_validate({"firstPart": 1, "third": 2})


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_is_taken_and_an_address_inside_it_is_not(address: IPv4Address, prefix: int) -> None:
    network = IPv4Network((address, prefix), strict=False)
    assert cidr.validate_python(str(network)) == network
    if address != network.network_address:
        with pytest.raises(ValidationError, match=f"is an address inside a network; write {network}"):
            cidr.validate_python(f"{address}/{prefix}")


@pytest.mark.parametrize("given_name", ["dkms.example.cn", "a.b", f"{'a' * 63}.cn", "xn--fiq228c.cn"])
def test_host_names(given_name: str) -> None:
    assert host_name.validate_python(given_name) == given_name


@pytest.mark.parametrize(
    "given_name", ["dkms", "Dkms.cn", "-a.cn", "a-.cn", "a..cn", "a.cn.", "*.cn", f"{'a' * 64}.cn"]
)
def test_what_is_no_host_name(given_name: str) -> None:
    with pytest.raises(ValidationError, match="is not a host name"):
        host_name.validate_python(given_name)


def test_values_are_shown_as_they_were_written() -> None:
    assert [shown(value) for value in ("blue", "", " x", 1.3, True, None, [1, "a"], {"b": None})] == [
        "blue",
        "''",
        "' x'",
        "1.3",
        "true",
        "null",
        '[1, "a"]',
        '{"b": null}',
    ]
    assert len(shown("x" * 1000)) == 80


def test_a_pattern_says_what_it_wants() -> None:
    with pytest.raises(ValidationError, match="x is not a number, such as 7"):
        TypeAdapter[str](Annotated[str, matching(r"\d", "a number, such as 7")]).validate_python("x")


def test_each_repeated_value_is_named_once() -> None:
    assert list(repeated("key", ("a", "b", "a", "a", "b", "c"))) == [
        ("key", "a is there twice; name it once"),
        ("key", "b is there twice; name it once"),
    ]


def test_a_fields_docstring_is_its_description() -> None:
    assert Service.model_fields["port"].description == (
        "Port of its pods. A change replaces the target groups and loses the service's traffic; `protect` refuses it."
    )
