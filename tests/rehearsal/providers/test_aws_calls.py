"""How many mutating calls a change makes, and which: never one for nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
import pytest
from pulumi.runtime.rpc import UNKNOWN

from rehearsal.aws import EmbeddedAws
from rehearsal.providers.values import Props

from .conftest import Network, new_cluster
from .driver import Instance, Resource

LB, LISTENER, RULE = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"
GROUP, RECORD = "aws:lb/targetGroup:TargetGroup", "aws:route53/record:Record"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


@dataclass
class Tap:
    """The names of the calls made inside a `with` block."""

    region: EmbeddedAws
    made: list[str] = field(default_factory=list)

    @contextmanager
    def __call__(self) -> Iterator[list[str]]:
        self.made.clear()
        since = len(self.region.calls())
        yield self.made
        self.made += [call.operation for call in self.region.calls(since)]


@pytest.fixture
def tap(region: EmbeddedAws) -> Tap:
    return Tap(region)


@pytest.fixture
def groups(aws: Instance, network: Network) -> dict[str, str]:
    inputs = {"port": 80, "protocol": "HTTP", "targetType": "ip", "vpcId": network.vpc}
    return {colour: aws.create(GROUP, colour, **inputs).id for colour in ("blue", "green")}


@pytest.fixture
def alb(aws: Instance, network: Network) -> Resource:
    return aws.create(LB, "alb", internal=True, subnets=network.subnets, securityGroups=[network.group])


def forward(groups: dict[str, str], **weights: int) -> list[Props]:
    targets = [{"arn": groups[colour], "weight": weight} for colour, weight in weights.items()]
    return [{"type": "forward", "forward": {"targetGroups": targets}}]


def test_an_alb_with_aws_defaults_is_one_call(aws: Instance, network: Network, tap: Tap) -> None:
    inputs = {"internal": True, "subnets": network.subnets, "securityGroups": [network.group]}
    with tap() as made:
        aws.create(LB, "plain", **inputs, idleTimeout=60, enableHttp2=True, tags={"a": "b"})
    assert made == ["CreateLoadBalancer"]
    with tap() as made:
        aws.create(LB, "own", **inputs, idleTimeout=120, dropInvalidHeaderFields=True)
    assert made == ["CreateLoadBalancer", "ModifyLoadBalancerAttributes"]


def test_a_changed_attribute_is_one_call(alb: Resource, tap: Tap) -> None:
    with tap() as made:
        alb.update(**alb_inputs(alb), idleTimeout=30, tags={"a": "b"})
    assert made == ["ModifyLoadBalancerAttributes", "AddTags"]


@pytest.mark.fact(43)
def test_alb_subnets_change_in_place(alb: Resource, tap: Tap) -> None:
    inputs = alb_inputs(alb) | {"subnets": alb.inputs["subnets"][:2]}
    assert alb.diff(**inputs).replaces == []
    with tap() as made:
        state = alb.update(**inputs)
    assert made == ["SetSubnets"]
    assert sorted(state["subnets"]) == sorted(inputs["subnets"])


def alb_inputs(alb: Resource) -> Props:
    return {key: alb.inputs[key] for key in ("internal", "subnets", "securityGroups")}


def test_a_cluster_keeps_its_security_group_in_a_preview_and_takes_one_kind_of_change_a_call(
    aws: Instance, network: Network, role: Resource, tap: Tap
) -> None:
    cluster = new_cluster(aws, network, role, "moving")
    group = cluster.state["vpcConfig"]["clusterSecurityGroupId"]
    inputs = {key: cluster.inputs[key] for key in ("roleArn", "version", "accessConfig", "tags")}
    later = cluster.update(preview=True, **inputs, vpcConfig={"subnetIds": UNKNOWN})["vpcConfig"]
    assert (later["clusterSecurityGroupId"], later["subnetIds"]) == (group, UNKNOWN)
    cluster.update(preview=True, **inputs, vpcConfig=UNKNOWN)
    subnets = network.subnets[:2]
    with tap() as made:
        state = cluster.update(**inputs, vpcConfig={"subnetIds": subnets, "endpointPrivateAccess": True})
    assert made == ["UpdateClusterConfig"] * 2
    assert (state["vpcConfig"]["subnetIds"], state["vpcConfig"]["clusterSecurityGroupId"]) == (subnets, group)
    with tap() as made:
        cluster.update(**inputs, vpcConfig={"subnetIds": network.subnets, "endpointPrivateAccess": True})
    assert made == ["UpdateClusterConfig"]


def test_an_update_without_a_change_is_no_call(alb: Resource, tap: Tap) -> None:
    with tap() as made:
        alb.update(**alb_inputs(alb))
    assert made == []


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        (lambda given: {"subnets": given["subnets"][1:]}, ["subnets"]),
        (lambda given: {"subnets": [*given["subnets"], "subnet-4"]}, []),
        (lambda given: {"subnets": list(reversed(given["subnets"]))}, []),
        (lambda given: {"securityGroups": ["sg-2"]}, []),
        (lambda given: {"securityGroups": []}, ["securityGroups"]),
        (lambda given: {"enableCrossZoneLoadBalancing": True}, []),
    ],
)
@pytest.mark.fact(43)
def test_what_replaces_an_nlb(
    aws: Instance, network: Network, change: Callable[[Props], Props], replaces: list[str]
) -> None:
    inputs = {"internal": True, "loadBalancerType": "network", "subnets": network.subnets}
    nlb = aws.create(LB, "nlb", **inputs, securityGroups=[network.group])
    inputs |= {"securityGroups": [network.group]}
    assert nlb.diff(**inputs | change(inputs)).replaces == replaces


@pytest.mark.fact(48)
def test_a_shift_of_a_listener_is_one_modify_listener(
    aws: Instance, alb: Resource, groups: dict[str, str], tap: Tap
) -> None:
    inputs = {"loadBalancerArn": alb.id, "port": 80, "protocol": "HTTP"}
    listener = aws.create(LISTENER, "l", **inputs, defaultActions=forward(groups, blue=100))
    shifted = inputs | {"defaultActions": forward(groups, blue=90, green=10)}
    assert listener.diff(**shifted).paths == {
        "defaultActions[0].forward.targetGroups[0].weight": "UPDATE",
        "defaultActions[0].forward.targetGroups[1]": "ADD",
    }
    with tap() as made:
        listener.update(**shifted)
    assert made == ["ModifyListener"]
    assert listener.read() == listener.inputs


def test_a_shift_of_a_rule_is_one_modify_rule(aws: Instance, alb: Resource, groups: dict[str, str], tap: Tap) -> None:
    listener = aws.create(
        LISTENER, "l", loadBalancerArn=alb.id, port=80, protocol="HTTP", defaultActions=forward(groups, blue=1)
    )
    conditions = [{"pathPattern": {"values": ["/dkms*"]}}]
    inputs = {"listenerArn": listener.id, "priority": 5, "conditions": conditions}
    rule = aws.create(RULE, "r", **inputs, actions=forward(groups, blue=1))
    with tap() as made:
        rule.update(**inputs, actions=forward(groups, blue=1, green=9))
    assert made == ["ModifyRule"]
    with tap() as made:
        rule.update(**inputs | {"priority": 6}, actions=forward(groups, blue=1, green=9))
    assert made == ["SetRulePriorities"]


@pytest.mark.fact(21)
def test_a_target_group_behind_an_nlb_keeps_its_frozen_attributes(aws: Instance, network: Network, tap: Tap) -> None:
    inputs = {"port": 80, "protocol": "TCP", "targetType": "alb", "vpcId": network.vpc}
    with tap() as made:
        group = aws.create(GROUP, "a", **inputs, deregistrationDelay=30)
        group.update(**inputs, deregistrationDelay=60)
    assert made == ["CreateTargetGroup"]


@pytest.mark.fact(41)
def test_a_fixed_name_deletes_before_it_replaces(aws: Instance, network: Network) -> None:
    inputs = {"port": 80, "protocol": "HTTP", "targetType": "ip", "vpcId": network.vpc}
    named = aws.create(GROUP, "n", **inputs, name="fixed-by-hand")
    assert named.diff(**inputs | {"port": 81}, name="fixed-by-hand").delete_before_replace
    auto = aws.create(GROUP, "n", **inputs)
    assert not auto.diff(**inputs | {"port": 81}).delete_before_replace


def test_an_alarm_on_an_expression(aws: Instance, tap: Tap) -> None:
    def query(id_: str, metric: str) -> Props:
        dimensions = {"LoadBalancer": "app/dkms/1"}
        of = {"metricName": metric, "namespace": "AWS/ApplicationELB", "period": 60, "stat": "Sum"}
        return {"id": id_, "metric": of | {"dimensions": dimensions}}

    queries = [query("errors", "HTTPCode_Target_5XX_Count"), query("requests", "RequestCount")]
    share = {"id": "share", "expression": "100 * errors / requests", "label": "5xx, per cent", "returnData": True}
    inputs = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 2, "threshold": 5}
    inputs |= {"metricQueries": [*queries, share]}
    with tap() as made:
        alarm = aws.create(ALARM, "green-5xx", **inputs)
    assert made == ["PutMetricAlarm"]
    assert alarm.id.startswith("green-5xx-")
    assert alarm.read() == alarm.inputs
    with tap() as made:
        alarm.update(**inputs | {"metricQueries": [*queries, share | {"expression": "errors / requests"}]})
        alarm.update(**inputs, tags={"a": "b"})
        alarm.update(**inputs)
    assert made == ["PutMetricAlarm", "PutMetricAlarm", "TagResource", "UntagResource"]
    adopted = aws.resource(ALARM, "adopted")
    adopted.adopt(alarm.id)
    assert adopted.diff(**inputs, name=alarm.id).changed == []
    alarm.delete()


class TestRecord:
    @pytest.fixture
    def nlb(self, aws: Instance, network: Network) -> Resource:
        return aws.create(LB, "nlb", loadBalancerType="network", internal=True, subnets=network.subnets)

    @pytest.fixture
    def simple(self, aws: Instance, network: Network, nlb: Resource) -> Props:
        zone = aws.create("aws:route53/zone:Zone", "z", name="calls.example.cn", vpcs=[{"vpcId": network.vpc}])
        alias = {"name": nlb.state["dnsName"], "zoneId": nlb.state["zoneId"], "evaluateTargetHealth": True}
        return {"zoneId": zone.id, "name": "dkms", "type": "A", "aliases": [alias]}

    @pytest.mark.fact(37)
    def test_from_simple_to_weighted_and_on(self, aws: Instance, simple: Props, tap: Tap) -> None:
        record = aws.create(RECORD, "r", **simple)
        weighted = simple | {"setIdentifier": "blue", "weightedRoutingPolicies": [{"weight": 100}]}
        assert record.diff(**weighted).replaces == []
        with tap() as made:
            record.update(**weighted)
        assert made == ["ChangeResourceRecordSets"]
        assert record.read() == record.inputs
        with tap() as made:
            record.update(**weighted | {"weightedRoutingPolicies": [{"weight": 90}]})
        assert made == ["ChangeResourceRecordSets"]
        assert record.read() == record.inputs
        with tap() as made:
            record.update(**simple)
        assert made == ["ChangeResourceRecordSets"]
        assert record.read() == record.inputs
        record.delete()

    @pytest.mark.fact(38)
    def test_a_record_that_exists_is_not_taken_over(self, aws: Instance, simple: Props) -> None:
        first = aws.create(RECORD, "r", **simple)
        with pytest.raises(grpc.RpcError, match="InvalidChangeBatch"):
            aws.create(RECORD, "r", **simple)
        aws.create(RECORD, "r", **simple, allowOverwrite=True)
        first.delete()
