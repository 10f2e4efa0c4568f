"""The parts without I/O, by property."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.provider.experimental.property_value import PropertyValue

from rehearsal.providers.aws.actions import read_actions, read_conditions, write_actions, write_conditions
from rehearsal.providers.aws.attributes import Attribute, Attributes, flag
from rehearsal.providers.diff import changed_inputs, detailed_diff, shaped
from rehearsal.providers.values import Props, properties, props

text = st.text(max_size=6)
values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
bags = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


@given(bags)
def test_values_survive_the_wire(bag: Props) -> None:
    wire = PropertyValue.marshal_map(properties(bag))
    assert props(PropertyValue.unmarshal_map(wire)) == bag


@given(bags, bags)
def test_a_diff_names_what_differs(old: Props, new: Props) -> None:
    changed = changed_inputs(old, new)
    assert changed == {key for key in old | new if (old.get(key) or None) != (new.get(key) or None)}
    paths = detailed_diff(old, new, changed, ())
    assert {path[0] for path in paths} == changed


@given(bags)
def test_a_diff_with_itself_is_empty(bag: Props) -> None:
    assert changed_inputs(bag, bag) == set()
    assert detailed_diff(bag, bag, bag, bag) == {}


@given(st.lists(text, max_size=4), st.randoms())
def test_a_set_has_no_order(items: list[str], random: Any) -> None:
    shuffled = random.sample(items, len(items))
    assert changed_inputs({"a": items}, {"a": shuffled}, sets={"a"}) == set()


def test_documents_have_no_spelling() -> None:
    assert changed_inputs({"a": '{"b": 1}'}, {"a": '{ "b":1 }'}, documents={"a"}) == set()
    assert changed_inputs({"a": '{"b": 1}'}, {"a": '{"b": 2}'}, documents={"a"}) == {"a"}
    assert changed_inputs({"a": '{"b": 1}'}, {"a": "not known"}, documents={"a"}) == {"a"}


@given(bags, bags)
def test_shaped_keeps_no_more_than_is_asked(value: Props, like: Props) -> None:
    assert shaped(value, like).keys() == value.keys() & like.keys()
    assert shaped(value, value) == value


arns = st.sampled_from([f"arn:aws-cn:elasticloadbalancing:cn-north-1:1:targetgroup/{name}/1" for name in "abc"])
forwards = st.fixed_dictionaries(
    {
        "type": st.just("forward"),
        "forward": st.fixed_dictionaries(
            {
                "targetGroups": st.lists(
                    st.fixed_dictionaries({"arn": arns, "weight": st.integers(0, 999)}), min_size=1, max_size=5
                )
            },
            optional={"stickiness": st.fixed_dictionaries({"enabled": st.booleans(), "duration": st.integers(1, 9)})},
        ),
    },
    optional={"order": st.integers(1, 9)},
)
fixed = st.fixed_dictionaries(
    {
        "type": st.just("fixed-response"),
        "fixedResponse": st.fixed_dictionaries({"contentType": st.just("text/plain"), "statusCode": st.just("503")}),
    }
)
redirect = st.fixed_dictionaries(
    {
        "type": st.just("redirect"),
        "redirect": st.fixed_dictionaries({"port": st.just("443"), "statusCode": st.just("HTTP_301")}),
    }
)
single = st.fixed_dictionaries({"type": st.just("forward"), "targetGroupArn": arns})


@given(st.lists(forwards | fixed | redirect | single, min_size=1, max_size=3))
@pytest.mark.fact(48)
def test_actions_come_back_as_they_went(actions: list[Props]) -> None:
    assert read_actions(write_actions(actions)) == actions


named = st.lists(st.text("abc*", min_size=1), min_size=1, max_size=3)
conditions = st.one_of(
    *(st.fixed_dictionaries({key: st.fixed_dictionaries({"values": named})}) for key in ("hostHeader", "pathPattern")),
    st.fixed_dictionaries({"sourceIp": st.fixed_dictionaries({"values": st.just(["10.0.0.0/8"])})}),
    st.fixed_dictionaries(
        {"httpHeader": st.fixed_dictionaries({"httpHeaderName": st.just("x-colour"), "values": named})}
    ),
    st.fixed_dictionaries({"queryStrings": st.just([{"key": "a", "value": "b"}])}),
)


@given(st.lists(conditions, max_size=3))
def test_conditions_come_back_as_they_went(given_conditions: list[Props]) -> None:
    assert read_conditions(write_conditions(given_conditions)) == given_conditions


ATTRIBUTES = Attributes(
    {
        "idleTimeout": Attribute("idle.seconds", 60, int),
        "enableHttp2": Attribute("http2.enabled", default=True, read=flag),
        "accessLogs.bucket": Attribute("logs.bucket", ""),
    }
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "idleTimeout": st.integers(1, 4000),
        "enableHttp2": st.booleans(),
        "accessLogs": st.fixed_dictionaries({}, optional={"bucket": st.text("ab", min_size=1)}),
    },
)


@given(attributes, attributes)
def test_attribute_changes_lead_from_the_old_to_the_new(old: Props, new: Props) -> None:
    held = {change["Key"]: change["Value"] for change in ATTRIBUTES.changes({}, old)}
    held |= {change["Key"]: change["Value"] for change in ATTRIBUTES.changes(old, new)}
    described = [{"Key": key, "Value": value} for key, value in held.items()]
    assert ATTRIBUTES.changes(ATTRIBUTES.values(described), new) == []
    assert ATTRIBUTES.changes(new, new) == []
