from collections.abc import Callable, Iterator

import pytest

from policies.production import access_logs, deletion_protection, protected, tls_policy, two_zones
from policies.stack import UNKNOWN, Resource
from tests.policies.build import CLUSTER, GROUP, LB, LISTENER, RECORD, listener, resource, rule

RETIRING = {"tags": {"bluegreen:retiring": "true"}}


def balancer(**props: object) -> Resource:
    return resource(LB, "nlb", props)


class TestDeletionProtection:
    @pytest.mark.parametrize("props", [{}, {"enableDeletionProtection": False}])
    def test_a_load_balancer_without_it_is_refused(self, props: dict[str, object]) -> None:
        assert list(deletion_protection(balancer(**props))) == [
            "nlb has no deletion protection; set enableDeletionProtection, "
            "or tag a colour that goes bluegreen:retiring=true"
        ]

    @pytest.mark.parametrize(
        "props", [{"enableDeletionProtection": True}, {"enableDeletionProtection": UNKNOWN}, RETIRING]
    )
    def test_a_protected_or_retiring_one_passes(self, props: dict[str, object]) -> None:
        assert list(deletion_protection(balancer(**props))) == []


class TestAccessLogs:
    @pytest.mark.parametrize(
        "props", [{}, {"accessLogs": {"bucket": "b"}}, {"accessLogs": {"bucket": "b", "enabled": False}}]
    )
    def test_a_load_balancer_without_them_is_refused(self, props: dict[str, object]) -> None:
        assert list(access_logs(balancer(**props))) == [
            "nlb writes no access logs; set accessLogs with enabled true and a bucket"
        ]

    @pytest.mark.parametrize("logs", [{"bucket": "b", "enabled": True}, {"enabled": UNKNOWN}, UNKNOWN])
    def test_one_with_them_passes(self, logs: object) -> None:
        assert list(access_logs(balancer(accessLogs=logs))) == []


class TestTlsPolicy:
    @pytest.mark.parametrize(
        "policy",
        [
            "ELBSecurityPolicy-2016-08",
            "ELBSecurityPolicy-TLS-1-0-2015-04",
            "ELBSecurityPolicy-TLS-1-1-2017-01",
            "ELBSecurityPolicy-FS-2018-06",
            "ELBSecurityPolicy-FS-1-1-2019-08",
            "ELBSecurityPolicy-TLS13-1-0-2021-06",
            "ELBSecurityPolicy-TLS13-1-1-2021-06",
            "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
        ],
    )
    @pytest.mark.parametrize("protocol", ["HTTPS", "TLS", "https"])
    def test_a_policy_with_old_versions_is_refused(self, policy: str, protocol: str) -> None:
        assert list(tls_policy(listener([], protocol=protocol, sslPolicy=policy))) == [
            f"listener has {policy}, which allows TLS below 1.2; "
            "set sslPolicy, for example ELBSecurityPolicy-TLS13-1-2-2021-06"
        ]

    def test_awss_own_default_is_refused(self) -> None:
        [message] = tls_policy(listener([]))
        assert message.startswith("listener has the default, ELBSecurityPolicy-2016-08, which allows TLS below 1.2")

    @pytest.mark.parametrize(
        "policy",
        [
            "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
            "ELBSecurityPolicy-TLS13-1-3-2021-06",
            "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
            "ELBSecurityPolicy-TLS-1-2-2017-01",
            "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
            "ELBSecurityPolicy-FS-1-2-2019-08",
            "ELBSecurityPolicy-FS-1-2-Res-2020-10",
            UNKNOWN,
        ],
    )
    def test_a_current_policy_passes(self, policy: object) -> None:
        assert list(tls_policy(listener([], sslPolicy=policy))) == []

    @pytest.mark.parametrize("protocol", ["TCP", "HTTP", UNKNOWN])
    def test_a_listener_that_does_not_end_tls_passes(self, protocol: object) -> None:
        assert list(tls_policy(listener([], protocol=protocol))) == []


