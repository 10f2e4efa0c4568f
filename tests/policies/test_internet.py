from collections.abc import Callable

import pytest

from policies.internet import open_to_the_internet
from policies.stack import UNKNOWN, Resource, Stack
from tests.policies.build import INGRESS, LB, SECURITY_GROUP, as_in_preview, resource

PUBLIC = {"tags": {"bluegreen:public": "true"}}
WAY_OUT = "; name the clients' networks, or tag bluegreen:public=true what is meant to be public"


def group(**props: object) -> Resource:
    return resource(SECURITY_GROUP, "entry", {"id": "sg-1", **props})


GROUP = group()
NLB = resource(
    LB,
    "nlb",
    {"loadBalancerType": "network", "securityGroups": ["sg-1"]},
    references={"securityGroups": (GROUP.urn,)},
)


def ingress(name: str = "clients", **props: object) -> Resource:
    given = {"securityGroupId": "sg-1", **props}
    return resource(INGRESS, name, given, references={"securityGroupId": (GROUP.urn,)})


def messages(*resources: Resource) -> list[str]:
    return [finding.message for finding in open_to_the_internet(Stack(resources))]


@pytest.mark.parametrize("seen", [lambda r: r, as_in_preview], ids=["update", "preview"])
class TestRules:
    @pytest.mark.parametrize(
        ("rules", "network"),
        [
            ([ingress(cidrIpv4="0.0.0.0/0")], "0.0.0.0/0"),
            ([ingress(cidrIpv6="::/0")], "::/0"),
            ([ingress(cidrIpv4="10.0.0.0/0")], "0.0.0.0/0"),
            ([ingress(cidrIpv4="0.0.0.0/1"), ingress("other", cidrIpv4="128.0.0.0/1")], "0.0.0.0/0"),
            ([ingress(cidrIpv6="8000::/1"), ingress("other", cidrIpv6="::/1")], "::/0"),
        ],
    )
    def test_the_whole_internet_is_refused(
        self, rules: list[Resource], network: str, seen: Callable[[Resource], Resource]
    ) -> None:
        [message] = messages(*map(seen, [GROUP, NLB, *rules]))
        names = ", ".join(rule.name for rule in rules)
        assert message == f"{names} let {network} reach a load balancer{WAY_OUT}"

    @pytest.mark.parametrize(
        "resources",
        [
            [GROUP, ingress(cidrIpv4="10.0.0.0/8"), ingress("b", cidrIpv4="172.16.0.0/12")],
            [GROUP, ingress(cidrIpv4="0.0.0.0/1")],
            [GROUP, ingress(referencedSecurityGroupId="sg-2")],
            [GROUP, ingress(cidrIpv4="0.0.0.0/0", **PUBLIC)],
            [group(**PUBLIC), ingress(cidrIpv4="0.0.0.0/0")],
            [GROUP, ingress(cidrIpv4=UNKNOWN)],
        ],
    )
    def test_clients_networks_and_what_is_declared_public_pass(
        self, resources: list[Resource], seen: Callable[[Resource], Resource]
    ) -> None:
        assert messages(*map(seen, [NLB, *resources])) == []

    @pytest.mark.parametrize("cidrs", [{"cidrBlocks": ["0.0.0.0/0"]}, {"ipv6CidrBlocks": ["::/0"]}])
    def test_the_older_ways_to_write_a_rule_are_read(
        self, cidrs: dict[str, object], seen: Callable[[Resource], Resource]
    ) -> None:
        old = resource(
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            "old",
            {"type": "ingress", "securityGroupId": "sg-1", **cidrs},
            references={"securityGroupId": (GROUP.urn,)},
        )
        assert len(messages(*map(seen, [GROUP, NLB, old]))) == 1
        assert len(messages(*map(seen, [group(ingress=[cidrs]), NLB]))) == 1

    def test_egress_and_other_groups_pass(self, seen: Callable[[Resource], Resource]) -> None:
        egress = resource(
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            "out",
            {"type": "egress", "securityGroupId": "sg-1", "cidrBlocks": ["0.0.0.0/0"]},
            references={"securityGroupId": (GROUP.urn,)},
        )
        nodes = resource(SECURITY_GROUP, "nodes", {"id": "sg-2"})
        elsewhere = resource(
            INGRESS,
            "nodes-in",
            {"securityGroupId": "sg-2", "cidrIpv4": "0.0.0.0/0"},
            references={"securityGroupId": (nodes.urn,)},
        )
        assert messages(*map(seen, [GROUP, NLB, egress, nodes, elsewhere])) == []


def test_the_rules_of_a_group_from_another_stack_are_read() -> None:
    assert len(messages(NLB, ingress(cidrIpv4="0.0.0.0/0"))) == 1


def test_the_finding_names_the_rule() -> None:
    open_rule = ingress(cidrIpv4="0.0.0.0/0")
    [finding] = open_to_the_internet(Stack([GROUP, NLB, open_rule]))
    assert finding.urn == open_rule.urn


class TestWithoutASecurityGroup:
    def test_an_nlb_that_faces_the_internet_is_refused(self) -> None:
        assert messages(resource(LB, "nlb", {"loadBalancerType": "network"})) == [
            f"nlb faces the internet without a security group; give it one and {WAY_OUT.removeprefix('; ')}"
        ]

    @pytest.mark.parametrize(
        "props",
        [
            {"loadBalancerType": "network", "internal": True},
            {"loadBalancerType": "network", "internal": UNKNOWN},
            {"loadBalancerType": "network", "securityGroups": UNKNOWN},
            {"loadBalancerType": "network", **PUBLIC},
            {"loadBalancerType": "application"},
        ],
    )
    def test_internal_public_or_application_load_balancers_pass(self, props: dict[str, object]) -> None:
        assert messages(resource(LB, "lb", props)) == []
