import pytest

from tests.rehearsal.aws.stage import CERTIFICATE, Stage, forward, refused


@pytest.mark.parametrize(
    ("kind", "protocol", "allowed"),
    [
        ("network", "TCP", True),
        ("network", "TLS", True),
        ("network", "HTTP", False),
        ("application", "HTTPS", True),
        ("application", "TCP", False),
    ],
)
def test_a_listener_speaks_the_protocols_of_its_load_balancer(stage, kind, protocol, allowed):
    group = stage.target_group("group", Protocol="HTTP" if kind == "application" else "TCP")
    listener = stage.listener(stage.balancer("lb", kind), **{group: 1})
    change = {
        "ListenerArn": listener,
        "Protocol": protocol,
        "Certificates": [{"CertificateArn": CERTIFICATE}],
    }
    if allowed:
        changed = stage.elb.modify_listener(**change)["Listeners"][0]
        assert changed["Protocol"] == protocol
        assert changed["Certificates"][0]["CertificateArn"] == CERTIFICATE
    else:
        refused("ValidationError", stage.elb.modify_listener, **change)


@pytest.mark.parametrize(
    "certificates",
    [[], [{"CertificateArn": "arn:aws:acm:cn-north-1:1:certificate/0"}], [{"CertificateArn": "nonsense"}]],
)
def test_https_needs_a_certificate_of_the_region(stage, certificates):
    refused(
        "CertificateNotFound",
        stage.elb.create_listener,
        LoadBalancerArn=stage.alb()["LoadBalancerArn"],
        Port=443,
        Protocol="HTTPS",
        Certificates=certificates,
        DefaultActions=forward(**{stage.target_group("group"): 1}),
    )


def test_a_port_is_used_once(stage):
    nlb, group = stage.nlb(), stage.target_group("group", Protocol="TCP")
    stage.listener(nlb, **{group: 1})
    second = stage.listener(nlb, port=81, **{group: 1})
    refused("DuplicateListener", lambda: stage.listener(nlb, **{group: 2}))
    refused("DuplicateListener", stage.elb.modify_listener, ListenerArn=second, Port=80)


BALANCERS = pytest.mark.parametrize(("kind", "protocol"), [("network", "TCP"), ("application", "HTTP")])


@BALANCERS
@pytest.mark.parametrize("weights", [[1000], [-1], [1] * 6])
@pytest.mark.fact(11)
def test_limits_of_a_forward_action(stage, kind, protocol, weights):
    groups = [stage.target_group(f"g{i}", Protocol=protocol) for i in range(len(weights))]
    listener = stage.listener(stage.balancer("lb", kind), **{groups[0]: 1})
    refused(
        "ValidationError",
        stage.elb.modify_listener,
        ListenerArn=listener,
        DefaultActions=forward(**dict(zip(groups, weights, strict=True))),
    )


@BALANCERS
@pytest.mark.fact(11)
def test_five_weighted_target_groups_are_allowed(stage, kind, protocol):
    groups = [stage.target_group(f"g{i}", Protocol=protocol) for i in range(5)]
    listener = stage.listener(stage.balancer("lb", kind), **{groups[0]: 1})
    stage.elb.modify_listener(ListenerArn=listener, DefaultActions=forward(**dict.fromkeys(groups, 999)))


@pytest.mark.fact(19)
def test_a_target_group_belongs_to_one_load_balancer_of_its_protocol_and_vpc(stage: Stage):
    tcp = stage.target_group("tcp", Protocol="TCP")
    one, two = stage.nlb("one"), stage.nlb("two")
    for port in (80, 81):
        stage.listener(one, port=port, **{tcp: 1})
    for code, balancer, group in (
        ("TargetGroupAssociationLimit", two, tcp),
        ("IncompatibleProtocols", two, stage.target_group("http")),
        ("IncompatibleProtocols", stage.alb(), stage.alb_group("alb")),
        ("InvalidConfigurationRequest", two, Stage(stage.aws).target_group("tcp", Protocol="TCP")),
    ):
        refused(code, lambda b=balancer, g=group: stage.listener(b, **{g: 1}))


@pytest.mark.fact(13)
def test_an_nlb_only_forwards_and_has_no_rules(stage):
    group = stage.target_group("group", Protocol="TCP")
    listener = stage.listener(stage.nlb(), **{group: 1})
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    refused("InvalidLoadBalancerAction", stage.elb.modify_listener, ListenerArn=listener, DefaultActions=fixed)
    refused(
        "ValidationError",
        stage.elb.create_rule,
        ListenerArn=listener,
        Priority=1,
        Conditions=path("/a"),
        Actions=forward(**{group: 1}),
    )


@pytest.mark.fact(4)
def test_the_idle_timeout_of_tcp_flows_has_its_limits(stage):
    listener = stage.listener(stage.nlb(), **{stage.target_group("group", Protocol="TCP"): 1})

    def idle(seconds: str) -> None:
        attributes = [{"Key": "tcp.idle_timeout.seconds", "Value": seconds}]
        stage.elb.modify_listener_attributes(ListenerArn=listener, Attributes=attributes)

    idle("6000")
    refused("ValidationError", lambda: idle("59"))
    refused("ValidationError", lambda: idle("6001"))


def path(*patterns: str):
    return [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}]


def test_rules_have_a_priority_of_their_own_and_at_most_five_values(stage):
    group = stage.target_group("group")
    listener = stage.listener(stage.alb(), **{group: 1})

    def rule(priority: int, *patterns: str):
        return stage.elb.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=path(*patterns),
            Actions=forward(**{group: 1}),
        )["Rules"][0]["RuleArn"]

    arn = rule(10, "/a")
    for code, priority, patterns in (
        ("PriorityInUse", 10, ["/b"]),
        ("ValidationError", 11, list("abcdef")),
        ("ValidationError", 50001, ["/b"]),
    ):
        refused(code, lambda p=priority, v=patterns: rule(p, *v))
    refused("ValidationError", stage.elb.modify_rule, RuleArn=arn, Conditions=path(*"abcdef"))
    rules = stage.elb.describe_rules(ListenerArn=listener)["Rules"]
    default = next(each["RuleArn"] for each in rules if each["IsDefault"])
    refused("OperationNotPermitted", stage.elb.delete_rule, RuleArn=default)
    stage.elb.delete_rule(RuleArn=arn)
    refused("RuleNotFound", stage.elb.delete_rule, RuleArn=arn)


def test_an_alb_has_at_most_100_rules(stage):
    group = stage.target_group("group")
    listener = stage.listener(stage.alb(), **{group: 1})
    for priority in range(1, 102):
        rule = {
            "ListenerArn": listener,
            "Priority": priority,
            "Conditions": path(f"/{priority}"),
            "Actions": forward(**{group: 1}),
        }
        if priority <= 100:
            stage.elb.create_rule(**rule)
        else:
            refused("TooManyRules", stage.elb.create_rule, **rule)
