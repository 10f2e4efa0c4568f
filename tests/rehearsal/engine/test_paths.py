import pytest
from hypothesis import given

from rehearsal.engine.paths import PropertyPath, ignore_changes
from rehearsal.engine.values import secret

from .test_values import PROPERTIES


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("tags", ("tags",)),
        ("tags.team", ("tags", "team")),
        ("rules[0].port", ("rules", 0, "port")),
        ("rules[*].port", ("rules", "*", "port")),
        ('tags["a.b"]', ("tags", "a.b")),
        ('["say \\"hi\\""].x', ('say "hi"', "x")),
        ("[broken", ("[broken",)),
    ],
)
def test_parse(text, parts):
    assert PropertyPath.parse(text) == parts


@pytest.mark.parametrize(
    ("path", "other", "contains"),
    [
        ("tags", "tags.team", True),
        ("tags.team", "tags", False),
        ("rules[*].port", "rules[3].port", True),
        ("rules[1]", "rules[2]", False),
        ("*", "anything.below", True),
    ],
)
def test_contains(path, other, contains):
    assert PropertyPath.parse(path).contains(PropertyPath.parse(other)) is contains


@given(PROPERTIES, PROPERTIES)
def test_ignoring_every_property_leaves_the_old_ones(new, old):
    keys = [f'["{key}"]' for key in {*new, *old} if key and not set(key) & set('"\\')]
    kept, refused = ignore_changes(new, old, keys)
    assert refused == []
    odd = {key for key in {*new, *old} if not key or set(key) & set('"\\')}
    assert {key: value for key, value in kept.items() if key not in odd} == {
        key: value for key, value in old.items() if key not in odd
    }


@pytest.mark.parametrize(
    ("path", "old", "new", "kept"),
    [
        ("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}),
        ("a.b", {"a": {}}, {"a": {"b": 2}}, {"a": {}}),
        ("a.b", {}, {}, {}),
        ("l[1]", {"l": [1, 2]}, {"l": [3, 4, 5]}, {"l": [3, 2, 5]}),
        (
            "l[*].p",
            {"l": [{"p": 1}, {"p": 2}]},
            {"l": [{"p": 3, "q": 3}, {"p": 4}]},
            {"l": [{"p": 1, "q": 3}, {"p": 2}]},
        ),
        ("m[*]", {"m": {"x": 1}}, {"m": {"x": 2, "y": 3}}, {"m": {"x": 1}}),
        ("s.b", {"s": secret({"b": 1})}, {"s": secret({"b": 2})}, {"s": secret({"b": 1})}),
        ("s.b", {"s": secret({"b": 1})}, {"s": {"b": 2}}, {"s": secret({"b": 1})}),
    ],
)
def test_ignored_paths_keep_their_values(path, old, new, kept):
    assert ignore_changes(new, old, [path]) == (kept, [])


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("l[1]", {"l": [1, 2]}, {"l": [3]}),
        ("l[*]", {"l": [1, 2]}, {"l": [3]}),
        ("a.b", {"a": {"b": 1}}, {}),
        ("a.b", {"a": {"b": 1}}, {"a": "text"}),
    ],
)
def test_a_part_on_the_way_that_came_or_went_is_reported(path, old, new):
    assert ignore_changes(new, old, [path]) == (new, [path])
