import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.traffic import Weights
from policies.stack import UNKNOWN, Resource, Stack
from policies.weights import of_one_resource, of_record_sets
from tests.policies.build import RECORD, forward, listener, resource, rule

WAY_OUT = "; write shares as whole per cents that sum to 100"
PER_CENTS = st.integers(min_value=0, max_value=100)


def record(called: str, weight: object, **props: object) -> Resource:
    given = {"zoneId": "Z1", "name": "dkms.example.cn", "type": "A", **props}
    return resource(RECORD, called, {**given, "weightedRoutingPolicies": [{"weight": weight}]})


def messages(*records: Resource) -> list[str]:
    return [finding.message for finding in of_record_sets(Stack(records))]


class TestForwards:
    @pytest.mark.parametrize(
        ("actions", "message"),
        [
            (forward(blue=90, green=20), f"forwards by weights 90/20, which sum to 110{WAY_OUT}"),
            (forward(blue=9.0, green=1.0), f"forwards by weights 9/1, which sum to 10{WAY_OUT}"),
            (
                forward(blue=0, green=0),
                f"forwards by weights 0/0, all zero, but some colour must have traffic{WAY_OUT}",
            ),
            (
                forward(blue=0),
                f"forwards by weights 0, all zero, but some colour must have traffic{WAY_OUT}",
            ),
            (forward(blue=1000), "has weight 1000; AWS takes whole numbers from 0 to 999"),
            (forward(blue=-1), "has weight -1; AWS takes whole numbers from 0 to 999"),
            (forward(blue=99.5, green=0.5), "has weight 99.5; AWS takes whole numbers from 0 to 999"),
            (forward(blue="100"), "has weight 100; AWS takes whole numbers from 0 to 999"),
        ],
    )
    def test_wrong_weights_are_refused(self, actions: list[object], message: str) -> None:
        for forwarding in (listener(actions), listener(actions, protocol="TCP"), rule(actions)):
            assert f"{forwarding.name} {message}" in list(of_one_resource(forwarding))

    @pytest.mark.parametrize(
        "actions",
        [
            forward(blue=100),
            forward(blue=1),
            forward(blue=90, green=10),
            forward(blue=100.0, green=0.0),
            [{"type": "forward", "targetGroupArn": "arn"}],
            [{"type": "redirect"}],
            forward(blue=UNKNOWN, green=10),
            [{"forward": UNKNOWN}],
            UNKNOWN,
            None,
        ],
    )
    def test_right_weights_and_unknown_ones_pass(self, actions: object) -> None:
        assert list(of_one_resource(listener(actions))) == []

    @given(PER_CENTS)
    def test_every_split_that_the_library_makes_passes(self, blue: int) -> None:
        weights = Weights(blue=blue, green=100 - blue).forward
        assert list(of_one_resource(listener(forward(**weights)))) == []

    @given(st.integers(0, 999), st.integers(0, 999))
    def test_two_weights_pass_only_as_shares(self, blue: int, green: int) -> None:
        found = list(of_one_resource(listener(forward(blue=blue, green=green))))
        assert (found == []) == (blue + green == 100)

    @given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
    def test_a_weight_out_of_range_is_refused_and_nothing_else_is(self, weight: object) -> None:
        whole = not isinstance(weight, bool) and weight in range(1000)
        found = [m for m in of_one_resource(listener(forward(blue=weight))) if "AWS takes whole" in m]
        assert (found == []) == whole


class TestRecords:
    @pytest.mark.parametrize("weight", [256, -1, 0.5, "all"])
    def test_a_weight_out_of_range_is_refused(self, weight: object) -> None:
        assert list(of_one_resource(record("blue", weight))) == [
            f"blue has weight {weight}; AWS takes whole numbers from 0 to 255"
        ]

    @pytest.mark.parametrize("weight", [0, 100, 255, UNKNOWN])
    def test_a_weight_in_range_passes(self, weight: object) -> None:
        assert list(of_one_resource(record("blue", weight))) == []

    def test_all_zero_is_refused(self) -> None:
        zero = f"all zero, but some colour must have traffic{WAY_OUT}"
        assert messages(record("blue", 0)) == [f"blue answer for one name by weights 0, {zero}"]
        assert messages(record("blue", 0), record("green", 0)) == [
            f"blue and green answer for one name by weights 0/0, {zero}"
        ]

    def test_shares_that_do_not_sum_to_100_are_refused(self) -> None:
        [message] = messages(record("blue", 90), record("green", 20))
        assert message == f"blue and green answer for one name by weights 90/20, which sum to 110{WAY_OUT}"

    @given(PER_CENTS)
    def test_shares_pass(self, blue: int) -> None:
        assert messages(record("blue", blue), record("green", 100 - blue)) == []

    @pytest.mark.parametrize("other", [{"type": "AAAA"}, {"zoneId": "Z2"}, {"name": "other.example.cn"}])
    def test_only_records_of_one_name_type_and_zone_belong_together(self, other: dict[str, object]) -> None:
        assert messages(record("blue", 70), record("green", 60, **other)) == []

    def test_a_name_is_the_same_in_capitals_and_with_a_dot(self) -> None:
        assert messages(record("blue", 70), record("green", 60, name="DKMS.example.cn.")) != []

    def test_simple_and_unknown_records_say_nothing(self) -> None:
        assert messages(resource(RECORD, "simple", {"zoneId": "Z1"}), record("green", UNKNOWN)) == []
        assert messages(record("blue", 10), record("green", UNKNOWN)) == []

    def test_records_of_a_zone_that_is_being_created_belong_together(self) -> None:
        blue, green = (
            Resource(
                type=made.type, urn=made.urn, props={**made.props, "zoneId": UNKNOWN}, references={"zoneId": ("urn:z",)}
            )
            for made in (record("blue", 70), record("green", 60))
        )
        assert len(messages(blue, green)) == 1
