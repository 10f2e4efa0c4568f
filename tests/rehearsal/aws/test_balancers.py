import pytest

from tests.rehearsal.aws.stage import Stage, forward, refused


@pytest.mark.fact(39, 49)
def test_names_hosts_and_zones_are_those_of_aws_china(stage):
    nlb, alb = stage.nlb(), stage.alb()
    assert f":loadbalancer/net/{stage.name('nlb')}/" in nlb["LoadBalancerArn"]
    assert nlb["LoadBalancerArn"].startswith("arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:")
    assert nlb["DNSName"].endswith(".elb.cn-north-1.amazonaws.com.cn")
    assert alb["DNSName"].startswith(f"internal-{stage.name('alb')}-")
    assert alb["DNSName"].endswith(".cn-north-1.elb.amazonaws.com.cn")
    assert (nlb["CanonicalHostedZoneId"], alb["CanonicalHostedZoneId"]) == (
        "Z3QFB96KMJ7ED6",
        "Z1GDH35T77C1KE",
    )
    assert len(nlb["AvailabilityZones"]) == 3


def test_a_load_balancer_keeps_its_tags_and_becomes_active_by_the_clock(stage):
    arn = stage.nlb(Tags=[{"Key": "team", "Value": "dkms"}])["LoadBalancerArn"]
    describe = stage.elb.describe_load_balancers
    assert stage.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"][0]["Value"] == "dkms"
    assert describe(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"] == "provisioning"
    stage.aws.advance(120)
    assert describe(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"] == "active"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("ValidationError", {"Name": "x" * 33}),
        ("ValidationError", {"Name": "internal-x"}),
        ("ValidationError", {"Name": "x-"}),
        ("SubnetNotFound", {"Subnets": ["subnet-0"]}),
        ("InvalidSubnet", {"Scheme": "internet-facing"}),
        ("InvalidSecurityGroup", {"SecurityGroups": ["sg-0"]}),
    ],
)
@pytest.mark.fact(42)
def test_what_a_load_balancer_cannot_be(stage, code, change):
    settings = {"Name": "ok", "Subnets": stage.subnets, "Type": "application", "Scheme": "internal", **change}
    refused(code, stage.elb.create_load_balancer, **settings)


def test_an_alb_needs_two_zones_and_a_name_is_used_once(stage):
    refused("ValidationError", stage.alb, Subnets=stage.subnets[:1])
    stage.nlb(Subnets=stage.subnets[:1])
    refused("DuplicateLoadBalancerName", stage.nlb)


@pytest.mark.fact(9, 10)
def test_an_nlb_keeps_its_subnets_and_never_gets_its_first_security_group(stage):
    arn = stage.nlb(Subnets=stage.subnets[:2])["LoadBalancerArn"]
    refused(
        "InvalidConfigurationRequest",
        stage.elb.set_subnets,
        LoadBalancerArn=arn,
        Subnets=stage.subnets[1:],
    )
    stage.elb.set_subnets(LoadBalancerArn=arn, Subnets=stage.subnets)
    refused(
        "InvalidConfigurationRequest",
        stage.elb.set_security_groups,
        LoadBalancerArn=arn,
        SecurityGroups=[stage.group("first")],
    )


@pytest.mark.fact(9)
def test_an_nlb_with_security_groups_can_swap_but_not_lose_them(stage):
    first, second = stage.group("first"), stage.group("second")
    arn = stage.nlb(SecurityGroups=[first])["LoadBalancerArn"]
    stage.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[second])
    refused("InvalidConfigurationRequest", stage.elb.set_security_groups, LoadBalancerArn=arn, SecurityGroups=[])


@pytest.mark.fact(8)
def test_an_nlb_crosses_zones_where_it_is_told_to_and_an_alb_always(stage):
    nlb, alb = stage.nlb()["LoadBalancerArn"], stage.alb()["LoadBalancerArn"]

    def crossing() -> list[bool]:
        held = stage.aws.snapshot().load_balancers
        return [held[arn].cross_zone for arn in (nlb, alb)]

    assert crossing() == [False, True]
    attributes = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    stage.elb.modify_load_balancer_attributes(LoadBalancerArn=nlb, Attributes=attributes)
    assert crossing() == [True, True]


@pytest.mark.fact(29)
def test_a_protected_load_balancer_stays_until_protection_is_off(stage):
    arn = stage.nlb()["LoadBalancerArn"]

    def protect(value: str) -> None:
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        stage.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)

    protect("true")
    refused("OperationNotPermitted", stage.elb.delete_load_balancer, LoadBalancerArn=arn)
    protect("false")
    stage.elb.delete_load_balancer(LoadBalancerArn=arn)
    refused("LoadBalancerNotFound", stage.elb.describe_load_balancers, LoadBalancerArns=[arn])


@pytest.mark.fact(18)
def test_an_alb_behind_an_nlb_stays_with_its_port(stage: Stage):
    alb, group = stage.alb(), stage.alb_group("front")
    listener = stage.listener(alb, **{stage.target_group("pods"): 1})
    stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": alb["LoadBalancerArn"]}])
    refused("ResourceInUse", stage.elb.delete_load_balancer, LoadBalancerArn=alb["LoadBalancerArn"])
    refused("ResourceInUse", stage.elb.delete_listener, ListenerArn=listener)
    refused("ResourceInUse", stage.elb.modify_listener, ListenerArn=listener, Port=81)
    stage.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": alb["LoadBalancerArn"]}])
    stage.elb.delete_load_balancer(LoadBalancerArn=alb["LoadBalancerArn"])


@pytest.mark.fact(41)
def test_what_uses_a_target_group_is_kept_up_to_date(stage):
    group, nlb = stage.target_group("group", Protocol="TCP"), stage.nlb()
    listener = stage.listener(nlb, **{group: 1})
    other = stage.target_group("other", Protocol="TCP")

    def users(arn: str) -> list[str]:
        return stage.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0].get("LoadBalancerArns", [])

    assert users(group) == [nlb["LoadBalancerArn"]]
    refused("ResourceInUse", stage.elb.delete_target_group, TargetGroupArn=group)
    stage.elb.modify_listener(ListenerArn=listener, DefaultActions=forward(**{other: 1}))
    assert (users(group), users(other)) == ([], [nlb["LoadBalancerArn"]])
    stage.elb.delete_target_group(TargetGroupArn=group)
    stage.elb.delete_load_balancer(LoadBalancerArn=nlb["LoadBalancerArn"])
    assert users(other) == []