class TestTwoZones:
    @pytest.mark.parametrize(
        ("alone", "subnets"),
        [
            (balancer(subnets=["subnet-1"]), 1),
            (balancer(subnetMappings=[{"subnetId": "subnet-1"}]), 1),
            (balancer(), 0),
            (resource(CLUSTER, "nlb", {"vpcConfig": {"subnetIds": ["subnet-1"]}}), 1),
        ],
    )
    def test_one_subnet_is_refused(self, alone: Resource, subnets: int) -> None:
        assert list(two_zones(alone)) == [f"nlb has {subnets} subnets; give it subnets of at least two zones"]

    @pytest.mark.parametrize(
        "spread",
        [
            balancer(subnets=["subnet-1", "subnet-2"]),
            balancer(subnets=[UNKNOWN, UNKNOWN, UNKNOWN]),
            balancer(subnets=UNKNOWN),
            balancer(subnetMappings=[{"subnetId": "subnet-1"}, {"subnetId": "subnet-2"}]),
            resource(CLUSTER, "blue", {"vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}}),
            resource(CLUSTER, "blue", {"vpcConfig": UNKNOWN}),
            resource(GROUP, "no-subnets"),
        ],
    )
    def test_two_subnets_or_none_yet_known_pass(self, spread: Resource) -> None:
        assert list(two_zones(spread)) == []


class TestProtected:
    @pytest.mark.parametrize("type_", [LB, LISTENER, GROUP, RECORD])
    def test_what_carries_traffic_must_be_protected(self, type_: str) -> None:
        assert list(protected(resource(type_, "blue"))) == [
            "blue carries traffic and is not protected; set protect, or retire it first: "
            "tag bluegreen:retiring=true, for a record weight 0"
        ]
        assert list(protected(resource(type_, "blue", protect=True))) == []

    @pytest.mark.parametrize("type_", [LB, LISTENER, GROUP])
    def test_a_retiring_colour_gives_its_protection_up(self, type_: str) -> None:
        assert list(protected(resource(type_, "blue", RETIRING))) == []

    @pytest.mark.parametrize(("weight", "refused"), [(0, 0), (0.0, 0), (1, 1), (100, 1), (UNKNOWN, 0)])
    def test_a_record_gives_its_protection_up_at_weight_0(self, weight: object, refused: int) -> None:
        weighted = resource(RECORD, "blue", {"weightedRoutingPolicies": [{"weight": weight}]})
        assert len(list(protected(weighted))) == refused

    @pytest.mark.parametrize(
        ("name", "refused"),
        [
            ("blue.dkms.example.cn", 0),
            ("green.keys.example.cn", 0),
            (UNKNOWN, 0),
            ("dkms.example.cn", 1),
            ("blueprint.example.cn", 1),
            (None, 1),
        ],
    )
    def test_the_name_of_a_colour_has_no_clients(self, name: object, refused: int) -> None:
        assert len(list(protected(resource(RECORD, "address", {"name": name})))) == refused

    def test_a_colours_name_excuses_nothing_but_a_simple_record(self) -> None:
        weighted = {"name": "blue.dkms.example.cn", "weightedRoutingPolicies": [{"weight": 50}]}
        assert len(list(protected(resource(RECORD, "blue", weighted)))) == 1
        assert len(list(protected(resource(LB, "blue", {"name": "blue"})))) == 1

    @pytest.mark.parametrize("other", [rule([]), resource(CLUSTER), resource("bluegreen:index:SharedNLB")])
    def test_other_resources_pass(self, other: Resource) -> None:
        assert list(protected(other)) == []


@pytest.mark.parametrize("rule_", [deletion_protection, access_logs, tls_policy, two_zones, protected])
def test_a_rule_says_nothing_of_resources_that_are_not_its_own(rule_: Callable[[Resource], Iterator[str]]) -> None:
    assert list(rule_(resource("aws:s3/bucket:Bucket"))) == []
