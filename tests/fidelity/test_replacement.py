"""Which inputs replace a resource, by the provider of the rehearsal: the table of Pulumi's, whole."""

import pytest

from rehearsal.providers.aws.catalogue import RESOURCE_TYPES

LB, ROUTE53, EKS = "aws:lb/{}", "aws:route53/{}", "aws:eks/{}"
REPLACES = {
    LB.format("loadBalancer:LoadBalancer"): {"internal", "loadBalancerType", "name"},
    LB.format("targetGroup:TargetGroup"): {
        "ipAddressType", "name", "port", "protocol", "protocolVersion", "targetType", "vpcId",
    },
    LB.format("targetGroupAttachment:TargetGroupAttachment"): {
        "availabilityZone", "port", "targetGroupArn", "targetId",
    },
    LB.format("listener:Listener"): {"loadBalancerArn"},
    LB.format("listenerRule:ListenerRule"): {"listenerArn"},
    ROUTE53.format("record:Record"): {"name", "zoneId"},
    EKS.format("cluster:Cluster"): {"name", "roleArn", "kubernetesNetworkConfig"},
    EKS.format("nodeGroup:NodeGroup"): {
        "amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "nodeGroupName", "nodeRoleArn",
        "subnetIds",
    },
}  # fmt: skip
IN_PLACE = {
    LB.format("loadBalancer:LoadBalancer"): {
        "enableCrossZoneLoadBalancing", "idleTimeout", "enableDeletionProtection", "enableZonalShift", "accessLogs",
        "tags",
    },
    LB.format("targetGroup:TargetGroup"): {"healthCheck", "deregistrationDelay", "slowStart", "stickiness", "tags"},
    LB.format("targetGroupAttachment:TargetGroupAttachment"): set[str](),
    LB.format("listener:Listener"): {
        "port", "protocol", "certificateArn", "sslPolicy", "defaultActions", "tcpIdleTimeoutSeconds", "tags",
    },
    LB.format("listenerRule:ListenerRule"): {"priority", "actions", "conditions", "tags"},
    ROUTE53.format("record:Record"): {"type", "setIdentifier", "weightedRoutingPolicies", "aliases", "records", "ttl"},
    EKS.format("cluster:Cluster"): {
        "version", "vpcConfig", "accessConfig", "enabledClusterLogTypes", "upgradePolicy", "tags",
    },
    EKS.format("nodeGroup:NodeGroup"): {
        "version", "releaseVersion", "scalingConfig", "updateConfig", "labels", "taints", "tags",
    },
}  # fmt: skip


@pytest.mark.fact(43, 44, 45, 46, 47)
@pytest.mark.parametrize("token", REPLACES)
def test_what_replaces_and_what_changes_in_place(token: str) -> None:
    [declared] = [each for each in RESOURCE_TYPES if each.pulumi_type == token]
    assert REPLACES[token] <= declared.replaces
    assert IN_PLACE[token] <= declared.updates - declared.replaces
