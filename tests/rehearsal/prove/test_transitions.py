"""The states that a stack can be in, and what leads from one to the next."""

from rehearsal.prove.transitions import tree_of


def test_what_is_done_again_for_the_other_colour_is_known() -> None:
    tree = tree_of("prod-bj")
    assert tree.repeated == {"add-blue", "all-to-blue"}
    assert {"add-green", "all-to-green", "retire-blue"} <= {each.name for each in tree.transitions} - tree.repeated


def test_clusters_without_traffic_are_left_out() -> None:
    assert "dkms:tools" in tree_of("prod-bj").script.chapters[0].settings
    assert not [each for each in tree_of("prod-bj").transitions if each.config.tools]
