"""What a program can notice of its engine; every case runs on the embedded engine and on the Pulumi CLI."""

import threading

import pytest

from .harness import ops

THREE = """
    a = Thing("a", value="1")
    b = Thing("b", value=a.computed)
    c = Thing("c", value="2", opts=Opts(depends_on=[b]))
    pulumi.export("b", b.computed)
"""


def test_creates_then_leaves_alone(stack):
    result = stack.up(THREE)
    assert ops(result) == ["create a", "create b", "create c"]
    assert result.outputs == {"b": "1!!"}
    assert stack.calls() == ["create a", "create b", "create c"]
    again = stack.up()
    assert ops(again) == ["same a", "same b", "same c"]
    assert again.outputs == {"b": "1!!"}
    assert stack.calls() == []


def test_destroys_in_reverse(stack):
    stack.up(THREE)
    stack.calls()
    assert ops(stack.engine.destroy()) == ["delete c", "delete b", "delete a"]
    assert stack.calls() == ["delete c", "delete b", "delete a"]


def test_updates_in_place_what_changed(stack):
    stack.up(THREE)
    result = stack.up(THREE.replace('value="1"', 'value="3"'))
    assert ops(result) == ["update a", "update b", "same c"]
    assert [step.changed for step in result.changes] == [("value",), ("value",)]
    assert result.outputs == {"b": "3!!"}


def test_deletes_last_and_in_reverse(stack):
    stack.up(THREE)
    stack.calls()
    assert ops(stack.up('Thing("d")')) == ["create d", "delete c", "delete b", "delete a"]
    assert stack.calls() == ["create d", "delete c", "delete b", "delete a"]


def test_creates_side_by_side_what_does_not_depend(stack):
    stack.things.together = threading.Barrier(3)
    result = stack.up("for name in 'abc': Thing(name)")
    assert sorted(ops(result)) == ["create a", "create b", "create c"]


def test_preview_changes_nothing_and_knows_what_it_can(stack):
    text = THREE + '    b.computed.apply(lambda v: print("known", v))'
    result = stack.preview(text)
    assert ops(result) == ["create a", "create b", "create c"]
    assert stack.calls() == []
    assert not any("known" in diagnostic.message for diagnostic in result.diagnostics)
    stack.up()
    stack.calls()
    assert ops(stack.preview('Thing("a", value="9")')) == ["update a", "delete c", "delete b"]
    assert stack.calls() == []
    assert ops(stack.up(THREE)) == ["same a", "same b", "same c"]


def test_replacement_creates_before_it_deletes(stack):
    text = """
        a = Thing("a", key="{}", value="{}")
        b = Thing("b", value=a.computed)
    """
    stack.up(text.format(1, 1))
    stack.calls()
    result = stack.up(text.format(2, 2))
    assert ops(result) == ["create-replacement a", "replace a", "update b", "delete-replaced a"]
    assert result.changes[0].changed == ("key", "value")
    assert stack.calls() == ["create a", "update b", "delete a"]


def test_replacement_chooses_generated_names_anew(stack):
    text = 'a = Thing("a", key="{}"); pulumi.export("auto", a.auto)'
    first = stack.up(text.format(1))
    assert stack.up(text.format(1)).outputs == first.outputs
    assert stack.up(text.format(2)).outputs != first.outputs


CHAIN = """
    a = Thing("a", key="{}", value="{}", opts=Opts(delete_before_replace=True))
    b = Thing("b", key=a.computed)
    c = Thing("c", value=a.computed)
    d = Thing("d", opts=Opts(depends_on=[a]))
"""


def test_delete_before_replace_takes_along_what_would_be_replaced(stack):
    stack.up(CHAIN.format(1, 1))
    stack.calls()
    result = stack.up(CHAIN.format(2, 2))
    done = ops(result)
    assert done[:4] == ["delete-replaced b", "delete-replaced a", "replace a", "create-replacement a"]
    assert sorted(done[4:]) == ["create-replacement b", "replace b", "same d", "update c"]
    assert stack.calls()[:3] == ["delete b", "delete a", "create a"]


def test_provider_may_ask_for_delete_before_replace(stack):
    text = 'Thing("a", key="{}", exclusive=True)'
    stack.up(text.format(1))
    stack.calls()
    assert ops(stack.up(text.format(2))) == ["delete-replaced a", "replace a", "create-replacement a"]
    assert stack.calls() == ["delete a", "create a"]


def test_ignored_changes(stack):
    text = 'Thing("a", value="{}", tags={{"x": "{}", "y": "{}"}}, opts=Opts(ignore_changes=["value", "tags.x"]))'
    stack.up(text.format(1, 1, 1))
    assert ops(stack.up(text.format(2, 2, 1))) == ["same a"]
    result = stack.up(text.format(3, 3, 3))
    assert [(step.op, step.changed) for step in result.changes] == [("update", ("tags",))]
    (thing,) = stack.things.objects.values()
    assert thing["value"].value == "1"
    assert {key: value.value for key, value in thing["tags"].value.items()} == {"x": "1", "y": "3"}


