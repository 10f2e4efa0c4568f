"""Where a shift stands: two records of which one, both or none has changed, in the state and in AWS."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from components.errors import BlueGreenError
from components.gates.weights import Applied
from components.traffic import Colour, Weights
from rollout.editing import with_weights
from rollout.lock import Note
from rollout.shift.start import Request, Standing, standing
from rollout.stack_text import StackText
from rollout.state import Kept, State
from rollout.watching import Watcher
from tests.rollout.stage import stack_file

NOTE = Note(
    doing="shift to green",
    pid=1,
    host="there",
    since=datetime(2026, 11, 23, tzinfo=UTC),
    to=Colour.GREEN,
    weights=Weights(blue=75, green=25),
)


class Aws:
    """What AWS gives for each record."""

    def __init__(self, blue: int, green: int) -> None:
        self._weights = {"blue": blue, "green": green}

    def applied(self, switch: Kept) -> Applied:
        colour = switch.inputs["setIdentifier"]
        return {colour: self._weights[colour]}


def state(blue: int, green: int) -> State:
    """The state of two weighted records, and a cluster behind each."""
    prefix = "urn:pulumi:dev-bj::dkms::"
    record, cluster = "aws:route53/record:Record", "aws:eks/cluster:Cluster"
    records = [
        Kept(
            urn=f"{prefix}{record}::dkms-{colour}",
            type=record,
            inputs={"setIdentifier": colour, "weightedRoutingPolicies": [{"weight": weight}]},
        )
        for colour, weight in {"blue": blue, "green": green}.items()
    ]
    return State(resources=[*records, *(Kept(urn=f"{prefix}{cluster}::dkms-{each}", type=cluster) for each in Colour)])


def stands(root: Path, kept: State, aws: Aws, found: Note | None, to: Colour = Colour.GREEN) -> Standing:
    text = with_weights(stack_file("dev-bj"), Weights(blue=75, green=25)) if found else stack_file("dev-bj")
    (root / "Pulumi.dev-bj.yaml").write_text(text, encoding="utf-8")
    request = Request("dev-bj", to, root=root)
    return standing(request, StackText("dev-bj", root), kept, cast("Watcher", aws), found)


@pytest.mark.parametrize(
    ("kept", "aws"), [((100, 0), (75, 0)), ((75, 0), (75, 0)), ((75, 0), (75, 25)), ((100, 0), (75, 25))]
)
@pytest.mark.parametrize("to", Colour)
def test_between_two_records(tmp_path: Path, kept: tuple[int, int], aws: tuple[int, int], to: Colour) -> None:
    watched = to is Colour.GREEN  # on the way back nobody waits for the step that is left
    found = stands(tmp_path, state(*kept), Aws(*aws), NOTE, to)
    assert found == Standing(Weights(blue=75, green=25), half_applied=True, unbaked=watched)
    with pytest.raises(BlueGreenError, match="dev-bj: "):
        stands(tmp_path, state(*kept), Aws(*aws), None, to)


def test_before_and_after_the_records(tmp_path: Path) -> None:
    blue = Weights.all_to(Colour.BLUE)
    assert stands(tmp_path, state(100, 0), Aws(100, 0), NOTE) == Standing(blue)
    assert stands(tmp_path, state(100, 0), Aws(100, 0), None) == Standing(blue)
    assert stands(tmp_path, state(75, 25), Aws(75, 25), NOTE) == Standing(Weights(blue=75, green=25), unbaked=True)


def test_what_no_killed_shift_explains(tmp_path: Path) -> None:
    with pytest.raises(BlueGreenError, match="somebody has moved traffic by hand"):
        stands(tmp_path, state(100, 0), Aws(60, 40), NOTE)
    pending = state(100, 0).model_copy(update={"pending": ["updating aws:route53/record:Record dkms-blue"]})
    with pytest.raises(BlueGreenError, match=r"cut off while updating .* dkms-blue; `pulumi refresh` first"):
        stands(tmp_path, pending, Aws(100, 0), None)
    assert stands(tmp_path, pending, Aws(100, 0), NOTE).now == Weights.all_to(Colour.BLUE)
    with pytest.raises(BlueGreenError, match=r"green is in Pulumi.dev-bj.yaml, and not deployed; `pulumi up` first"):
        stands(tmp_path, State(), Aws(100, 0), None)
