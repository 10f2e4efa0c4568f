import json
from fnmatch import fnmatchcase

import pytest

from components.controller import controller_policy, pod_identity_trust
from tests.components.test_cluster import GROUPS, service_cluster

BLUE_GROUP = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:targetgroup/dkms-blue-dkms/1"
GREEN_GROUP = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:targetgroup/dkms-green-dkms/2"


def allowed(policy: str, action: str, resource: str) -> bool:
    def covers(patterns: str | list[str], value: str) -> bool:
        return any(fnmatchcase(value, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns))

    return any(
        statement["Effect"] == "Allow"
        and covers(statement["Action"], action)
        and covers(statement["Resource"], resource)
        for statement in json.loads(policy)["Statement"]
    )


def test_the_controller_may_fill_the_target_groups_of_its_own_colour_only() -> None:
    policy = controller_policy([BLUE_GROUP])
    for action in ("RegisterTargets", "DeregisterTargets"):
        assert allowed(policy, f"elasticloadbalancing:{action}", BLUE_GROUP)
        assert not allowed(policy, f"elasticloadbalancing:{action}", GREEN_GROUP)


def test_on_load_balancers_the_controller_can_do_nothing_but_describe_register_and_deregister() -> None:
    actions = {
        action
        for statement in json.loads(controller_policy([BLUE_GROUP]))["Statement"]
        for action in statement["Action"]
    }
    assert not any("*" in action for action in actions)
    of_elb = {action.partition(":")[2] for action in actions if action.startswith("elasticloadbalancing:")}
    assert {action for action in of_elb if not action.startswith("Describe")} == {
        "RegisterTargets",
        "DeregisterTargets",
    }
    others = {action.partition(":")[2] for action in actions if not action.startswith("elasticloadbalancing:")}
    assert all(action.startswith("Describe") for action in others)


def test_statements_allow_and_none_denies_or_inverts() -> None:
    for statement in json.loads(controller_policy([BLUE_GROUP]))["Statement"]:
        assert set(statement) == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"


def test_the_order_of_target_groups_makes_no_difference() -> None:
    assert controller_policy([BLUE_GROUP, GREEN_GROUP]) == controller_policy([GREEN_GROUP, BLUE_GROUP])


@pytest.mark.fact(50)
def test_only_eks_pods_take_the_role() -> None:
    (statement,) = json.loads(pod_identity_trust())["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]


def test_the_policy_names_the_target_groups_that_the_cluster_fills() -> None:
    policy = service_cluster().one("Policy", "dkms-blue").inputs["policy"]
    assert policy == controller_policy(list(GROUPS.values()))


@pytest.mark.fact(53)
def test_the_chart_is_told_what_it_cannot_find_out_in_china() -> None:
    release = service_cluster().one("Release", "dkms-blue").inputs
    assert release["chart"] == "aws-load-balancer-controller"
    assert release["version"] == "3.3.0"
    assert release["repositoryOpts"] == {"repo": "https://aws.github.io/eks-charts"}
    assert release["values"] == {
        "clusterName": "dkms-blue-cluster",
        "region": "cn-north-1",
        "vpcId": "vpc-1",
        "replicaCount": 2,
        "image": {
            "repository": "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn/amazon/aws-load-balancer-controller",
            "tag": "v3.3.0",
        },
        "serviceAccount": {"create": True, "name": "aws-load-balancer-controller"},
        "createIngressClassResource": False,
        "enableServiceMutatorWebhook": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
    }
    identity = service_cluster().one("PodIdentityAssociation", "dkms-blue").inputs
    assert (identity["namespace"], identity["serviceAccount"]) == ("kube-system", "aws-load-balancer-controller")
    assert identity["clusterName"] == "dkms-blue-cluster"
