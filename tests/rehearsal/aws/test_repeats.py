"""Calls that are sent again: which of them AWS carries out once."""

import pytest

from rehearsal.aws.wire import Trouble, TroubleKind
from tests.rehearsal.aws.stage import Stage, refused

pytestmark = pytest.mark.fact(69)


def test_elb_knows_what_it_made_by_its_settings(stage: Stage) -> None:
    nlb, group = stage.nlb(), stage.target_group("group", Protocol="TCP")
    listener = stage.listener(nlb, **{group: 1})
    assert stage.nlb() == nlb
    assert stage.target_group("group", Protocol="TCP") == group
    assert stage.listener(nlb, **{group: 1}) == listener
    refused("DuplicateLoadBalancerName", stage.nlb, Subnets=stage.subnets[:1])
    refused("DuplicateTargetGroupName", stage.target_group, name="group", Port=9090)


def test_what_was_changed_is_another(stage: Stage) -> None:
    nlb, group = stage.nlb(), stage.target_group("group", Protocol="TCP")
    listener = stage.listener(nlb, **{group: 1})
    stage.elb.modify_listener(ListenerArn=listener, Port=81)
    second = stage.listener(nlb, **{group: 1})
    assert second != listener
    stage.elb.delete_listener(ListenerArn=second)
    assert stage.listener(nlb, **{group: 1}) not in (listener, second)


@pytest.mark.parametrize(
    "call", ["CreateCluster create cluster {} 1.32", "UpdateClusterVersion update cluster version {} 1.33"]
)
def test_a_call_with_a_client_token_happens_once(stage: Stage, call: str) -> None:
    name, seen = stage.name("unheard"), len(stage.aws.calls())
    unheard = call.format(name)
    stage.aws.trouble(Trouble(kind=TroubleKind.UNHEARD, call=unheard))
    stage.cluster("unheard", version="1.32")
    stage.eks.update_cluster_version(name=name, version="1.33")
    stage.aws.trouble(None)
    assert [each.error for each in stage.aws.calls(since=seen) if each.likeness == unheard] == [None, None]
    assert stage.eks.describe_cluster(name=name)["cluster"]["version"] == "1.33"
    refused("ResourceInUseException", stage.cluster, colour="unheard")


def test_a_security_group_rule_is_refused_the_second_time(stage: Stage) -> None:
    group = stage.group("group")
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    stage.aws.trouble(
        Trouble(
            kind=TroubleKind.UNHEARD,
            call="AuthorizeSecurityGroupIngress authorize security group ingress sg-*",
        )
    )
    refused(
        "InvalidPermission.Duplicate",
        stage.ec2.authorize_security_group_ingress,
        GroupId=group,
        IpPermissions=[rule],
    )
    stage.aws.trouble(None)
    (first,) = [call for call in stage.aws.calls()[-2:] if not call.error]
    rules = stage.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    assert set(first.made) & {each["SecurityGroupRuleId"] for each in rules["SecurityGroupRules"]}
