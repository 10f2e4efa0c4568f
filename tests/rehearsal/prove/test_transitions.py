"""The states that a stack can be in, and what leads from one to the next."""

import pytest

from components.network_model import ExistingNetwork
from components.traffic import Colour
from rehearsal.prove.transitions import adoption_of, tree_of
from rehearsal.script import load
from rehearsal.stack_file import stacks


def test_what_is_done_again_for_the_other_colour_is_known() -> None:
    tree = tree_of("prod-bj")
    assert tree.repeated == {"add-blue", "all-to-blue"}
    assert {"add-green", "all-to-green", "retire-blue"} <= {each.name for each in tree.transitions} - tree.repeated


def test_what_no_request_passes_is_left_out() -> None:
    assert load("prod-bj")[1].tools
    configs = [each.config for each in tree_of("prod-bj").transitions]
    assert not any(config.tools for config in configs)
    assert all(isinstance(config.network, ExistingNetwork) for config in configs)


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
