"""The command on what a team may run, made by raw calls on the embedded AWS; the program then imports and no more."""

import io
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.provider import Provider
from rich.console import Console

from components.errors import BlueGreenError, ConfigError
from infra.config import Topology, parse
from rehearsal.as_is import AsIs, Made, build
from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import GATES
from rehearsal.providers import Providers
from rehearsal.stack_file import StackFile
from rollout.adopt.command import Asked, adopt, check
from rollout.adopt.reading import AdoptError, Reader
from rollout.cli import main
from rollout.embedded import EmbeddedStack
from tests.rollout.adopt.running import place, running
from tests.rollout.stage import ROOT

VARIANTS: Mapping[str, AsIs] = {
    "ingress": AsIs(),
    "cname": AsIs(record="CNAME"),
    "group": AsIs(nlb_group=True),
    "ports": AsIs(ports=(80, 8443)),
    "own": AsIs(ingress=False),
}
"""The first is what `running` makes: an alias, an NLB without security group, an ALB of an Ingress, fixed names."""


@dataclass
class Running:
    aws: EmbeddedAws
    made: Mapping[str, Made]
    providers: Mapping[str, Provider]


@pytest.fixture(scope="module")
def region() -> Iterator[Running]:
    """One region with all variants, each under a name of its own."""
    config = place()
    with running() as (aws, made), Providers(aws) as providers:
        every = {"ingress": made}
        for number, (name, spec) in enumerate(VARIANTS.items()):
            if number:
                entry = config.entry.model_copy(update={"host": host(name)})
                own = {
                    key: f"{name}-{number}-{key}".replace("_", "-") for key in ("nlb", "alb", "target_group", "service")
                }
                every[name] = build(aws, config.model_copy(update={"entry": entry}), replace(spec, **own), "dkms-old")
        aws.advance(600)
        yield Running(aws, every, providers.packages)


