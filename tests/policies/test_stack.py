import pytest

from policies.stack import UNKNOWN, Resource, Stack, is_prod
from tests.policies.build import GROUP, LISTENER, group_arn, listener, resource, urn


@pytest.mark.parametrize(
    ("stack", "prod"),
    [
        ("dev-bj", False),
        ("dev-nx", False),
        ("qa-bj", False),
        ("qa-nx", False),
        ("prod-bj", True),
        ("prod-nx", True),
        ("dev", False),
        ("qa", False),
        ("prod", True),
        ("dev-bj-alice", False),
        ("staging", True),
        ("development", True),
        ("devil-bj", True),
        ("DEV-bj", True),
        ("dev_bj", True),
        ("dev-", True),
        ("bj-dev", True),
        ("dev-prod-bj", True),
        ("qa-production", True),
        ("dev-preprod", True),
        ("qa-live", True),
        ("dev-prd-bj", True),
        ("", True),
    ],
)
def test_a_stack_not_known_to_be_dev_or_qa_is_prod(stack: str, prod: bool) -> None:
    assert is_prod(stack) is prod


def test_the_stack_is_read_from_the_urn() -> None:
    assert Resource(type="t:m:T", urn=urn("t:m:T", "a::b", stack="qa-bj"), props={}).stack == "qa-bj"
    assert Resource(type="t:m:T", urn=urn("t:m:T", "a::b", stack="qa-bj"), props={}).name == "a::b"


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("aws:lb/listener:Listener", "aws:lb:Listener"),
        ("aws:alb/listener:Listener", "aws:lb:Listener"),
        ("aws:elasticloadbalancingv2/listener:Listener", "aws:lb:Listener"),
        ("aws:applicationloadbalancing/listener:Listener", "aws:lb:Listener"),
        ("aws-native:elasticloadbalancingv2:Listener", "aws-native:lb:Listener"),
        ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2:SecurityGroup"),
        ("kubernetes:core/v1:Service", "kubernetes:core:Service"),
        ("bluegreen:index:SharedALB", "bluegreen:index:SharedALB"),
    ],
)
def test_a_kind_has_one_spelling(spelling: str, kind: str) -> None:
    assert resource(spelling).kind == kind


class TestTargets:
    blue = resource(GROUP, "blue", {"arn": group_arn("blue")})
    green = resource(GROUP, "green", {"arn": group_arn("green")})

    def found(self, values: list[object], *references: Resource) -> set[str]:
        pointing = resource(LISTENER, references={"defaultActions": tuple(r.urn for r in references)})
        stack = Stack([self.blue, self.green, pointing])
        return set(stack.targets(pointing, "defaultActions", values, "aws:lb:TargetGroup"))

    def test_a_known_arn_is_the_resource_that_has_it(self) -> None:
        assert self.found([group_arn("blue")]) == {self.blue.urn}

    def test_an_arn_of_another_stack_stays_itself(self) -> None:
        assert self.found([group_arn("other")]) == {group_arn("other")}

    def test_unknown_values_are_what_went_into_the_property(self) -> None:
        assert self.found([UNKNOWN], self.green) == {self.green.urn}
        assert self.found([UNKNOWN, UNKNOWN], self.blue, self.green) == {self.blue.urn, self.green.urn}
        assert self.found([group_arn("blue"), UNKNOWN], self.blue, self.green) == {
            self.blue.urn,
            self.green.urn,
        }

    def test_what_cannot_be_told_is_left_out(self) -> None:
        assert self.found([UNKNOWN], self.blue, self.green) == set()

    def test_resources_of_other_kinds_do_not_count(self) -> None:
        assert self.found([UNKNOWN], self.green, listener([])) == {self.green.urn}


def test_a_tag_that_is_unknown_may_be_true() -> None:
    assert resource(GROUP, props={"tags": {"t": "true"}}).tagged("t")
    assert resource(GROUP, props={"tags": {"t": UNKNOWN}}).tagged("t")
    assert resource(GROUP, props={"tags": UNKNOWN}).tagged("t")
    assert not resource(GROUP, props={"tags": {"t": "false"}}).tagged("t")
    assert not resource(GROUP).tagged("t")
