import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from rehearsal.engine import values
from rehearsal.engine.values import UNKNOWN

SIGNATURE = rpc._special_sig_key
PLAIN = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(st.text(max_size=5), PLAIN, max_size=4)


def output(**parts):
    return {SIGNATURE: rpc._special_output_value_sig, **parts}


@given(PROPERTIES)
def test_properties_survive_a_message(properties):
    assert values.from_struct(values.to_struct(properties)) == properties


@given(PLAIN)
def test_a_secret_is_marked_once_and_comes_off(value):
    marked = values.secret(value)
    assert values.secret(marked) == marked
    assert values.has_secret({"deep": [marked]})
    assert values.reveal([marked, {"a": marked}]) == [value, {"a": value}]
    assert not values.has_secret(value)


def test_unknown_is_found_at_any_depth():
    assert values.has_unknown({"a": [{"b": values.secret(UNKNOWN)}]})
    assert not values.has_unknown({"a": ["b"]})


@pytest.mark.parametrize(
    ("given_", "plain"),
    [
        (output(value="x", dependencies=["u"]), "x"),
        (output(value="x", secret=True), values.secret("x")),
        (output(dependencies=["u"]), UNKNOWN),
        (output(secret=True), values.secret(UNKNOWN)),
        ([output(value=output(value="x"))], ["x"]),
    ],
)
def test_output_values_become_plain(given_, plain):
    assert values.plain_outputs(given_) == plain


def test_dependencies_of_output_values_are_collected():
    nested = {"a": [output(value=output(value=1, dependencies=["v"]), dependencies=["u"])], "b": "c"}
    assert values.output_dependencies(nested) == {"u", "v"}


def test_what_was_secret_on_the_way_in_is_secret_on_the_way_out():
    outputs = {"a": "x", "deep": {"b": "y", "c": "z"}, "list": ["p"], "open": "o"}
    values.keep_secrets(
        outputs,
        {
            "a": values.secret("x"),
            "deep": {"b": values.secret("y"), "c": "z"},
            "list": [values.secret("p")],
            "gone": values.secret("g"),
        },
    )
    assert outputs == {
        "a": values.secret("x"),
        "deep": {"b": values.secret("y"), "c": "z"},
        "list": values.secret(["p"]),
        "open": "o",
    }