@pytest.fixture
def here(region: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.chdir(tmp_path)
    for key, value in region.aws.environment().items():
        monkeypatch.setenv(key, value)
    return region


def host(variant: str) -> str:
    return "dkms.dev.example.cn" if variant == "ingress" else f"{variant}.dev.example.cn"


def asked(variant: str, **more: Any) -> Asked:
    given: dict[str, Any] = {
        "stack": "dev-bj",
        "host": host(variant),
        "region": "cn-north-1",
        "port": 443,
        "clients": ["10.0.0.0/8"],
        "operators": ["10.9.0.0/16"],
    }
    return Asked(**given | more)


def adopted(given: Asked, *, write: bool = True) -> str:
    console = Console(file=io.StringIO(), width=200)
    adopt(given, console, write=write)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def refused(because: str, given: Asked) -> None:
    with pytest.raises(BlueGreenError, match=because):
        adopted(given)
    assert not Path("Pulumi.dev-bj.yaml").exists()


@pytest.mark.parametrize(
    ("variant", "topology", "imported"),
    [
        *(
            (variant, Topology.SHARED_NLB, ["LoadBalancer dkms-nlb", "Listener dkms-entry", "Record dkms-entry"])
            for variant in VARIANTS
        ),
        *((variant, Topology.ROUTE53, ["Record dkms-blue"]) for variant in ("ingress", "cname", "group", "own")),
        (
            "own",
            Topology.SHARED_ALB,
            [
                *("LoadBalancer dkms-alb", "LoadBalancer dkms-nlb", "Record dkms-entry"),
                *("Listener dkms-alb", "Listener dkms-entry"),
            ],
        ),
    ],
)
def test_a_preview_of_imports_only(here: Running, variant: str, topology: Topology, imported: list[str]) -> None:
    calls = len(here.aws.calls())
    adopted(asked(variant, topology=topology))
    stack = EmbeddedStack("dev-bj", here.aws, here.providers, Path("state.json"))
    console = Console(file=io.StringIO(), width=200)
    assert check(stack, "dev-bj", Path(), console) == 0
    found = [step for step in stack.preview(Path("Pulumi.dev-bj.yaml")).steps if step.op == "import"]
    assert sorted(f"{step.type.rpartition(':')[2]} {step.name}" for step in found) == sorted(imported)
    # The update does what its preview said, and a second one nothing; neither makes a call that changes anything.
    for _ in range(2):
        assert stack.up(Path("Pulumi.dev-bj.yaml"), lambda _urn: None) == ""
    assert check(stack, "dev-bj", Path(), console) == 0
    assert len(here.aws.calls()) == calls


def test_a_check_of_what_is_not_adopted_yet(here: Running) -> None:
    stack, console = EmbeddedStack("dev-bj", here.aws, here.providers, Path("state.json")), Console(file=io.StringIO())
    with pytest.raises(AdoptError, match=r"nothing is adopted yet: bluegreen adopt dev-bj --host NAME"):
        check(stack, "dev-bj", Path(), console)
    Path("Pulumi.dev-bj.yaml").write_text("config:\n  aws:region: cn-north-1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="dkms:topology"):
        check(stack, "dev-bj", Path(), console)


def test_what_it_shows(here: Running) -> None:
    told = adopted(asked("ports"), write=False)
    for words in (
        "Route 53 ports.dev.example.cn  alias · private zone dev.example.cn Z0DEV",
        "NLB ports-3-nlb:443  2 zones · no security group",
        "port 80: another listener, not adopted",
        "of an Ingress of dkms-old",
        "4 of 4 healthy",
        "route53      no     clients of port 80, 8443 would find none on the NLB of a new colour",
        "an edit of which may re-create it at any time",
        "so a client could choose its colour",
        "colourPorts: {blue: 8444, green: 9443}",
    ):
        assert words in told
    assert not Path("Pulumi.dev-bj.yaml").exists()


def test_in_prod_it_says_what_the_policies_will_want(here: Running) -> None:
    told = adopted(asked("group", stack="prod-bj"), write=False)
    assert "--attributes Key=deletion_protection.enabled,Value=true" in told
    assert "want access logs of the NLB" in told


def test_a_topology_that_does_not_fit(here: Running) -> None:
    refused("shared-alb does not fit: its Ingress owns the ALB", asked("ingress", topology=Topology.SHARED_ALB))
    refused("route53 does not fit: clients of port 80", asked("ports", topology=Topology.ROUTE53))
    own = asked("own", topology=Topology.SHARED_ALB)
    elb, listener = here.aws.client("elbv2"), here.made["own"]["alb_listener"]
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=7,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/old/*"]}}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}],
    )["Rules"][0]["RuleArn"]
    refused(r"its listener on port 443 has rules \(1\), whose requests would follow no shift", own)
    elb.delete_rule(RuleArn=rule)


def test_names_that_lead_nowhere_or_elsewhere(here: Running) -> None:
    refused("nobody.dev.example.cn: does not resolve; there is no record of it in dev", asked("nobody"))
    refused("other.example.org: no hosted zone of this account", asked("ingress", host="dkms.other.example.org"))
    refused(
        "account.dev.example.cn leads to other-1.elb.cn-north-1.amazonaws.com.cn, which is no load balancer of account",
        named(
            here,
            "account",
            {"Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "other-1.elb.cn-north-1.amazonaws.com.cn"}]},
        ),
    )
    refused(
        "is an A record of 10.0.0.1; to adopt it",
        named(here, "addresses", {"TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]}),
    )
    refused(
        "is answered by a routing policy",
        named(
            here,
            "weighted",
            {"SetIdentifier": "blue", "Weight": 1, "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]},
        ),
    )
    (alb,) = here.aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[here.made["own"]["alb"]])[
        "LoadBalancers"
    ]
    refused(
        "which is no NLB; put one in front of it first", named(here, "alb", alias(alb["DNSName"], "Z1GDH35T77C1KE"))
    )


def test_listeners_and_groups_that_are_not_a_chain(here: Running) -> None:
    refused("listens on 80, 443, 8443; say by --port which one clients use", asked("ports", port=None))
    refused("has no listener on port 444; its ports are 443", asked("ingress", port=444))
    elb, nlb = here.aws.client("elbv2"), here.made["own"]["nlb"]
    vpc = elb.describe_load_balancers(LoadBalancerArns=[nlb])["LoadBalancers"][0]["VpcId"]
    direct = elb.create_target_group(Name="direct", TargetType="instance", Protocol="TCP", Port=31000, VpcId=vpc)
    action = [{"Type": "forward", "TargetGroupArn": direct["TargetGroups"][0]["TargetGroupArn"]}]
    made = [
        elb.create_listener(LoadBalancerArn=nlb, Port=31000, Protocol="TCP", DefaultActions=action),
        elb.create_listener(
            LoadBalancerArn=nlb,
            Port=31443,
            Protocol="TLS",
            Certificates=[{"CertificateArn": place().entry.certificate_arn}],
            DefaultActions=action,
        ),
    ]
    refused("target group direct of the NLB holds instance targets and no ALB", asked("own", port=31000))
    refused("speaks TLS, and TCP can be adopted; TLS ends on the ALB here", asked("own", port=31443))
    for listener in made:
        elb.delete_listener(ListenerArn=listener["Listeners"][0]["ListenerArn"])


def test_a_chain_over_two_places(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    refused("is of cluster elsewhere, which account 123456789012 does not have", asked("own", cluster="elsewhere"))
    real = Reader.balancer
    monkeypatch.setattr(Reader, "balancer", lambda self, arn: replace(real(self, arn), vpc="vpc-0ther"))
    refused("is in vpc-0ther and NLB .* in vpc-0a1b; a stack has one VPC", asked("ingress"))
    monkeypatch.undo()


def test_no_permission(here: Running) -> None:
    statement = {"Sid": "Names", "Effect": "Allow", "Action": ["sts:*", "route53:*"], "Resource": ["*"]}
    here.aws.allow(GATES, {"Version": "2012-10-17", "Statement": [statement]})
    try:
        refused("DescribeLoadBalancers.* adopt reads by elasticloadbalancing:Describe", asked("ingress"))
    finally:
        here.aws.allow(GATES, {"Version": "2012-10-17", "Statement": [statement | {"Action": ["*"]}]})


def test_the_command_that_the_pages_show(
    here: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dns, config = here.aws.client("route53"), place()
    vpc = {"VPCRegion": "cn-north-1", "VPCId": "vpc-0a1b"}
    here.aws.claim("Z0PAGES")
    dns.create_hosted_zone(Name="example.cn", CallerReference="pages", VPC=vpc, HostedZoneConfig={"PrivateZone": True})
    zone = config.entry.zone.model_copy(update={"id": "Z0PAGES"})
    entry = config.entry.model_copy(update={"host": "dkms.example.cn", "zone": zone})
    own = AsIs(nlb="page-nlb", alb="page-alb", target_group="page-to-alb", service="page-pods")
    build(here.aws, config.model_copy(update={"entry": entry}), own, "dkms-old")
    shown = {
        line
        for page in ("README.md", "docs/adoption.md")
        for line in (ROOT / page).read_text(encoding="utf-8").splitlines()
        if "bluegreen adopt prod-bj" in line and "--host" in line
    }
    assert len(shown) == 1
    monkeypatch.setattr("sys.argv", shlex.split(shown.pop()))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert "Pulumi.prod-bj.yaml says so now" in capsys.readouterr().out


def test_a_file_that_is_further_on_already(here: Running) -> None:
    text = "config:\n  aws:region: cn-north-1\n  dkms:clusters: {green: {version: '1.33'}}\n"
    Path("Pulumi.dev-bj.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BlueGreenError, match=r"clusters\.green is there already; adopt what runs first"):
        adopted(asked("ingress"))
    Path("Pulumi.dev-bj.yaml").write_text(text.replace("clusters: {green", "tools: {argocd"), encoding="utf-8")
    with pytest.raises(BlueGreenError, match=r"tools\.argocd would be a new cluster, and to adopt creates nothing"):
        adopted(asked("ingress"))


@pytest.mark.parametrize(
    "wrong",
    [
        "dkms:active: red",
        "dkms:active: [blue]",
        "dkms:topology: {a: b}",
        "dkms:services: [dkms]",
        "dkms:services: {dkms: 8080}",
        "dkms:services: {dkms: {port: [8080]}}",
        "dkms:clusters: blue",
        "dkms:tools: {argocd: 1.33}",
        "dkms:entry: dkms",
        "dkms:entry: {port: x, colourPorts: {blue: [1], green: x}}",
        "dkms:network: 10.0.0.0/8",
        "dkms:nonsense: 1",
    ],
)
def test_a_file_that_is_wrong_is_told_and_left_alone(here: Running, wrong: str) -> None:
    text = f"config:\n  aws:region: cn-north-1\n  {wrong}\n"
    path = Path("Pulumi.dev-bj.yaml")
    path.write_text(text, encoding="utf-8")
    try:
        adopted(asked("ingress"))
    except BlueGreenError:
        assert path.read_text(encoding="utf-8") == text
    else:  # what was wrong has given way to what was found
        parse(StackFile.load("dev-bj").flat())


def test_wrong_input_ends_with_2_and_one_clear_line(
    here: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, said in (
        (["dev-bj"], "--region is missing: such as cn-north-1; give it, or write it into the stack file"),
        (["dev-bj", "--region", "cn-north-1"], "--host is missing: the name that clients use"),
        (
            ["dev-bj", "--region", "cn-north-1", "--host", host("own")],
            "dkms:entry.clientCidrs: is empty; name at least",
        ),
    ):
        monkeypatch.setattr("sys.argv", ["bluegreen", "adopt", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        assert said in capsys.readouterr().err


def named(here: Running, name: str, answer: Mapping[str, Any]) -> Asked:
    record = {"Name": f"{name}.dev.example.cn", "Type": "A", **answer}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    here.aws.client("route53").change_resource_record_sets(HostedZoneId="Z0DEV", ChangeBatch=batch)
    return asked(name)


def alias(target: str, zone: str) -> dict[str, Any]:
    return {"AliasTarget": {"DNSName": target, "HostedZoneId": zone, "EvaluateTargetHealth": False}}
