"""Calls that are let down, once, and what their callers make of it."""

import threading
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.trouble import Troublemaker
from rehearsal.aws.wire import Trouble, TroubleKind

CALL = "CreateInternetGateway create internet gateway"


@pytest.fixture
def quiet(aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    yield aws
    aws.trouble(None)


def made(aws: EmbeddedAws, count: int = 1) -> int:
    """How many internet gateways there are after so many calls, beside those before."""
    ec2 = aws.client("ec2")
    before = len(ec2.describe_internet_gateways()["InternetGateways"])
    for _ in range(count):
        ec2.create_internet_gateway()
    return len(ec2.describe_internet_gateways()["InternetGateways"]) - before


@pytest.mark.parametrize("kind", [TroubleKind.THROTTLED, TroubleKind.BROKEN, TroubleKind.UNSENT])
def test_what_had_no_effect_is_tried_again_and_happens_once(quiet: EmbeddedAws, kind: TroubleKind) -> None:
    quiet.trouble(Trouble(kind=kind, call=CALL))
    assert made(quiet) == 1


def test_what_had_an_effect_that_nobody_heard_of_happens_twice(quiet: EmbeddedAws) -> None:
    quiet.trouble(Trouble(kind=TroubleKind.UNHEARD, call=CALL))
    assert made(quiet) == 2


def test_what_is_denied_is_not_tried_again(quiet: EmbeddedAws) -> None:
    quiet.trouble(Trouble(kind=TroubleKind.DENIED, call=CALL))
    with pytest.raises(ClientError, match="AccessDenied"):
        quiet.client("ec2").create_internet_gateway()
    assert made(quiet) == 1


def test_an_answer_can_be_held_back_while_the_world_goes_on(quiet: EmbeddedAws) -> None:
    quiet.trouble(Trouble(kind=TroubleKind.HELD, call=CALL))
    ec2 = quiet.client("ec2")
    before = len(ec2.describe_internet_gateways()["InternetGateways"])
    caller = threading.Thread(target=ec2.create_internet_gateway)
    caller.start()
    end = time.monotonic() + 10
    while not quiet.holds and time.monotonic() < end:
        time.sleep(0.01)
    assert quiet.holds
    assert caller.is_alive()
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == before + 1
    quiet.let_go()
    caller.join(10)
    assert not caller.is_alive()


def met(trouble: Trouble, calls: list[tuple[str, int]]) -> list[int]:
    """Which of these calls, each with its attempt, meet it."""
    maker = Troublemaker()
    maker.plan(trouble)
    return [
        place
        for place, (likeness, attempt) in enumerate(calls)
        if maker.meets(likeness, {"amz-sdk-request": f"attempt={attempt}; max=25"})
    ]


def test_the_nth_call_of_a_likeness_meets_it_and_no_other() -> None:
    calls = [("a", 1), ("b", 1), ("b", 2), ("a", 1), ("b", 1)]
    assert met(Trouble(kind=TroubleKind.DENIED, call="b", nth=2), calls) == [4]
    assert met(Trouble(kind=TroubleKind.DENIED, call="a"), calls) == [0]


def test_without_a_likeness_what_may_not_be_sent_twice_is_heard() -> None:
    calls = [("CreateRule a", 1), ("ModifyRule a", 1), ("AuthorizeSecurityGroupIngress a", 1), ("DeleteRule a", 1)]
    assert met(Trouble(kind=TroubleKind.UNHEARD), calls) == [1, 3]


def test_without_a_likeness_every_call_meets_it_at_its_first_attempt() -> None:
    assert met(Trouble(kind=TroubleKind.BROKEN), [("a", 1), ("a", 2), ("b", 1)]) == [0, 2]


def test_without_a_likeness_a_call_is_denied_and_then_is_not() -> None:
    calls = [("a", 1), ("b", 1), ("a", 1), ("b", 1), ("a", 1)]
    assert met(Trouble(kind=TroubleKind.DENIED), calls) == [0, 1, 4]
