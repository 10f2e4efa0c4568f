from dataclasses import replace

import pytest

from components.errors import BlueGreenError
from components.traffic import Colour
from infra.config import StackConfig, Topology, parse
from rehearsal.stack_file import StackFile
from rollout.adopt.seen import Balancer, Forwarding, Found, Group, Record, Route, Subnet, Zone
from rollout.adopt.writing import Wanted, new_text, written

ELB = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012"
WANTED = Wanted(
    topology=Topology.SHARED_NLB, colour=Colour.BLUE, clients=["10.0.0.0/8"], operators=["10.9.0.0/16", "10.8.0.0/16"]
)
SUBNETS = [
    Subnet(id="subnet-0a", zone="cn-north-1a", cidr="10.0.0.0/20"),
    Subnet(id="subnet-0b", zone="cn-north-1b", cidr="10.0.16.0/20"),
]


def balancer(kind: str, name: str) -> Balancer:
    return Balancer(
        arn=f"{ELB}:loadbalancer/{kind}/{name}/0a1b",
        name=name,
        dns_name=f"{name}.elb.cn-north-1.amazonaws.com.cn",
        vpc="vpc-0a",
        internal=True,
        groups=(),
        subnets=SUBNETS,
        protected=False,
        logs=False,
        tags={"ingress.k8s.aws/stack": "default/dkms"} if kind == "app" else {},
    )


def group(name: str, port: int = 8080, kind: str = "ip", tag: str = "") -> Group:
    return Group(
        arn=f"{ELB}:targetgroup/{name}/0c1d",
        name=name,
        type=kind,
        port=port,
        health_path="/healthz",
        targets=("10.0.0.50",),
        healthy=1,
        tags={"ingress.k8s.aws/resource": tag} if tag else {},
    )


FOUND = Found(
    region="cn-north-1",
    account="123456789012",
    host="dkms.example.cn",
    zone=Zone(id="Z1", name="example.cn", private=True),
    record=Record(type="A", target="nlb", ttl=60, has_ipv6=False),
    nlb=balancer("net", "dkms-prod"),
    listener=Forwarding(arn=f"{ELB}:listener/net/dkms-prod/0a1b/0e", port=8443, protocol="TCP", groups=()),
    others=(),
    behind=group("to-alb", 8443, "alb"),
    alb=balancer("app", "k8s-dkms"),
    alb_listener=Forwarding(
        arn="",
        port=8443,
        protocol="HTTPS",
        groups=(),
        certificate="arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d",
    ),
    rules=1,
    routes=[Route(group=group("k8s-dkms"), hosts=(), paths=("/*",))],
    cluster="dkms-old",
    version="1.30",
)
EXISTING = """\
# Beijing, by the platform team.
config:
  aws:region: cn-north-1
  dkms:topology: shared-nlb   # ask before a change
  dkms:clusters:
    blue: {version: "1.30"} # to be adopted
  dkms:entry:
    host: dkms.example.cn
    port: 443 # clients'
    certificateArn: arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d
    clientCidrs: [10.0.0.0/8]
    operatorCidrs: [10.9.0.0/16]
    zone: {name: example.cn}
  dkms:network:
    cidr: 10.30.0.0/16 # a VPC of its own
    zones: [cn-north-1a, cn-north-1b]
  dkms:weightedNlb: true # the region has it
  dkms:services: {web: {port: 8080}}
"""


def both(text: str, found: Found = FOUND, wanted: Wanted = WANTED) -> tuple[str, StackConfig]:
    edited = written(text, StackFile.of("prod-bj", text).settings, found, wanted)
    return edited, parse(StackFile.of("prod-bj", edited).flat(), "edited")


