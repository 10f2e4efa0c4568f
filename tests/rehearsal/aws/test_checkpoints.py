"""AWS as it was at a moment, any number of times, at the same address."""

import socket
import time
from collections.abc import Iterator

import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.wire import Checkpoint


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws.start("cn-north-1") as embedded:
        yield embedded


def vpcs(aws: EmbeddedAws) -> set[str]:
    return {vpc["VpcId"] for vpc in aws.client("ec2").describe_vpcs()["Vpcs"]}


def add(aws: EmbeddedAws) -> str:
    return aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def test_a_checkpoint_can_be_gone_back_to_more_than_once(aws: EmbeddedAws) -> None:
    first = add(aws)
    aws.keep("cluster", b"as it was")
    then, before = aws.checkpoint(), vpcs(aws)
    for _ in range(2):
        second = add(aws)
        aws.keep("cluster", b"as it became")
        assert vpcs(aws) == before | {second}
        aws.restore(then)
        assert vpcs(aws) == before
        assert first in before
        assert aws.document("cluster") == b"as it was"


def test_one_is_kept_after_every_mutating_call(aws: EmbeddedAws) -> None:
    aws.keep_checkpoints(on=True)
    made = [add(aws) for _ in range(3)]
    everything = vpcs(aws)
    kept = aws.keep_checkpoints(on=False)
    assert [each.call for each in kept] == [1, 2, 3]
    assert sorted(each.at for each in kept) == [each.at for each in kept]
    aws.restore(kept[1])
    assert vpcs(aws) == everything - {made[2]}
    assert [call.number for call in aws.calls()] == [1, 2]
    aws.restore(kept[2])
    assert vpcs(aws) == everything


def test_all_of_them_end_with_the_region_and_each_when_it_is_let_go(aws: EmbeddedAws) -> None:
    kept = [aws.checkpoint() for _ in range(3)]
    aws.restore(kept[1])
    aws.forget(kept[0])
    assert ends(kept[0])
    assert vpcs(aws)
    aws.close()
    assert all(ends(each) for each in kept)


def ends(checkpoint: Checkpoint) -> bool:
    """Whether nobody waits any more to be woken, soon."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", checkpoint.port)).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.05)
    return False
