"""Hooks, components, providers, secrets and functions, on the embedded engine and on the Pulumi CLI."""

import pytest

from .harness import ops

HOOKED = """
    def hook(moment, fails=False, **options):
        def run(args):
            new, old = args.new_inputs or {}, args.old_inputs or {}
            done = (args.new_outputs or {}).get("computed")
            pulumi.log.info(f"{moment}: {old.get('value')} -> {new.get('value')}, {done}, {bool(args.id)}")
            if fails:
                raise ValueError("not today")
        return pulumi.ResourceHook(moment, run, pulumi.ResourceHookOptions(**options))

    hooks = pulumi.ResourceHookBinding(
        before_create=[hook("before create")],
        after_create=[hook("after create")],
        before_update=[hook("before update", fails=FAILS_BEFORE, on_dry_run=True)],
        after_update=[hook("after update", fails=FAILS_AFTER)],
        before_delete=[hook("before delete")],
        after_delete=[hook("after delete")],
    )
    if WANTED:
        a = Thing("a", value="VALUE", opts=Opts(hooks=hooks))
        Thing("b", value=a.computed)
"""


def hooked(value: str = "1", *, wanted: bool = True, before: bool = False, after: bool = False) -> str:
    text = HOOKED.replace("VALUE", value).replace("WANTED", str(wanted))
    return text.replace("FAILS_BEFORE", str(before)).replace("FAILS_AFTER", str(after))


def printed(result) -> list[str]:
    return [line.message for line in result.diagnostics if line.message.startswith(("before", "after"))]


def test_hooks_run_around_each_operation(stack):
    assert printed(stack.up(hooked("1"))) == [
        "before create: None -> 1, None, False",
        "after create: None -> 1, 1!, True",
    ]
    assert printed(stack.up()) == []
    assert printed(stack.preview(hooked("2"))) == ["before update: 1 -> 2, None, True"]
    assert printed(stack.up()) == ["before update: 1 -> 2, None, True", "after update: 1 -> 2, 2!, True"]
    assert printed(stack.up(hooked(wanted=False))) == [
        "before delete: 2 -> None, None, True",
        "after delete: 2 -> None, None, True",
    ]


def test_a_failing_hook_before_an_update_lets_nothing_change(stack):
    stack.up(hooked("1"))
    stack.calls()
    result = stack.up(hooked("2", before=True))
    assert 'before hook "before update" failed: not today' in result.error
    assert stack.calls() == []
    assert ops(stack.up(hooked("1"))) == ["same a", "same b"]


def test_a_failing_hook_after_an_update_fails_it_but_it_is_done(stack):
    stack.up(hooked("1"))
    stack.calls()
    result = stack.up(hooked("2", after=True))
    assert 'after hook "after update" failed: not today' in result.error
    assert stack.calls() == ["update a"]
    assert ops(stack.up(hooked("2"))) == ["same a", "update b"]


def test_a_hook_may_fail_harmlessly(stack):
    text = hooked("1").replace('hook("before create")', 'hook("before create", fails=True, ignore_errors=True)')
    result = stack.up(text)
    assert ops(result) == ["create a", "create b"]
    warnings = [line.message for line in result.diagnostics if line.severity == "warning"]
    assert any('hook "before create" failed: not today' in line for line in warnings)


HOUSE = """
    class House(pulumi.ComponentResource):
        def __init__(self, name, opts=None, typ="test:index:House"):
            super().__init__(typ, name, None, opts)
            room = Thing(f"{name}-room", opts=Opts(parent=self))
            Thing(f"{name}-room-chair", opts=Opts(parent=room))
            self.register_outputs({"room": room.urn})
"""


def test_urns_of_children(stack):
    result = stack.up(HOUSE + '    House("h")\n')
    prefix = "urn:pulumi:s::p::test:index:House"
    assert [step.urn for step in result.steps if "House" in step.urn] == [
        f"{prefix}::h",
        f"{prefix}$test:index:Thing::h-room",
        f"{prefix}$test:index:Thing$test:index:Thing::h-room-chair",
    ]


def test_children_follow_a_renamed_parent(stack):
    stack.up(HOUSE + '    House("old")\n')
    stack.calls()
    result = stack.up(HOUSE + '    House("new", Opts(aliases=[pulumi.Alias(name="old")]))\n')
    assert ops(result) == ["same new-room", "same new-room-chair"]
    text = (
        HOUSE + '    House("new", typ="test:index:Home", opts=Opts(aliases=[pulumi.Alias(type_="test:index:House")]))\n'
    )
    assert ops(stack.up(text)) == ["same new-room", "same new-room-chair"]
    assert stack.calls() == []
    assert ops(stack.up("")) == ["delete new-room-chair", "delete new-room"]


