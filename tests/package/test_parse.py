"""What programs give: property values, in which other resources' outputs may be unknown."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from components.errors import ConfigError
from components.traffic import Colour, Weights
from package.args import ServiceClusterArgs, TrafficArgs
from package.catalogue import COMPONENTS
from package.provider import parse

from ..recording import record
from .stage import EXAMPLE, YAML

ROLE = "arn:aws-cn:iam::123456789012:role/argocd"
UNKNOWN = PropertyValue(rpc.UNKNOWN)  # as the protocol has it
FROM_VPC = "urn:pulumi:dev::keys::aws:ec2/vpc:Vpc::vpc"


def example(kind: str) -> dict[str, Any]:
    """The arguments of the example, with the ids of what others make."""
    resources = YAML.load(EXAMPLE.read_text(encoding="utf-8"))["resources"].values()
    given = next(resource["properties"] for resource in resources if resource["type"] == f"bluegreen:{kind}")
    made = {
        "region": "cn-north-1",
        "services": {"keys": {"port": 8080}},
        "vpcId": "vpc-1",
        "nlbSubnetIds": ["subnet-1", "subnet-2"],
        "albSubnetIds": ["subnet-1", "subnet-2"],
        "privateSubnetIds": ["subnet-1", "subnet-2"],
        "zoneId": "Z1",
        "targetGroups": {"keys": "arn:1"},
        "albSecurityGroupId": "sg-1",
    }
    return given | {key: value for key, value in made.items() if key in given}


def as_property(value: Any) -> PropertyValue:
    if isinstance(value, PropertyValue):
        return value
    if isinstance(value, dict):
        return PropertyValue({key: as_property(item) for key, item in value.items()})
    if isinstance(value, list):
        return PropertyValue([as_property(item) for item in value])
    return PropertyValue(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def parsed(changes: Mapping[str, Any], kind: str = "SharedNLB", name: str = "keys") -> Any:
    async def run() -> Any:
        given = {key: as_property(value) for key, value in (example(kind) | dict(changes)).items()}
        return parse(COMPONENTS[f"bluegreen:index:{kind}"], name, given)

    return asyncio.run(run())


def wrong(changes: Mapping[str, Any], kind: str = "SharedNLB", name: str = "keys") -> list[str]:
    with pytest.raises(ConfigError) as error:
        parsed(changes, kind, name)
    return str(error.value).splitlines()


def test_the_example_is_what_the_library_takes() -> None:
    args = parsed({})
    assert isinstance(args, TrafficArgs)
    assert (args.weights, args.colours) == (Weights(90, 10), (Colour.BLUE, Colour.GREEN))
    assert (args.vpc_id, args.entry.port, args.services["keys"].port) == ("vpc-1", 8443, 8080)
    assert isinstance(parsed({}, "ServiceCluster"), ServiceClusterArgs)


@pytest.mark.parametrize("key", ["vpcId", "nlbSubnetIds", "albSubnetIds", "zoneId"])
def test_what_other_resources_make_may_be_unknown(key: str) -> None:
    field = {"vpcId": "vpc_id", "nlbSubnetIds": "nlb_subnet_ids", "albSubnetIds": "alb_subnet_ids", "zoneId": "zone_id"}
    assert isinstance(getattr(parsed({key: UNKNOWN}), field[key]), pulumi.Output)


def test_what_is_known_keeps_what_it_depends_on() -> None:
    async def run() -> set[str | None]:
        given = {key: as_property(value) for key, value in example("SharedNLB").items()}
        given["vpcId"] = PropertyValue("vpc-1", dependencies=[FROM_VPC])
        args = parse(COMPONENTS["bluegreen:index:SharedNLB"], "keys", given)
        assert isinstance(args, TrafficArgs)
        vpc_id: Any = args.vpc_id
        assert await vpc_id.future() == "vpc-1"
        return {await resource.urn.future() for resource in await vpc_id.resources()}

    assert asyncio.run(run()) == {FROM_VPC}


@pytest.mark.parametrize(
    "unknown",
    [
        {"weights": UNKNOWN},
        {"colours": UNKNOWN},
        {"weights": {"blue": UNKNOWN, "green": 10}},
        {"services": {"keys": {"port": UNKNOWN}}},
    ],
)
def test_what_decides_the_resources_must_be_known(unknown: dict[str, Any]) -> None:
    (key,) = unknown
    assert wrong(unknown) == [
        f"keys: {key}: is not known before the update: it comes from a resource that is yet to be created. It decides "
        "which resources there are, so write it down, or create that resource in an update of its own first"
    ]


def test_what_is_known_by_now_may_depend_on_resources() -> None:
    assert parsed({"weights": PropertyValue(as_property({"blue": 100}).value, dependencies=[FROM_VPC])}).weights.blue


def test_nothing_is_a_secret() -> None:
    hidden = PropertyValue("keys.example.cn", is_secret=True)
    entry = {**example("SharedNLB")["entry"], "host": hidden}
    assert wrong({"entry": entry}) == ["keys: entry: holds a secret; nothing here is one, so give it in plain text"]


@pytest.mark.parametrize(
    ("kind", "changes", "line"),
    [
        ("SharedNLB", {"weights": {"blue": 90, "green": 20}}, "weights: blue 90 + green 20 is 110; weights are whole"),
        ("SharedNLB", {"weights": {"blue": 99.5, "green": 0.5}}, "weights: blue is 99.5; weights are whole per cents"),
        ("SharedNLB", {"weights": {"red": 100}}, "weights: 'red' is not a colour"),
        ("SharedNLB", {"weightedNlb": False}, "weights: blue 90 · green 10 needs an NLB that weighs target groups"),
        ("SharedNLB", {"colours": ["blue"]}, "weights: green has 10 and no cluster; add it to colours, or give it 0"),
        ("SharedNLB", {"retiring": ["green"]}, "retiring: green has weight 10; take its traffic first"),
        ("SharedNLB", {"colours": ["blue", "red"]}, "colours[1]: red is unknown; write blue or green"),
        ("SharedNLB", {"region": "us-east-1"}, "region: us-east-1 is not in AWS China"),
        ("SharedNLB", {"tags": {"aws:x": "y"}}, "tags: aws:x begins with a reserved prefix"),
        ("SharedNLB", {"services": {"a-name-that-is-long": {}}}, "services.a-name-that-is-long: has 19 characters"),
        ("SharedNLB", {"weihgts": {}}, "weihgts: is unknown; did you mean weights?"),
        ("ServiceCluster", {"cluster": {"version": 1.33}}, "cluster.version: 1.33 is a number; put the version in"),
        ("ServiceCluster", {"tags": {"bluegreen:x": "y"}}, "tags: bluegreen:x begins with a reserved prefix"),
        ("ServiceCluster", {"argocd": {"roleArn": ROLE}}, "argocd.cluster: is missing; name the EKS cluster that"),
        ("ServiceCluster", {"argocd": {"stack": "acme/dkms/dev-bj"}}, "argocd.stack: belongs to a stack file; give"),
        (
            "ServiceCluster",
            {"argocd": {"cluster": "argocd", "roleArn": ROLE.replace("aws-cn", "aws")}},
            "argocd.roleArn: arn:aws:iam::123456789012:role/argocd is of aws, and cn-north-1 of aws-cn",
        ),
        (
            "ServiceCluster",
            {"argocd": {"cluster": "argocd", "roleArn": ROLE}, "cluster": {"existing": "old"}},
            "argocd: old is known to it, or not, as whoever made it has seen to; remove it",
        ),
    ],
)
def test_errors_say_what_was_given_the_rule_and_the_way_out(kind: str, changes: dict[str, Any], line: str) -> None:
    (said,) = wrong(changes, kind)
    assert said.startswith(f"keys: {line}")


def test_load_balancers_of_others_are_not_for_the_package() -> None:
    chain = {"alb": "arn:alb", "targetGroup": "arn:tg", "services": {"keys": "arn:keys"}}
    told = wrong({"cluster": {"existing": "old", "chain": chain}}, "ServiceCluster")
    assert any("cluster.chain" in line for line in told)


def test_argocd_is_told_last_and_forgets_first() -> None:
    args = parsed({"argocd": {"cluster": "argocd", "roleArn": ROLE}}, "ServiceCluster")
    build = COMPONENTS["bluegreen:index:ServiceCluster"].build
    recording = record(lambda: build("keys-blue", args, pulumi.ResourceOptions()), existing={"argocd": "1.33"})
    secret = recording.one("Secret", "keys-blue-argocd")
    assert recording.one("TargetGroupBinding", "keys-blue-keys").urn in secret.dependencies
    assert recording.one("AccessPolicyAssociation", "keys-blue-argocd").urn in secret.dependencies


def test_a_zone_is_given_by_its_id_alone() -> None:
    entry = {**example("SharedNLB")["entry"], "zone": {"name": "example.cn", "id": "Z1"}}
    assert wrong({"entry": entry}) == ["keys: entry.zone.id: belongs to a stack file; give it as zoneId"]


def test_what_is_missing_is_named() -> None:
    assert wrong({"vpcId": None}) == ["keys: vpcId: is missing (id of the VPC)"]


@pytest.mark.parametrize("name", ["a-name-of-fifteen", "with_underscore", "9lives"])
def test_a_name_must_fit_into_those_of_load_balancers(name: str) -> None:
    assert (
        f"{name}: name: {name} becomes part of load balancers' names; give it at most 14 letters"
        in wrong({}, name=name)[0]
    )


def test_a_simple_record_holds_one_colour() -> None:
    entry = {**example("SharedNLB")["entry"], "record": "simple"}
    given = {"entry": entry}
    with pytest.raises(ConfigError, match=r"entry\.record: a simple record holds one colour"):
        asyncio.run(_route53(given))


async def _route53(changes: Mapping[str, Any]) -> object:
    given = {**example("SharedNLB"), **changes}
    del given["weightedNlb"]
    values = {key: as_property(value) for key, value in given.items()}
    return parse(COMPONENTS["bluegreen:index:BlueGreenRoute53"], "keys", values)
