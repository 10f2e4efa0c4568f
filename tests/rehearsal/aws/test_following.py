"""Whoever follows the embedded AWS sees each state as soon as it is there."""

import threading
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.aws import EmbeddedAws, Pod
from rehearsal.aws.health import STARTUP
from tests.rehearsal.aws.stage import forward


def test_a_follower_waits_until_a_call_changes_something(stage):
    seen = stage.aws.follow()
    timer = threading.Timer(0.3, stage.nlb, ["followed"])
    timer.start()
    began = time.monotonic()
    found = stage.aws.follow(seen.version, wait=10)
    timer.join()
    assert time.monotonic() - began < 5
    assert found.version == seen.version + 1
    assert stage.name("followed") in [each.name for each in found.snapshot.load_balancers.values()]


def test_a_follower_is_told_when_nothing_has_changed(stage):
    seen = stage.aws.follow()
    assert stage.aws.follow(seen.version, wait=0.1).version == seen.version


def test_what_only_time_changes_is_a_new_state_too():
    with EmbeddedAws.start("cn-north-1", speed=200) as aws:
        vpc = aws.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        subnet = aws.client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
        created = aws.client("elbv2").create_load_balancer(
            Name="slow", Type="network", Scheme="internal", Subnets=[subnet]
        )
        arn = created["LoadBalancers"][0]["LoadBalancerArn"]
        before = aws.follow()
        assert not before.snapshot.load_balancers[arn].active
        after = aws.follow(before.version, wait=10)
        assert after.snapshot.load_balancers[arn].active
        now = aws.speed * (time.monotonic() - aws.epoch)
        assert before.at + 30 < after.at <= now


def test_another_process_may_attach_and_leaves_the_region_running(aws):
    with EmbeddedAws.attach(aws.port, aws.region) as other:
        assert other.follow().version
    assert aws.follow().version


def test_a_target_is_healthy_once_its_pod_has_started_and_passed_its_checks(stage):
    pods = stage.target_group("late", HealthCheckIntervalSeconds=10, HealthyThresholdCount=2)
    stage.listener(stage.alb("late"), **{pods: 1})
    stage.aws.add_pods([Pod("10.1.0.77", 8080, stage.cluster("blue"), "blue")])
    stage.elb.register_targets(TargetGroupArn=pods, Targets=[{"Id": "10.1.0.77", "Port": 8080}])
    stage.aws.advance(STARTUP + 19)
    assert stage.states(pods) == ["initial"]
    stage.aws.advance(1)
    assert stage.states(pods) == ["healthy"]


def test_throttling_refuses_every_nth_change_and_changes_nothing(stage):
    groups = [stage.target_group(name) for name in ("one", "two")]
    listener = stage.listener(stage.alb("throttled"), **{groups[0]: 1})
    impatient = boto3.client(
        "elbv2",
        region_name=stage.aws.region,
        endpoint_url=stage.aws.endpoint,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
        config=Config(retries={"total_max_attempts": 1}),
    )
    stage.aws.throttle(1)
    try:
        with pytest.raises(ClientError) as refused:
            impatient.modify_listener(ListenerArn=listener, DefaultActions=forward(**{groups[1]: 1}))
        assert stage.elb.describe_listeners(ListenerArns=[listener])["Listeners"]  # reading goes on
    finally:
        stage.aws.throttle(0)
        impatient.close()
    assert refused.value.response["Error"]["Code"] == "Throttling"
    assert list(stage.aws.snapshot().listeners[listener].action.weights) == [groups[0]]
    assert stage.aws.calls()[-1].error == "Throttling"


def test_a_crashed_pod_is_restarted_and_starts_anew(stage):
    pods = stage.target_group("crash", HealthCheckIntervalSeconds=10, HealthyThresholdCount=2)
    stage.listener(stage.alb("crash"), **{pods: 1})
    stage.aws.add_pods([Pod("10.1.0.78", 8080, stage.cluster("blue"), "blue")])
    stage.elb.register_targets(TargetGroupArn=pods, Targets=[{"Id": "10.1.0.78", "Port": 8080}])
    stage.aws.advance(100)
    assert stage.states(pods) == ["healthy"]
    stage.aws.crash(["10.1.0.78:8080"], restart=10)
    stage.aws.advance(9)
    assert stage.states(pods) == ["unhealthy"]
    stage.aws.advance(1)
    assert stage.states(pods) == ["initial"]
    stage.aws.advance(STARTUP + 20)
    assert stage.states(pods) == ["healthy"]
