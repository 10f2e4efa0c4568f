"""All resource types of the `aws` provider."""

from rehearsal.providers.aws.alarms import MetricAlarm
from rehearsal.providers.aws.cluster_access import (
    AccessEntry,
    AccessPolicyAssociation,
    Addon,
    PodIdentityAssociation,
)
from rehearsal.providers.aws.clusters import Cluster
from rehearsal.providers.aws.dns import Record, Zone
from rehearsal.providers.aws.elb import LoadBalancer
from rehearsal.providers.aws.gateways import Eip, InternetGateway, NatGateway
from rehearsal.providers.aws.iam import Policy, Role, RolePolicyAttachment
from rehearsal.providers.aws.listeners import Listener, ListenerRule
from rehearsal.providers.aws.network import Subnet, Vpc
from rehearsal.providers.aws.nodes import NodeGroup
from rehearsal.providers.aws.resource import ResourceType
from rehearsal.providers.aws.routing import Route, RouteTable, RouteTableAssociation
from rehearsal.providers.aws.security import (
    SecurityGroup,
    SecurityGroupEgressRule,
    SecurityGroupIngressRule,
)
from rehearsal.providers.aws.targets import TargetGroup, TargetGroupAttachment

__all__ = ["RESOURCE_TYPES"]

RESOURCE_TYPES: tuple[type[ResourceType], ...] = (
    *(Vpc, Subnet, InternetGateway, Eip, NatGateway, RouteTable, Route, RouteTableAssociation),
    *(SecurityGroup, SecurityGroupIngressRule, SecurityGroupEgressRule),
    *(LoadBalancer, TargetGroup, TargetGroupAttachment, Listener, ListenerRule),
    *(Zone, Record, MetricAlarm),
    *(Role, Policy, RolePolicyAttachment),
    *(Cluster, NodeGroup, Addon, AccessEntry, AccessPolicyAssociation, PodIdentityAssociation),
)
