from pathlib import Path

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour, Weights
from rollout.editing import with_weights
from rollout.lock import lock
from rollout.peer import check_peers, peers
from rollout.state import Kept, State
from tests.rollout.stage import stack_file

GROUPS = {colour: f"arn:aws-cn:elasticloadbalancing:::targetgroup/dkms-{colour}-0123456/1" for colour in Colour}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("dev-bj", "dev-nx", "prod-bj", "prod-nx"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(stack_file(name), encoding="utf-8")
    return tmp_path


def at(blue: int, green: int) -> State:
    """The state of a shared NLB at some weights."""
    prefix = "urn:pulumi:prod-nx::dkms::"
    groups = [
        Kept(
            urn=f"{prefix}aws:lb/targetGroup:TargetGroup::dkms-{colour}",
            type="aws:lb/targetGroup:TargetGroup",
            outputs={"arn": arn},
        )
        for colour, arn in GROUPS.items()
    ]
    targets = [{"arn": GROUPS[Colour.BLUE], "weight": blue}, {"arn": GROUPS[Colour.GREEN], "weight": green}]
    action = {"type": "forward", "forward": {"targetGroups": [each for each in targets if each["weight"]]}}
    listener = Kept(
        urn=f"{prefix}aws:lb/listener:Listener::dkms-entry",
        type="aws:lb/listener:Listener",
        inputs={"defaultActions": [action]},
    )
    return State(resources=[*groups, listener])


def test_a_peer_is_of_the_same_environment(root: Path) -> None:
    assert peers("prod-bj", root) == ["prod-nx"]
    assert peers("dev-nx", root) == ["dev-bj"]
    assert peers("lonely", root) == []


def test_a_peer_at_rest_lets_it_pass(root: Path) -> None:
    assert list(check_peers("prod-bj", root)) == []
    assert list(check_peers("prod-bj", root, lambda _peer: at(0, 100))) == []
    assert list(check_peers("prod-bj", root, lambda _peer: State())) == []


def test_a_peer_in_the_middle_of_a_shift_refuses_it(root: Path) -> None:
    with pytest.raises(
        BlueGreenError, match=r"prod-nx is in the middle of a shift, by its state \(blue 90 · green 10\)"
    ):
        list(check_peers("prod-bj", root, lambda _peer: at(90, 10)))
    with lock("prod-nx", "shift to green", root), pytest.raises(BlueGreenError, match="prod-nx is being moved now"):
        list(check_peers("prod-bj", root))
    path = root / "Pulumi.prod-nx.yaml"
    path.write_text(with_weights(path.read_text(encoding="utf-8"), Weights(blue=1, green=99)), encoding="utf-8")
    with pytest.raises(BlueGreenError, match=r"by its file \(blue 1 · green 99\); clients of prod-bj fail over to it"):
        list(check_peers("prod-bj", root))


def test_a_peer_that_cannot_be_asked_is_told_of_and_one_that_cannot_be_read_refuses_it(root: Path) -> None:
    def unreachable(_peer: str) -> State:
        raise BlueGreenError("no stack named 'prod-nx' found")

    told = list(check_peers("prod-bj", root, unreachable))
    assert told == ["prod-nx was not asked, only its file: no stack named 'prod-nx' found"]
    path = root / "Pulumi.prod-nx.yaml"
    path.write_text("<<<<<<< HEAD\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(BlueGreenError, match="merge conflict"):
        list(check_peers("prod-bj", root))
