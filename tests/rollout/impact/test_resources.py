"""Whose colour a resource serves, and whether clients pass through it."""

import pytest

from components.traffic import Colour
from policies.stack import Resource
from rollout.impact.resources import carries_clients, colour_of, is_registration


def resource(kind: str, name: str, **props: object) -> Resource:
    return Resource(kind, f"urn:pulumi:prod-bj::dkms::bluegreen:index:SharedNLB${kind}::{name}", props)


LISTENER, RULE, GROUP = "aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule", "aws:lb/targetGroup:TargetGroup"
RECORD, CLUSTER = "aws:route53/record:Record", "aws:eks/cluster:Cluster"
SECRET, RULE_IN = "kubernetes:core/v1:Secret", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
SOURCE = [{"sourceIp": {"values": ["10.1.0.0/16"]}}]
HEADER = [{"httpHeader": {"httpHeaderName": "X-Bluegreen-Colour", "values": ["blue"]}}]


@pytest.mark.parametrize(
    ("found", "colour", "clients"),
    [
        (resource(LISTENER, "dkms-entry", tags={}), None, True),
        (resource(LISTENER, "dkms-blue-address", tags={"bluegreen:colour": "blue"}), Colour.BLUE, False),
        (resource(LISTENER, "dkms-green-alb"), Colour.GREEN, True),
        (resource(LISTENER, "other", tags={"bluegreen:colour": "green"}), Colour.GREEN, True),
        (resource(RULE, "dkms-keys", conditions=[{"pathPattern": {"values": ["/keys/*"]}}]), None, True),
        (resource(RULE, "dkms-dkms-blue", conditions=SOURCE), None, False),
        (resource(RULE, "dkms-dkms-blue", conditions=HEADER), None, False),
        (resource(GROUP, "dkms-blue-address"), Colour.BLUE, True),  # of a service with that name
        (resource(RECORD, "dkms-green"), Colour.GREEN, True),
        (resource(RECORD, "dkms-green-address"), Colour.GREEN, False),
        (resource(RECORD, "dkms-green-address-keys.example.cn"), Colour.GREEN, False),
        (resource(RECORD, "dkms-my-address-1.example.cn"), None, True),
        (resource(CLUSTER, "dkms-blue-eksCluster"), Colour.BLUE, True),
        (resource(CLUSTER, "dkms-argocd-eksCluster"), None, False),
        (resource(BINDING, "dkms-blue-dkms"), Colour.BLUE, True),
        (resource("aws:iam/role:Role", "dkms-blue-nodes"), Colour.BLUE, False),
    ],
)
def test_what_a_resource_is_to_traffic(found: Resource, colour: Colour | None, *, clients: bool) -> None:
    assert (colour_of(found), carries_clients(found)) == (colour, clients)


@pytest.mark.parametrize(
    ("found", "registration"),
    [
        (resource(SECRET, "dkms-blue-argocd"), True),
        (resource("aws:eks/accessEntry:AccessEntry", "dkms-blue-argocd"), True),
        (resource(RULE_IN, "dkms-green-argocd-443-from-10.0.0.0/8"), True),
        (resource(RULE_IN, "dkms-green-alb-to-pods-8080-in"), False),
        (resource(GROUP, "dkms-blue-argocd"), False),  # of a service with that name
        (resource(BINDING, "dkms-blue-argocd"), False),
        (resource("aws:eks/accessEntry:AccessEntry", "dkms-argocd"), False),  # of a tool
    ],
)
def test_what_is_of_a_colour_in_argocd(found: Resource, *, registration: bool) -> None:
    assert is_registration(found) is registration
    assert not (registration and carries_clients(found))