def test_moved_under_a_parent_by_alias(stack):
    stack.up('Thing("h-room")')
    text = HOUSE.replace("Opts(parent=self)", "Opts(parent=self, aliases=[pulumi.Alias(parent=None)])")
    assert ops(stack.up(text + '    House("h")\n')) == ["same h-room", "create h-room-chair"]


def test_parents_pass_on_protection(stack):
    stack.up(HOUSE + '    House("h", Opts(protect=True))\n')
    assert "cannot be deleted" in stack.up("").error
    assert stack.calls() == ["create h-room", "create h-room-chair"]


PAIR = """
    first = Thing("first", value="1")
    pair = Pair("pair", value=first.computed)
    last = Thing("last", value=pair.joined)
    pulumi.export("joined", pair.joined)
    pulumi.export("left", pair.left.apply(lambda left: left.computed))
"""


def test_a_remote_component_and_what_it_refers_to(stack):
    preview = stack.preview(PAIR)
    assert ops(preview) == ["create first", "create pair-left", "create pair-right", "create last"]
    assert stack.calls() == []
    result = stack.up()
    assert ops(result) == ["create first", "create pair-left", "create pair-right", "create last"]
    assert result.outputs == {"joined": "1!!&1!!!", "left": "1!!"}
    left = next(step for step in result.steps if step.name == "pair-left")
    assert left.urn == "urn:pulumi:s::p::test:index:Pair$test:index:Thing::pair-left"
    again = stack.up()
    assert again.outputs == result.outputs
    assert ops(again) == ["same first", "same pair-left", "same pair-right", "same last"]
    stack.calls()
    assert ops(stack.engine.destroy()) == ["delete last", "delete pair-right", "delete pair-left", "delete first"]


def test_what_a_reference_stands_for_is_asked_of_pulumis_own_provider(stack):
    runs = (stack.preview(PAIR), stack.up(), stack.up(), stack.up(""))
    urn = "urn:pulumi:s::p::pulumi:providers:pulumi::default"
    assert [step.op for run in runs for step in run.steps if step.urn == urn] == ["create", "create", "same", "delete"]


def test_a_failure_inside_a_remote_component(stack):
    stack.things.refuse = {"create pair-right"}
    result = stack.up(PAIR)
    assert "pair-right will not create" in result.error
    assert stack.calls() == ["create first", "create pair-left"]
    assert stack.things.constructed.wait(timeout=10)  # the provider does not wait for an engine that has gone


SECRETS = """
    a = Thing("a", value=Output.secret("hush"))
    b = Thing("b", value="plain", opts=Opts(additional_secret_outputs=["computed"]))
    pulumi.export("a", a.computed)
    pulumi.export("value", a.value)
    pulumi.export("b", b.computed)
    pulumi.export("open", b.value)
"""


def test_secrets_stay_secret(stack):
    for result in (stack.up(SECRETS), stack.up()):
        assert result.outputs == {"a": "hush!", "value": "hush", "b": "plain!", "open": "plain"}
        assert result.secret_outputs == {"a", "value", "b"}


def test_a_failed_run_keeps_the_outputs_it_did_not_set(stack):
    stack.up('pulumi.export("x", 1); pulumi.export("y", 2)')
    result = stack.up('pulumi.export("x", 3)\nraise KeyError("mine")')
    assert result.outputs == {"x": 3, "y": 2}


def test_functions(stack):
    text = """
        doubled = pulumi.runtime.invoke("test:index:double", {"value": "ab"}).value
        a = Thing("a", value="x")
        pulumi.export("plain", doubled["doubled"])
        pulumi.export("later", pulumi.runtime.invoke_output("test:index:double", {"value": a.value})["doubled"])
    """
    assert ops(stack.preview(text)) == ["create a"]
    assert stack.up().outputs == {"plain": "abab", "later": "xx"}
    result = stack.up('pulumi.runtime.invoke("test:index:double", {"value": "odd"})')
    assert "invoke of test:index:double failed: must not be odd (value)" in result.error


def test_reads_what_it_does_not_own(stack):
    stack.things.objects["wild"] = {}
    stack.up('Thing("tame")')
    stack.calls()
    result = stack.up('Thing("tame"); w = Thing("w", Opts(id="wild")); pulumi.export("id", w.id)')
    assert sorted(ops(result)) == ["read w", "same tame"]
    assert result.outputs == {"id": "wild"}
    assert sorted(ops(stack.up(""))) == ["delete tame", "discard w"]
    assert stack.calls() == ["read wild", "delete tame"]
    assert "there is no lost" in stack.up('Thing("w", Opts(id="lost"))').error


