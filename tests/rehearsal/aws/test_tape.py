"""The whole of it: chains through the API, time, the tape, and the verdict after each call."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.inventory import Inventory
from rehearsal.aws.protocol import Operation
from rehearsal.aws.summary import summarise
from tests.rehearsal.aws.stage import Stage, forward, refused


class SharedNlb:
    """NLB -> blue ALB, with green beside it on a port of its own, and clients that have started."""

    def __init__(self, stage: Stage) -> None:
        (_, self.blue), (self.green_alb, self.green) = stage.chain("blue", 0), stage.chain("green", 1)
        nlb = stage.nlb()
        self.listener = stage.listener(nlb, **{self.blue: 1})
        stage.listener(nlb, port=8443, **{self.green: 1})
        stage.aws.advance(400)
        self.watched = stage.aws.watch([stage.probe(nlb["DNSName"])])
        self.before = stage.aws.called


def test_a_chain_provisions_initialises_and_then_serves(stage):
    _, group = stage.chain("blue", 0)
    nlb = stage.nlb()
    stage.listener(nlb, **{group: 1})
    probe = stage.probe(nlb["DNSName"])
    assert "still provisioning" in stage.aws.ask([probe]).reasons[0]
    assert stage.states(group) == ["initial"]
    assert stage.aws.advance(121).reasons[0].endswith("has no healthy target: 1 initial")
    verdict = stage.aws.advance(60)
    assert verdict.probes[0].shares == {"blue": 100}
    assert stage.states(group) == ["healthy"]


def test_calls_are_counted_from_the_first(stage):
    with EmbeddedAws.start("cn-north-1") as aws:
        assert aws.called == 0
    before = stage.aws.called
    stage.chain("blue", 0)
    assert before < stage.aws.called == len(stage.aws.calls()) == stage.aws.calls()[-1].number


def test_a_shift_is_taped_with_its_words_and_its_effect(stage):
    chain = SharedNlb(stage)
    assert (chain.watched.lost, chain.watched.probes[0].shares) == (0, {"blue": 100})
    modify, arn = stage.elb.modify_listener, chain.listener
    modify(ListenerArn=arn, DefaultActions=forward(**{chain.blue: 90, chain.green: 10}))
    modify(ListenerArn=arn, DefaultActions=forward(**{chain.green: 1}))
    gone = forward(**{chain.green.replace("alb-green", "gone"): 1})
    refused("TargetGroupNotFound", modify, ListenerArn=arn, DefaultActions=gone)
    canary, switch, failed = stage.aws.calls(chain.before)
    assert canary.summary == f"listener {stage.name('nlb')}:80 → blue 90, green 10"
    assert canary.verdict.probes[0].shares == {"blue": 90, "green": 10}
    assert (switch.operation, switch.number, switch.error) == ("ModifyListener", chain.before + 2, None)
    assert switch.verdict.probes[0].shares == {"green": 100}
    assert (failed.error, failed.verdict.probes) == ("TargetGroupNotFound", switch.verdict.probes)
    assert [call.verdict.lost for call in (canary, switch, failed)] == [0, 0, 0]


def test_weight_0_and_an_early_retirement_are_taped_with_their_losses(stage):
    chain = SharedNlb(stage)
    modify = stage.elb.modify_listener
    modify(ListenerArn=chain.listener, DefaultActions=forward(**{chain.blue: 0, chain.green: 1}))
    modify(ListenerArn=chain.listener, DefaultActions=forward(**{chain.green: 1}))
    blue_alb = stage.elb.describe_target_health(TargetGroupArn=chain.blue)["TargetHealthDescriptions"][0]
    stage.elb.deregister_targets(TargetGroupArn=chain.blue, Targets=[{"Id": blue_alb["Target"]["Id"]}])
    closed, _, retired = stage.aws.calls(chain.before)
    assert closed.verdict.lost == 100
    assert "weight 0" in closed.verdict.reasons[0]
    assert retired.summary == f"deregister {stage.name('blue')} from {stage.name('alb-blue')}"
    assert "the ALB was deregistered" in retired.verdict.reasons[0]


def test_the_drain_ends_when_the_clock_says_so(stage):
    chain = SharedNlb(stage)
    stage.elb.modify_listener(ListenerArn=chain.listener, DefaultActions=forward(**{chain.green: 1}))
    stage.aws.advance(3600)
    blue_alb = stage.elb.describe_target_health(TargetGroupArn=chain.blue)["TargetHealthDescriptions"][0]
    stage.elb.deregister_targets(TargetGroupArn=chain.blue, Targets=[{"Id": blue_alb["Target"]["Id"]}])
    assert stage.aws.calls(chain.before)[-1].verdict.lost == 0


def test_pods_that_fail_or_vanish_lose_requests(stage):
    chain = SharedNlb(stage)
    pods = [pod.address for pod in stage.aws.snapshot().pods.values() if pod.cluster == stage.name("blue")]
    assert stage.aws.set_healthy(pods, healthy=False).lost == 100
    assert stage.states(chain.blue) == ["unhealthy"]
    assert stage.aws.set_healthy(pods, healthy=True).lost == 0
    gone = stage.aws.remove_pods(pods)
    assert gone.lost == 100
    assert f"no pod runs at {pods[0]}" in gone.reasons[0]


def test_security_groups_reach_from_the_client_to_the_pod(stage):
    _, group = stage.chain("blue", 0)
    closed = stage.group("closed", open_to="192.0.2.0/24")
    nlb = stage.nlb(SecurityGroups=[closed])
    stage.listener(nlb, **{group: 1})
    stage.aws.ask([stage.probe(nlb["DNSName"])])
    assert stage.aws.advance(400).reasons == (
        f"the security groups of NLB {stage.name('nlb')} keep 10.1.9.9/32 out of port 80",
    )
    opened = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    stage.ec2.authorize_security_group_ingress(GroupId=closed, IpPermissions=[opened])
    assert stage.aws.calls()[-1].verdict.probes[0].shares == {"blue": 100}


def test_a_health_check_in_another_protocol_than_the_albs_fails(stage):
    chain = SharedNlb(stage)
    stage.elb.modify_target_group(TargetGroupArn=chain.blue, HealthCheckProtocol="HTTPS")
    (call,) = stage.aws.calls(chain.before)
    assert call.verdict.lost == 100
    assert "the health check speaks HTTPS and the ALB HTTP" in call.verdict.reasons[0]


def test_a_target_group_belongs_to_the_service_of_its_tag(stage):
    group = stage.target_group("tagged", Tags=[{"Key": "bluegreen:service", "Value": "keys"}])
    assert stage.aws.snapshot().target_groups[group].service == "keys"


def test_calls_in_parallel_are_taped_one_after_the_other(stage):
    before = stage.aws.calls()[-1].number
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: stage.target_group(f"parallel-{i}"), range(24)))
    calls = stage.aws.calls(before)
    assert [call.number for call in calls] == list(range(before + 1, before + 25))
    assert {call.summary for call in calls} == {
        f"create target group {stage.name(f'parallel-{i}')} HTTP" for i in range(24)
    }


@pytest.mark.parametrize(
    ("operation", "params", "summary"),
    [
        ("CreateLoadBalancer", {"Name": "n", "Type": "network", "Subnets": ["subnet-1"]}, "create NLB n"),
        ("AttachRolePolicy", {"RoleName": "r", "PolicyArn": "arn:aws-cn:iam::aws:policy/P"}, "attach role policy r P"),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}, "create role r"),
        ("CreateTags", {"Resources": ["vpc-1", "vpc-2"], "Tags": [{"Key": "a"}]}, "create tags vpc-1"),
        ("DeleteListener", {"ListenerArn": "arn:gone"}, "delete listener arn:gone"),
        (
            "ChangeResourceRecordSets",
            {
                "ChangeBatch": {
                    "Changes": [
                        {"Action": "DELETE", "ResourceRecordSet": {"Name": "a.b.", "Type": "A"}},
                        {
                            "Action": "CREATE",
                            "ResourceRecordSet": {
                                "Name": "a.b",
                                "Type": "A",
                                "SetIdentifier": "blue",
                                "Weight": 9,
                                "AliasTarget": {"DNSName": "nlb-1.elb"},
                            },
                        },
                        {"Action": "DELETE", "ResourceRecordSet": {"Name": "c.b.", "Type": "A"}},
                    ]
                }
            },
            "record a.b blue weight 9 → nlb-1; delete record c.b",
        ),
    ],
)
def test_summaries(operation, params, summary):
    assert summarise(Operation("any", operation, params), Inventory("cn-north-1")) == summary


def test_reading_is_not_taped(stage):
    before = stage.aws.calls()[-1].number
    stage.elb.describe_load_balancers()
    stage.ec2.describe_vpcs()
    stage.dns.list_hosted_zones()
    assert stage.aws.calls(before) == []
