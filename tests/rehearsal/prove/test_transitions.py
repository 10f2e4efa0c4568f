"""The states that a stack can be in, and what leads from one to the next."""

import pytest

from components.traffic import Colour
from rehearsal.prove.transitions import adoption_of, tree_of
from rehearsal.stack_file import stacks


def test_what_is_done_again_for_the_other_colour_is_known() -> None:
    tree = tree_of("prod-bj")
    assert tree.repeated == {"add-blue", "all-to-blue"}
    assert {"add-green", "all-to-green", "retire-blue"} <= {each.name for each in tree.transitions} - tree.repeated


def test_clusters_without_traffic_are_left_out() -> None:
    assert "dkms:tools" in tree_of("prod-bj").script.chapters[0].settings
    assert not [each for each in tree_of("prod-bj").transitions if each.config.tools]


@pytest.mark.parametrize("stack", stacks())
def test_what_a_stack_has_today_can_have_been_made_by_hand(stack: str) -> None:
    tree = adoption_of(stack)
    assert tree.adopts
    assert tree.before(tree.first) is tree.first
    names = [each.name for each in tree.transitions]
    assert [name for name in names if "canary" not in name] == [
        "adopt-as-is",
        "adopted-add-green",
        "adopted-all-to-green",
        "adopted-unprotect-blue",
        "adopted-retire-blue",
    ]
    assert tree.repeated == {"adopted-add-green"}
    assert [list(each.config.found) for each in tree.transitions] == [[Colour.BLUE]] * (len(names) - 1) + [[]]
    assert not any(each.config.tools for each in tree.transitions)