def test_replace_on_changes(stack):
    text = 'Thing("a", tags={{"x": "{}"}}, opts=Opts(replace_on_changes=["tags"]))'
    stack.up(text.format(1))
    result = stack.up(text.format(2))
    assert ops(result) == ["create-replacement a", "replace a", "delete-replaced a"]


PROTECTED = 'Thing("a", key="{}", opts=Opts(protect=True))'


def test_protect_refuses_deletion(stack):
    stack.up(PROTECTED.format(1) + '; Thing("b")')
    stack.calls()
    result = stack.up("")
    assert "cannot be deleted\nbecause it is protected" in result.error
    assert stack.calls() == ["delete b"]


def test_protect_refuses_replacement_until_it_is_lifted(stack):
    stack.up(PROTECTED.format(1))
    stack.calls()
    preview = stack.preview(PROTECTED.format(2))
    assert "as it is currently marked for protection" in preview.error
    assert [step.op for step in preview.changes if step.name == "a"][:2] == ["create-replacement", "replace"]
    result = stack.up()
    assert "unable to replace resource" in result.error
    assert stack.calls() == []
    assert "replace a" in ops(stack.up(PROTECTED.format(2).replace("True", "False")))


def test_retained_and_deleted_with(stack):
    stack.up("""
        a = Thing("a")
        Thing("b", opts=Opts(deleted_with=a))
        Thing("c", opts=Opts(retain_on_delete=True))
    """)
    stack.calls()
    assert sorted(ops(stack.up(""))) == ["delete a", "delete b", "delete c"]
    assert stack.calls() == ["delete a"]


def test_a_failure_stops_and_keeps_what_was_done(stack):
    stack.up('Thing("old")')
    stack.calls()
    stack.things.refuse = {"create b"}
    result = stack.up(THREE)
    assert "b will not create" in result.error
    assert stack.calls() == ["create a"]
    assert "c" not in {step.name for step in result.steps}
    stack.things.refuse = set()
    result = stack.up()
    assert ops(result) == ["same a", "create b", "create c", "delete old"]


def test_what_is_under_way_when_something_fails_ends_and_is_known(stack):
    stack.things.together, stack.things.slow, stack.things.refuse = threading.Barrier(2), {"a"}, {"create b"}
    assert "b will not create" in stack.up('Thing("a"); Thing("b")').error
    stack.things.together, stack.things.refuse = None, set()
    assert sorted(ops(stack.up())) == ["create b", "same a"]


def test_a_failed_update_is_tried_again(stack):
    stack.up('Thing("a", value="1")')
    stack.things.refuse = {"update a"}
    assert "a will not update" in stack.up('Thing("a", value="2")').error
    stack.things.refuse = set()
    assert ops(stack.up()) == ["update a"]


def test_a_replaced_thing_that_resisted_is_deleted_by_the_next_run(stack):
    text = 'Thing("a", key="{}")'
    stack.up(text.format(1))
    stack.things.refuse = {"delete a"}
    assert "a will not delete" in stack.up(text.format(2)).error
    stack.things.refuse = set()
    stack.calls()
    assert ops(stack.up()) == ["same a", "delete-replaced a"]
    assert stack.calls() == ["delete a"]


def test_a_deleted_thing_whose_replacement_failed_is_created_by_the_next_run(stack):
    text = 'Thing("a", key="{}", opts=Opts(delete_before_replace=True))'
    stack.up(text.format(1))
    stack.things.refuse = {"create a"}
    assert "a will not create" in stack.up(text.format(2)).error
    stack.things.refuse = set()
    stack.calls()
    assert ops(stack.up()) == ["replace a", "create-replacement a"]
    assert stack.calls() == ["create a"]


def test_a_program_that_fails_deletes_nothing(stack):
    stack.up(THREE)
    stack.calls()
    result = stack.up('Thing("a", value="1")\nraise KeyError("mine")')
    assert "Program failed with an unhandled exception" in result.error
    assert "KeyError: 'mine'" in result.error
    assert "run_in_stack" not in result.error
    assert stack.calls() == []


def test_a_refused_input(stack):
    result = stack.up('Thing("a", wrong="so")')
    assert "test:index:Thing resource 'a': property wrong value {so} has a problem: it says so" in result.error
    assert stack.calls() == []


def test_one_urn_one_resource(stack):
    result = stack.up('Thing("a"); Thing("a")')
    assert "Duplicate resource URN 'urn:pulumi:s::p::test:index:Thing::a'; try giving it a unique name" in result.error


@pytest.mark.parametrize(
    "alias",
    ['pulumi.Alias(name="old")', '"urn:pulumi:s::p::test:index:Thing::old"'],
)
def test_renamed_by_alias(stack, alias):
    stack.up('Thing("b", opts=Opts(depends_on=[Thing("old")]))')
    stack.calls()
    text = f'Thing("b", opts=Opts(depends_on=[Thing("new", opts=Opts(aliases=[{alias}]))]))'
    assert sorted(ops(stack.up(text))) == ["same b", "same new"]
    assert ops(stack.up('Thing("new")')) == ["same new", "delete b"]
    assert stack.calls() == ["delete b"]