def test_a_new_file_says_all_that_was_found() -> None:
    _, config = both(new_text("prod-bj", "cn-north-1"))
    assert (config.topology, config.active, config.entry.host, config.entry.port) == (
        Topology.SHARED_NLB,
        Colour.BLUE,
        "dkms.example.cn",
        8443,
    )
    assert config.adopted is not None
    assert config.adopted.nlb is not None
    assert (config.adopted.record, config.adopted.nlb.arn) == ("Z1_dkms.example.cn_A", FOUND.nlb.arn)
    assert [str(each) for each in config.adopted.nlb.cidrs] == ["10.0.0.0/20", "10.0.16.0/20"]
    chain = config.found[Colour.BLUE]
    assert (chain.alb, chain.target_group, chain.services) == (
        FOUND.alb.arn,
        FOUND.behind.arn,
        {"dkms": FOUND.routes[0].group.arn},
    )
    assert (config.services["dkms"].port, config.services["dkms"].paths) == (8080, ())
    assert config.entry.colour_ports == {"blue": 8444, "green": 9443}  # the NLB listens on 8443 already
    assert [str(each) for each in config.entry.operator_cidrs] == ["10.9.0.0/16", "10.8.0.0/16"]


def test_an_existing_file_keeps_what_is_not_about_it_byte_by_byte() -> None:
    text, config = both(EXISTING)
    for line in (
        "# Beijing, by the platform team.",
        "  dkms:topology: shared-nlb   # ask before a change",
        "  dkms:weightedNlb: true # the region has it",
        "    clientCidrs: [10.0.0.0/8]",
        "  dkms:services: {web: {port: 8080}}",
        "    port: 8443 # clients'",
        "    zone: {name: example.cn, id: Z1, private: true}",
    ):
        assert line in text.splitlines(), line
    assert "10.30.0.0/16" not in text
    assert list(config.found[Colour.BLUE].services) == ["web"]
    again, _ = both(text)
    assert again == text


def test_in_route53_the_nlb_belongs_to_the_colour() -> None:
    wanted = replace(WANTED, topology=Topology.ROUTE53)
    _, config = both(new_text("prod-bj", "cn-north-1"), wanted=wanted)
    assert config.adopted is not None
    assert config.adopted.nlb is None
    assert config.found[Colour.BLUE].nlb == FOUND.nlb.arn


def test_services_are_named_as_the_ingress_names_them() -> None:
    routes = [
        Route(group=group("k8s-keys", 8081, tag="default/dkms-keys:8081"), hosts=(), paths=("/keys/*",)),
        Route(group=group("k8s-web", 8080, tag="default/dkms-web:8080"), hosts=(), paths=("/*",)),
    ]
    _, config = both(new_text("prod-bj", "cn-north-1"), replace(FOUND, routes=routes))
    assert {name: (each.port, each.paths, each.order) for name, each in config.services.items()} == {
        "keys": (8081, ("/keys/*",), 1),
        "web": (8080, (), 2),
    }


@pytest.mark.parametrize(
    ("found", "text", "said"),
    [
        (
            replace(FOUND, routes=[Route(group=group("k8s"), hosts=("keys.example.cn",), paths=())]),
            new_text("prod-bj", "cn-north-1"),
            "ALB k8s-dkms answers keys.example.cn too; an entry is adopted by one name",
        ),
        (
            replace(FOUND, routes=[Route(group=group("k8s", 31000, "instance"), hosts=(), paths=())]),
            new_text("prod-bj", "cn-north-1"),
            "holds instance targets, so the port of the pods cannot be seen; write dkms:services",
        ),
        (
            replace(FOUND, nlb=replace(FOUND.nlb, vpc="vpc-0b")),
            EXISTING.replace(
                "cidr: 10.30.0.0/16 # a VPC of its own\n    zones: [cn-north-1a, cn-north-1b]", "vpcId: vpc-0a"
            ),
            "network.vpcId is vpc-0a, and what runs is in vpc-0b; one of the two",
        ),
        (
            replace(FOUND, routes=[*FOUND.routes, Route(group=group("k8s-b"), hosts=(), paths=("/b/*",))]),
            new_text("prod-bj", "cn-north-1"),
            "are both of service dkms",
        ),
        (FOUND, "{config: {aws:region: cn-north-1}}", "config: cannot be edited as it is written"),
    ],
)
def test_what_cannot_be_written(found: Found, text: str, said: str) -> None:
    with pytest.raises(BlueGreenError, match=said):
        both(text, found)