def test_adopts_what_exists(stack):
    stack.up('a = Thing("a", value="1"); pulumi.export("id", a.id)')
    (id_,) = stack.things.objects
    kept = dict(stack.things.objects)
    stack.up("")
    stack.things.objects.update(kept)
    stack.calls()
    text = 'b = Thing("b", value="{}", auto="a-1", opts=Opts(import_="' + id_ + '")); pulumi.export("id", b.id)'
    result = stack.up(text.format(1))
    assert ops(result) == ["import b"]
    assert result.outputs == {"id": id_}
    assert ops(stack.up()) == ["same b"]
    assert ops(stack.up(text.format(2))) == ["update b"]
    assert stack.calls() == [f"read {id_}", "update b"]


def test_what_is_adopted_keeps_what_it_has_and_outlives_the_stack(stack):
    stack.up('a = Thing("a", value="1", opts=Opts(retain_on_delete=True)); pulumi.export("id", a.id)')
    (id_,) = stack.things.objects
    stack.up("")
    stack.calls()
    options = f'import_="{id_}", ignore_changes=["{{}}"], retain_on_delete=True, protect={{}}'
    text = 'Thing("b", value="2", opts=Opts(' + options + "))"
    # All that the program asks for is ignored: it is imported, and nothing else happens then or later.
    assert ops(stack.preview(text.format("*", True))) == ["import b"]
    stack.calls()
    assert ops(stack.up()) == ["import b"]
    assert ops(stack.up()) == ["same b"]
    assert stack.calls() == [f"read {id_}"]
    # Then one property is given up, and changes in place; the import is still named, and imports nothing again.
    assert ops(stack.up(text.format("auto", False))) == ["update b"]
    assert stack.calls() == ["update b"]
    assert ops(stack.up("")) == ["delete b"]
    assert stack.calls() == []
    assert list(stack.things.objects) == [id_]


def test_explicit_providers(stack):
    text = """
        one = ThingProvider("one", account="{}")
        two = ThingProvider("two", account="2")
        Thing("a", opts=Opts(provider=one))
        Thing("b", opts=Opts(provider=two))
    """
    result = stack.up(text.format(1))
    assert sorted(ops(result)) == ["create a", "create b"]
    assert sorted(stack.calls()) == ["configure 1", "configure 2", "create a", "create b"]
    assert sorted(ops(stack.up())) == ["same a", "same b"]
    stack.calls()
    result = stack.up(text.format(3))
    assert sorted(ops(result)) == ["create-replacement a", "delete-replaced a", "replace a", "same b"]
    assert sorted(stack.calls()) == ["configure 1", "configure 2", "configure 3", "create a", "delete a"]


def test_a_provider_whose_configuration_is_not_known_yet(stack):
    text = """
        account = Thing("account", value="7")
        late = ThingProvider("late", account=account.computed)
        a = Thing("a", value="1", opts=Opts(provider=late))
        pulumi.export("a", a.computed)
    """
    assert ops(stack.preview(text)) == ["create account", "create a"]
    assert stack.calls() == []
    assert stack.up().outputs == {"a": "1!"}
    assert stack.calls() == ["create account", "configure 7!", "create a"]


def test_configuration_reaches_the_program_and_the_default_provider(stack):
    stack.program("""
        config = pulumi.Config()
        Thing("a")
        pulumi.export("text", config.require("text"))
        pulumi.export("weights", config.require_object("weights"))
    """)
    config = {"p:text": "90", "p:weights": '{"blue": 90}', "test:account": "5"}
    result = stack.engine.up(config)
    assert result.outputs == {"text": "90", "weights": {"blue": 90}}
    assert "configure 5" in stack.calls()


def test_what_the_program_says_is_kept(stack):
    result = stack.up("""
        pulumi.log.warn("a warning")
        a = Thing("a")
        pulumi.info("about a", a)
    """)
    assert ("warning", "a warning") in {(line.severity, line.message) for line in result.diagnostics}
    about = next(line for line in result.diagnostics if line.message == "about a")
    assert about.urn == "urn:pulumi:s::p::test:index:Thing::a"


def test_what_the_program_prints_is_kept(stack, request):
    if request.node.callspec.params["stack"] == "inline":
        pytest.skip("what a program prints in the engine's own process stays there")
    result = stack.up("""
        import sys
        print("to stdout")
        print("to stderr", file=sys.stderr)
    """)
    assert {"to stdout", "to stderr"} <= {line.message for line in result.diagnostics if line.severity == "info"}
