import pytest

from tests.rehearsal.aws.stage import Stage, refused


def attributes(stage: Stage, group: str, **values: str):
    names = {"delay": "deregistration_delay.timeout_seconds", "slow": "slow_start.duration_seconds"}
    return stage.elb.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[{"Key": names.get(key, key), "Value": value} for key, value in values.items()],
    )


@pytest.mark.fact(27)
def test_an_hour_of_deregistration_delay_is_allowed(stage):
    group = stage.target_group("group")
    answer = {each["Key"]: each["Value"] for each in attributes(stage, group, delay="3600")["Attributes"]}
    assert answer["deregistration_delay.timeout_seconds"] == "3600"
    assert answer["slow_start.duration_seconds"] == "0"


@pytest.mark.parametrize("values", [{"delay": "3601"}, {"slow": "29"}, {"slow": "901"}])
@pytest.mark.fact(27)
def test_attributes_out_of_range(stage, values):
    group = stage.target_group("group")
    refused("ValidationError", lambda: attributes(stage, group, **values))


@pytest.mark.fact(20)
def test_attributes_of_an_alb_group_are_frozen(stage):
    group = stage.alb_group("group")
    refused("InvalidConfigurationRequest", lambda: attributes(stage, group, delay="60"))
    refused("InvalidConfigurationRequest", lambda: attributes(stage, group, **{"preserve_client_ip.enabled": "false"}))


@pytest.mark.parametrize(
    "change",
    [
        {"TargetType": "alb", "Protocol": "HTTP"},
        {"TargetType": "alb", "Protocol": "TCP", "HealthCheckProtocol": "TCP"},
        {"HealthyThresholdCount": 11},
        {"HealthCheckIntervalSeconds": 301},
    ],
)
@pytest.mark.fact(14)
def test_what_a_target_group_cannot_be(stage, change):
    refused("ValidationError", lambda: stage.target_group("group", **change))


@pytest.mark.parametrize("name", ["x" * 32, "-x", "x_x", "x.x"])
@pytest.mark.fact(42)
def test_a_target_groups_name_has_32_letters_digits_and_inner_hyphens_at_most(stage, name):
    refused("ValidationError", lambda: stage.target_group(name))


@pytest.mark.fact(17)
def test_an_alb_must_listen_before_it_is_registered(stage):
    alb, group = stage.alb(), stage.alb_group("front", port=80)

    def register():
        stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": alb["LoadBalancerArn"]}])

    pods = stage.target_group("pods")
    stage.listener(alb, port=81, **{pods: 1})
    assert "at least one listener" in refused("ValidationError", register)
    stage.listener(alb, port=80, **{pods: 1})
    register()


@pytest.mark.fact(15, 16)
def test_one_alb_per_group_and_at_most_two_groups_per_alb(stage):
    one, two = stage.alb("one"), stage.alb("two")
    pods = {"one": stage.target_group("one"), "two": stage.target_group("two")}
    stage.listener(one, **{pods["one"]: 1})
    stage.listener(two, **{pods["two"]: 1})
    groups = [stage.alb_group(f"g{i}") for i in range(3)]

    def register(group: str, alb: dict[str, str]) -> None:
        stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": alb["LoadBalancerArn"]}])

    register(groups[0], one)
    register(groups[0], one)
    refused("TooManyTargets", lambda: register(groups[0], two))
    register(groups[1], one)
    refused("TooManyRegistrationsForTargetId", lambda: register(groups[2], one))


@pytest.mark.fact(15)
def test_only_an_alb_of_the_vpc_and_addresses_of_the_vpc_can_be_targets(stage):
    group, pods = stage.alb_group("front"), stage.target_group("pods")
    elsewhere = Stage(stage.aws)
    far = elsewhere.alb()
    elsewhere.listener(far, **{elsewhere.target_group("pods"): 1})
    for code, arn, target in (
        ("InvalidTarget", group, stage.nlb()["LoadBalancerArn"]),
        ("InvalidTarget", group, far["LoadBalancerArn"]),
        ("ValidationError", pods, "192.0.2.1"),
        ("ValidationError", pods, "pod"),
    ):
        refused(code, stage.elb.register_targets, TargetGroupArn=arn, Targets=[{"Id": target}])
    stage.elb.deregister_targets(TargetGroupArn=pods, Targets=[{"Id": "10.1.0.99"}])


@pytest.mark.fact(28)
def test_a_target_is_unused_then_initial_then_healthy_and_drains_for_its_delay(stage):
    alb, _ = stage.chain("blue", 0)
    pods = stage.elb.describe_target_groups(Names=[stage.name("pods-blue")])["TargetGroups"][0]["TargetGroupArn"]
    idle = stage.target_group("idle", HealthyThresholdCount=2, HealthCheckIntervalSeconds=10)
    address = stage.elb.describe_target_health(TargetGroupArn=pods)["TargetHealthDescriptions"][0]["Target"]
    stage.elb.register_targets(TargetGroupArn=idle, Targets=[address])
    assert (stage.states(pods), stage.states(idle)) == (["initial"], ["unused"])
    stage.aws.advance(1000)
    listener = stage.listener(alb, port=81, **{idle: 1})
    assert (stage.states(pods), stage.states(idle)) == (["healthy"], ["initial"])
    stage.aws.advance(20)
    assert stage.states(idle) == ["healthy"]
    attributes(stage, idle, delay="60")
    stage.elb.deregister_targets(TargetGroupArn=idle, Targets=[address])
    assert stage.states(idle) == ["draining"]
    stage.aws.advance(60)
    assert stage.states(idle) == []
    stage.elb.delete_listener(ListenerArn=listener)


def test_a_pod_whose_security_group_keeps_the_alb_out_is_unhealthy(stage):
    stage.chain("blue", 0)
    pods = stage.elb.describe_target_groups(Names=[stage.name("pods-blue")])["TargetGroups"][0]["TargetGroupArn"]
    stage.aws.advance(400)
    assert stage.states(pods) == ["healthy"]
    group = stage.eks.describe_cluster(name=stage.name("blue"))["cluster"]["resourcesVpcConfig"]
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}
    stage.ec2.revoke_security_group_ingress(GroupId=group["clusterSecurityGroupId"], IpPermissions=[rule])
    health = stage.elb.describe_target_health(TargetGroupArn=pods)["TargetHealthDescriptions"][0]["TargetHealth"]
    assert (health["State"], health["Reason"]) == ("unhealthy", "Target.FailedHealthChecks")
    assert "security groups" in health["Description"]
