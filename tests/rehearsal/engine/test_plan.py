import pytest

from rehearsal.engine.goal import Goal
from rehearsal.engine.plan import Action, Change, Diff, diff_of_inputs
from rehearsal.engine.values import secret

from .test_graph import state

NOTHING = Diff(changed=False)
CHANGE = Diff(changed=True, keys=("value",))
REPLACEMENT = Diff(changed=True, keys=("key",), replace_keys=("key",))
DETAILED = Diff(changed=True, detailed={"tags.team": False, 'rules[0]["a.b"]': True})


def goal(**options) -> Goal:
    return Goal(type="t:i:T", name="a", custom=True, inputs={}, **options)


@pytest.mark.parametrize(
    ("diff", "options", "expected"),
    [
        (NOTHING, {}, Change(Action.SAME)),
        (CHANGE, {}, Change(Action.UPDATE, ("value",))),
        (REPLACEMENT, {}, Change(Action.REPLACE, ("key",))),
        (DETAILED, {}, Change(Action.REPLACE, ("rules", "tags"))),
        (REPLACEMENT, {"delete_before_replace": True}, Change(Action.DELETE_BEFORE_REPLACE, ("key",))),
        (CHANGE, {"replace_on_changes": ["value"]}, Change(Action.REPLACE, ("value",))),
        (CHANGE, {"replace_on_changes": ["*"]}, Change(Action.REPLACE, ("value",))),
        (CHANGE, {"replace_on_changes": ["other"]}, Change(Action.UPDATE, ("value",))),
        (NOTHING, {"replace_on_changes": ["*"], "delete_before_replace": True}, Change(Action.SAME)),
    ],
)
def test_decisions(diff, options, expected):
    assert Change.decide(state("a"), goal(**options), diff) == expected


@pytest.mark.parametrize(("wish", "action"), [(None, Action.DELETE_BEFORE_REPLACE), (False, Action.REPLACE)])
def test_the_program_outranks_the_provider(wish, action):
    diff = Diff(changed=True, replace_keys=("key",), delete_before_replace=True)
    assert Change.decide(state("a"), goal(delete_before_replace=wish), diff).action is action


def test_what_is_deleted_already_is_replaced_without_a_difference():
    old = state("a", pending_replacement=True)
    assert Change.decide(old, goal(), NOTHING).action is Action.DELETE_BEFORE_REPLACE


def test_inputs_differ_by_their_values_not_by_their_secrecy():
    old = {"a": secret("1"), "b": "2", "c": None}
    assert diff_of_inputs(old, {"a": "1", "b": "2", "c": None}) == NOTHING
    assert diff_of_inputs(old, {"a": "1", "b": "3", "d": "4"}) == Diff(changed=True, keys=("b", "c", "d"))
