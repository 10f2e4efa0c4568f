"""Every resource type, from its creation to its end: nothing to do, a change in place, a replacement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.providers.aws.catalogue import RESOURCE_TYPES
from rehearsal.providers.diff import changed_inputs, shaped
from rehearsal.providers.values import Props

from .conftest import Network
from .driver import Instance, Resource, policy, trust


@dataclass(frozen=True)
class World:
    aws: Instance
    network: Network
    role: Resource
    cluster: Resource

    def new(self, token: str, name: str, /, **inputs: Any) -> Resource:
        return self.aws.create(token, name, **inputs)


@dataclass(frozen=True)
class Case:
    token: str
    inputs: Callable[[World], Props]
    outputs: tuple[str, ...] = ()
    """Some of what AWS must say."""
    in_place: Props = field(default_factory=dict)
    """Changed inputs; one of them None is left out."""
    replacing: Props = field(default_factory=dict)


def _alb(world: World, name: str = "alb") -> Resource:
    return world.new(
        "aws:lb/loadBalancer:LoadBalancer", name, internal=True, subnets=world.network.subnets,
        securityGroups=[world.network.group],
    )  # fmt: skip


def _target_group(world: World, name: str = "tg", **inputs: Any) -> str:
    defaults = {"port": 8080, "protocol": "HTTP", "targetType": "ip", "vpcId": world.network.vpc}
    return world.new("aws:lb/targetGroup:TargetGroup", name, **defaults | inputs).id


def _forward(*groups: tuple[str, int]) -> list[Props]:
    return [
        {"type": "forward", "forward": {"targetGroups": [{"arn": arn, "weight": weight} for arn, weight in groups]}}
    ]


def _listener_inputs(world: World) -> Props:
    alb = _alb(world, "listened")
    blue, green = (_target_group(world, colour) for colour in ("blue", "green"))
    return {
        "loadBalancerArn": alb.id,
        "port": 80,
        "protocol": "HTTP",
        "defaultActions": _forward((blue, 90), (green, 10)),
    }


def _rule_inputs(world: World) -> Props:
    listener = world.new("aws:lb/listener:Listener", "ruled", **_listener_inputs(world))
    return {
        "listenerArn": listener.id,
        "priority": 7,
        "conditions": [{"hostHeader": {"values": ["dkms.example.cn"]}}, {"pathPattern": {"values": ["/v1/*"]}}],
        "actions": listener.inputs["defaultActions"],
    }


def _attachment_inputs(world: World) -> Props:
    alb = _alb(world, "behind")
    inputs = {"loadBalancerArn": alb.id, "port": 80, "protocol": "HTTP"}
    world.new("aws:lb/listener:Listener", "behind", **inputs, defaultActions=_forward((_target_group(world), 1)))
    group = _target_group(world, "to-alb", port=80, protocol="TCP", targetType="alb")
    return {"targetGroupArn": group, "targetId": alb.id, "port": 80}


def _zone(world: World, name: str) -> str:
    return world.new("aws:route53/zone:Zone", "z", name=name, vpcs=[{"vpcId": world.network.vpc}]).id


def _policy_arn(world: World) -> str:
    return world.new("aws:iam/policy:Policy", "p", policy=policy("s3:Get*")).id


def _entry_inputs(world: World) -> Props:
    person = world.new("aws:iam/role:Role", "person", assumeRolePolicy=trust("ec2.amazonaws.com.cn"))
    return {"clusterName": world.cluster.id, "principalArn": person.state["arn"]}


def _association_inputs(world: World) -> Props:
    entry = _entry_inputs(world)
    world.new("aws:eks/accessEntry:AccessEntry", "e", **entry)
    view = "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    return {**entry, "policyArn": view, "accessScope": {"type": "cluster"}}


CASES = [
    Case(
        "aws:ec2/vpc:Vpc",
        lambda _: {"cidrBlock": "10.9.0.0/16", "tags": {"Name": "a"}},
        ("arn", "defaultSecurityGroupId", "mainRouteTableId", "defaultNetworkAclId", "ownerId"),
        {"enableDnsHostnames": True, "tags": {"Name": "b", "Team": "c"}},
        {"cidrBlock": "10.8.0.0/16"},
    ),
    Case(
        "aws:ec2/subnet:Subnet",
        lambda w: {"vpcId": w.network.vpc, "cidrBlock": "10.0.77.0/24", "availabilityZone": "cn-north-1a"},
        ("arn", "availabilityZoneId"),
        {"mapPublicIpOnLaunch": True, "tags": {"a": "b"}},
        {"availabilityZone": "cn-north-1b"},
    ),
    Case(
        "aws:ec2/internetGateway:InternetGateway",
        lambda w: {"vpcId": w.new("aws:ec2/vpc:Vpc", "igw", cidrBlock="10.7.0.0/16").id},
        ("arn",),
        {"tags": {"a": "b"}},
    ),
    Case(
        "aws:ec2/eip:Eip",
        lambda _: {"domain": "vpc"},
        ("allocationId", "publicIp", "publicDns"),
        {"tags": {"a": "b"}},
    ),
    Case(
        "aws:ec2/natGateway:NatGateway",
        lambda w: {"subnetId": w.network.subnets[0], "allocationId": w.new("aws:ec2/eip:Eip", "nat", domain="vpc").id},
        ("publicIp", "privateIp"),
        {"tags": {"a": "b"}},
        {"connectivityType": "private"},
    ),
    Case(
        "aws:ec2/routeTable:RouteTable",
        lambda w: {"vpcId": w.network.vpc},
        ("arn",),
        {"tags": {"a": "b"}},
        {"vpcId": "vpc-2"},
    ),
    Case(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda w: {
            "routeTableId": w.new("aws:ec2/routeTable:RouteTable", "rta", vpcId=w.network.vpc).id,
            "subnetId": w.network.subnets[1],
        },
        replacing={"subnetId": "subnet-2"},
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {"vpcId": w.network.vpc, "revokeRulesOnDelete": True},
        ("arn", "name", "description"),
        {"tags": {"a": "b"}},
        {"description": "another"},
    ),
    Case(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        lambda w: {
            "securityGroupId": w.network.group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
            "cidrIpv4": "10.1.0.0/16",
        },
        ("arn", "securityGroupRuleId"),
        {"cidrIpv4": "10.2.0.0/16", "tags": {"a": "b"}},
        {"securityGroupId": "sg-2"},
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        lambda w: {"securityGroupId": w.network.group, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
        ("arn", "securityGroupRuleId"),
        {"tags": {"a": "b"}},
        {"securityGroupId": "sg-2"},
    ),
    Case(
        "aws:lb/loadBalancer:LoadBalancer",
        lambda w: {"loadBalancerType": "network", "internal": True, "subnets": w.network.subnets},
        ("arn", "arnSuffix", "dnsName", "zoneId", "vpcId", "name"),
        {"enableCrossZoneLoadBalancing": True, "enableZonalShift": True, "tags": {"a": "b"}},
        {"internal": False},
    ),
    Case(
        "aws:lb/targetGroup:TargetGroup",
        lambda w: {
            "port": 8080, "protocol": "HTTP", "targetType": "ip", "vpcId": w.network.vpc,
            "deregistrationDelay": 60, "healthCheck": {"path": "/healthz", "interval": 10},
        },
        ("arn", "arnSuffix", "name"),
        {"deregistrationDelay": 90, "slowStart": 30, "healthCheck": {"path": "/ready", "interval": 15}},
        {"port": 9090},
    ),
    Case(
        "aws:lb/targetGroupAttachment:TargetGroupAttachment",
        _attachment_inputs,
        replacing={"port": 81},
    ),
    Case(
        "aws:lb/listener:Listener",
        _listener_inputs,
        ("arn",),
        {"port": 8000, "tags": {"a": "b"}},
        {"loadBalancerArn": "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:loadbalancer/app/b/2"},
    ),
    Case(
        "aws:lb/listenerRule:ListenerRule",
        _rule_inputs,
        ("arn",),
        {"priority": 9, "conditions": [{"httpHeader": {"httpHeaderName": "x-colour", "values": ["green"]}}]},
        {"listenerArn": "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:listener/app/b/2/3"},
    ),
    Case(
        "aws:route53/zone:Zone",
        lambda w: {"name": "life.example.cn", "vpcs": [{"vpcId": w.network.vpc}]},
        ("arn", "zoneId"),
        {"comment": "of the tests", "tags": {"a": "b"}},
        {"name": "death.example.cn"},
    ),
    Case(
        "aws:route53/record:Record",
        lambda w: {"zoneId": _zone(w, "rec.example.cn"), "name": "w", "type": "CNAME", "ttl": 60, "records": ["a.cn"]},
        ("fqdn",),
        {"ttl": 30, "records": ["b.cn"], "setIdentifier": "blue", "weightedRoutingPolicies": [{"weight": 0}]},
        {"name": "api"},
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda _: {
            "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "datapointsToAlarm": 2,
            "threshold": 1.5, "metricName": "TargetResponseTime", "namespace": "AWS/ApplicationELB", "period": 60,
            "extendedStatistic": "p99", "dimensions": {"LoadBalancer": "app/dkms/1"}, "tags": {"a": "b"},
        },
        ("arn",),
        {
            "alarmDescription": "slow", "threshold": 0, "actionsEnabled": False, "treatMissingData": "breaching",
            "alarmActions": ["arn:aws-cn:sns:cn-north-1:123456789012:ops"], "tags": {"a": "c", "d": "e"},
        },
        {"name": "another"},
    ),
    Case(
        "aws:iam/role:Role",
        lambda _: {"assumeRolePolicy": trust("ec2.amazonaws.com.cn")},
        ("arn", "name", "uniqueId"),
        {"assumeRolePolicy": trust("pods.eks.amazonaws.com"), "maxSessionDuration": 7200, "tags": {"a": "b"}},
        {"path": "/dkms/"},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda _: {"policy": policy("elasticloadbalancing:Describe*")},
        ("arn", "policyId"),
        {"policy": policy("elasticloadbalancing:RegisterTargets"), "tags": {"a": "b"}},
        {"description": "another"},
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.role.id, "policyArn": _policy_arn(w)},
        replacing={"role": "another"},
    ),
    Case(
        "aws:eks/cluster:Cluster",
        lambda w: {
            "roleArn": w.role.state["arn"], "version": "1.30", "vpcConfig": {"subnetIds": w.network.subnets},
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        },
        ("arn", "endpoint", "certificateAuthority", "identities", "status"),
        {"version": "1.31", "tags": {"bluegreen:colour": "blue"}, "enabledClusterLogTypes": ["api"]},
        {"roleArn": "arn:aws-cn:iam::123456789012:role/another"},
    ),
    Case(
        "aws:eks/nodeGroup:NodeGroup",
        lambda w: {
            "clusterName": w.cluster.id, "nodeRoleArn": w.role.state["arn"], "subnetIds": w.network.subnets,
            "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2}, "version": "1.31",
        },
        ("arn", "status", "nodeGroupName"),
        {"scalingConfig": {"minSize": 1, "maxSize": 6, "desiredSize": 2}, "version": "1.32", "labels": {"a": "b"}},
        {"instanceTypes": ["m7i.large"]},
    ),
    Case(
        "aws:eks/addon:Addon",
        lambda w: {"clusterName": w.cluster.id, "addonName": "coredns", "addonVersion": "v1.11.4-eksbuild.2"},
        ("arn", "createdAt"),
        {"addonVersion": "v1.11.4-eksbuild.10", "tags": {"a": "b"}},
        {"addonName": "vpc-cni"},
    ),
    Case(
        "aws:eks/accessEntry:AccessEntry",
        _entry_inputs,
        ("accessEntryArn", "userName"),
        {"kubernetesGroups": ["ops"], "tags": {"a": "b"}},
        {"type": "EC2_LINUX"},
    ),
    Case(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        _association_inputs,
        ("associatedAt",),
        replacing={"accessScope": {"type": "namespace", "namespaces": ["dkms"]}},
    ),
    Case(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        lambda w: {
            "clusterName": w.cluster.id, "namespace": "dkms", "serviceAccount": "dkms",
            "roleArn": w.role.state["arn"],
        },
        ("associationArn", "associationId"),
        {"roleArn": "arn:aws-cn:iam::123456789012:role/another", "tags": {"a": "b"}},
        {"namespace": "other"},
    ),
]  # fmt: skip


@pytest.fixture
def world(aws: Instance, network: Network, role: Resource, cluster: Resource) -> World:
    return World(aws, network, role, cluster)


def test_every_type_has_a_case() -> None:
    routes = {"aws:ec2/route:Route"}  # below
    assert {case.token for case in CASES} | routes == {each.pulumi_type for each in RESOURCE_TYPES}


def same(case: Case, some: Props | None, others: Props) -> bool:
    declared = next(each for each in RESOURCE_TYPES if each.pulumi_type == case.token)
    return not changed_inputs(some or {}, others, sets=declared.sets, documents=declared.documents)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.token.rpartition(":")[2])
def test_life(world: World, case: Case) -> None:
    resource = world.aws.resource(case.token, "life")
    inputs = case.inputs(world)
    state = resource.create(**inputs)
    assert resource.id
    assert not [output for output in case.outputs if not state.get(output)]
    assert same(case, shaped(state, inputs), inputs)

    nothing = resource.diff(**inputs)
    assert (nothing.changed, nothing.replaces) == ([], [])
    assert same(case, resource.read(), resource.inputs)

    if case.in_place:
        inputs |= case.in_place
        diff = resource.diff(**inputs)
        assert (diff.changed, diff.replaces) == (sorted(case.in_place), [])
        state = resource.update(**inputs)
        assert same(case, shaped(state, inputs), inputs)
        assert not [output for output in case.outputs if not state.get(output)]
        assert resource.diff(**inputs).changed == []
        assert same(case, resource.read(), resource.inputs)

    if case.replacing:
        assert resource.diff(**inputs | case.replacing).replaces == sorted(case.replacing)

    resource.delete()
    assert resource.read() is None


def test_life_of_a_route(world: World) -> None:
    table = world.new("aws:ec2/routeTable:RouteTable", "routed", vpcId=world.network.vpc).id
    nats = [
        world.new("aws:ec2/natGateway:NatGateway", f"r{number}", subnetId=subnet, connectivityType="private").id
        for number, subnet in enumerate(world.network.subnets[:2])
    ]
    route = world.aws.resource("aws:ec2/route:Route", "out")
    inputs = {"routeTableId": table, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": nats[0]}
    route.create(**inputs)
    assert route.read() == route.inputs
    moved = inputs | {"natGatewayId": nats[1]}
    assert route.diff(**moved).replaces == []
    route.update(**moved)
    assert route.read() == route.inputs
    assert route.diff(**moved | {"destinationCidrBlock": "10.3.0.0/16"}).replaces == ["destinationCidrBlock"]
    route.delete()
    assert route.read() is None


def test_a_subnet_goes_to_another_route_table_in_one_call(world: World) -> None:
    first, second = (
        world.new("aws:ec2/routeTable:RouteTable", f"rta{number}", vpcId=world.network.vpc).id for number in range(2)
    )
    subnet = world.network.subnets[0]
    association = world.aws.resource("aws:ec2/routeTableAssociation:RouteTableAssociation", "moved")
    association.create(routeTableId=first, subnetId=subnet)
    moved = {"routeTableId": second, "subnetId": subnet}
    assert (association.diff(**moved).changed, association.diff(**moved).replaces) == (["routeTableId"], [])
    association.update(**moved)
    assert association.read() == association.inputs
    association.update(routeTableId=first, subnetId=subnet)
    association.delete()
    assert association.read() is None
