import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import ConfigError
from components.network_model import ExistingNetwork, NewNetwork
from components.traffic import Colour, Weights
from infra.config import StackConfig, Topology, parse
from rehearsal.stack_file import StackFile, stacks
from tests.infra.settings import ABSENT, config, settings

# What the fleet runs: topology, version of the service cluster, versions of the tool clusters.
FLEET = {
    "dev-bj": (Topology.ROUTE53, "1.33", {"argocd": "1.33", "testkube": "1.32"}),
    "dev-nx": (Topology.SHARED_NLB, "1.33", {}),
    "qa-bj": (Topology.SHARED_ALB, "1.31", {}),
    "qa-nx": (Topology.ROUTE53, "1.33", {}),
    "prod-bj": (Topology.SHARED_NLB, "1.30", {"argocd": "1.33", "testkube": "1.32"}),
    "prod-nx": (Topology.SHARED_NLB, "1.30", {}),
}
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stack", FLEET)
def test_the_stack_files_hold_the_fleet(stack: str) -> None:
    file = StackFile.load(stack, ROOT)
    given_config = parse(file.flat(), file.name)
    topology, version, tools = FLEET[stack]
    assert given_config.topology is topology
    assert given_config.active is Colour.BLUE
    assert {colour: cluster.version for colour, cluster in given_config.clusters.items()} == {Colour.BLUE: version}
    assert {tool: cluster.version for tool, cluster in given_config.tools.items()} == tools
    assert given_config.region == ("cn-north-1" if stack.endswith("bj") else "cn-northwest-1")
    assert len(given_config.network.zones) == 3
    assert given_config.tags["Environment"] == stack.split("-")[0]


def test_the_fleet_has_no_other_stack() -> None:
    assert stacks(ROOT) == sorted(FLEET)


def test_without_weights_the_active_colour_has_everything() -> None:
    assert config().weights == Weights.all_to(Colour.BLUE)
    assert config({"dkms:active": "green"}).weights == Weights.all_to(Colour.GREEN)


def test_weights_say_todays_split() -> None:
    given_config = config({"dkms:weightedNlb": True, "dkms:weights": {"green": 10, "blue": 90}})
    assert given_config.weights == Weights(blue=90, green=10)
    assert given_config.colours == (Colour.BLUE, Colour.GREEN)


@pytest.mark.parametrize("topology", ["route53", "shared-alb"])
def test_only_a_shared_nlb_must_declare_that_it_can_split(topology: str) -> None:
    split = {"dkms:topology": topology, "dkms:weights": {"blue": 50, "green": 50}}
    assert config(split).weights == Weights(blue=50, green=50)


def test_scalars_arrive_as_text() -> None:
    given_config = config({"dkms:protect": "false", "dkms:weightedNlb": "true"})
    assert (given_config.protect, given_config.weighted_nlb) == (False, True)


def test_a_retiring_colour_has_a_cluster_and_no_traffic() -> None:
    given_config = config({"dkms:active": "green", "dkms:clusters.blue.retiring": True})
    assert given_config.retiring == {Colour.BLUE}


def test_a_network_is_new_or_existing_by_its_keys() -> None:
    pairs = {zone: {"private": f"subnet-{place}"} for place, zone in enumerate(["cn-north-1a", "cn-north-1b"])}
    assert isinstance(config({"dkms:network": {"vpcId": "vpc-1", "subnets": pairs}}).network, ExistingNetwork)
    assert isinstance(config().network, NewNetwork)


@pytest.mark.parametrize("word", ["[x]", "{x", "[/bold]"])
def test_a_word_in_brackets_is_told_as_it_is_written(word: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(settings({"dkms:topology": word}))
    expected = f"configuration: dkms:topology: {word} is unknown; write route53, shared-nlb or shared-alb"
    assert str(error.value) == expected


def test_the_order_in_which_keys_arrive_makes_no_difference() -> None:
    services = {"zeta": {"paths": ["/z"], "order": 1}, "alpha": {"paths": ["/a"], "order": 2}, "dkms": {"order": 3}}
    one = settings({"dkms:services": services})
    # Pulumi writes objects with their keys sorted.
    other = dict(sorted((key, sort_keys(text)) for key, text in one.items()))
    assert parse(other) == parse(one)


def sort_keys(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True) if text.startswith("{") else text


def test_keys_of_other_providers_are_left_alone() -> None:
    assert parse({**settings(), "aws:profile": "x", "kubernetes:context": "y", "pulumi:tags": "{}"}) == config()


def test_all_that_is_wrong_is_said_at_once_in_lines_that_name_the_file() -> None:
    wrong = settings(
        {
            "aws:region": "us-east-1",
            "dkms:topology": "dns",
            "dkms:weights": {"blue": 90, "green": 20},
            "dkms:entry.host": ABSENT,
            "dkms:entry.clientCidrs": ["10.0.0.0/8", "office"],
            "dkms:extra": "1",
        }
    )
    with pytest.raises(ConfigError) as error:
        parse(wrong, "Pulumi.prod-bj.yaml")
    assert str(error.value).splitlines() == [
        "Pulumi.prod-bj.yaml: aws:region: us-east-1 is not in AWS China (partition aws-cn); "
        "write cn-north-1 or cn-northwest-1",
        "Pulumi.prod-bj.yaml: dkms:topology: dns is unknown; write route53, shared-nlb or shared-alb",
        "Pulumi.prod-bj.yaml: dkms:weights: blue 90 + green 20 is 110; weights are whole per cents that sum to 100",
        "Pulumi.prod-bj.yaml: dkms:entry.host: is missing (the name that clients use, inside zone)",
        "Pulumi.prod-bj.yaml: dkms:entry.clientCidrs[1]: office is not an IPv4 network, such as 10.0.0.0/8",
        "Pulumi.prod-bj.yaml: dkms:extra: is unknown; the keys here are aws:region, topology, active, weights, "
        "weightedNlb, clusters, tools, argocd, services, entry, adopted, network, controller, accessLogs, gates, "
        "protect, tags",
    ]


def test_several_contradictions_are_said_at_once() -> None:
    wrong = settings(
        {
            "dkms:weights": {"blue": 90, "green": 10},
            "dkms:entry.certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
            "dkms:network.zones": ["cn-northwest-1a", "cn-north-1b"],
            "dkms:services": {"a-very-long-name": {}},
        }
    )
    with pytest.raises(ConfigError) as error:
        parse(wrong)
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == [
        "dkms:weights",
        "dkms:entry.certificateArn",
        "dkms:network.zones",
        "dkms:services.a-very-long-name",
    ]


def test_an_empty_configuration_lists_what_a_stack_needs() -> None:
    with pytest.raises(ConfigError) as error:
        parse({}, "Pulumi.new.yaml")
    assert str(error.value).splitlines() == [
        "Pulumi.new.yaml: aws:region: is missing (the region of AWS China, cn-north-1 or cn-northwest-1)",
        "Pulumi.new.yaml: dkms:topology: is missing (where traffic is split: route53, shared-nlb or shared-alb)",
        "Pulumi.new.yaml: dkms:active: is missing (the stable colour, blue or green)",
        "Pulumi.new.yaml: dkms:clusters: is missing (the service cluster of each colour)",
        "Pulumi.new.yaml: dkms:entry: is missing (the name and port that clients use, and who may use them)",
        "Pulumi.new.yaml: dkms:network: is missing (a new VPC over zones, or an existing one by vpcId and subnets)",
    ]


def test_python_names_are_no_keys() -> None:
    with pytest.raises(ConfigError, match="dkms:weighted_nlb: is unknown; did you mean weightedNlb"):
        config({"dkms:weighted_nlb": True})


def test_what_cannot_be_printed_is_escaped() -> None:
    with pytest.raises(ConfigError) as error:
        config({"dkms:active": "blue\ngreen\x1b[31m", "dkms:wei\nghts": "\ud800"})
    assert all(character.isprintable() for line in str(error.value).split("\n") for character in line)
    assert len(str(error.value).split("\n")) == 2


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["blue", "1.30", "cn-north-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["blue", "version", "vpcId"]), inner, max_size=3)
    ),
    max_leaves=8,
)
texts = st.text() | json_values.map(json.dumps)
keys = (
    st.sampled_from(["aws:region", *(f"dkms:{field.alias}" for field in StackConfig.model_fields.values())]) | st.text()
)


def is_a_config_or_a_config_error(raw: dict[str, str]) -> None:
    try:
        assert isinstance(parse(raw), StackConfig)
    except ConfigError as error:
        lines = str(error).split("\n")
        assert len(set(lines)) == len(lines)
        assert all(line.startswith("configuration: ") and len(line) < 2000 for line in lines)


@given(st.dictionaries(keys, texts))
def test_any_mapping_of_strings_is_a_config_or_a_config_error(raw: dict[str, str]) -> None:
    is_a_config_or_a_config_error(raw)


PLACES = [
    "dkms:active", "dkms:weights", "dkms:weights.blue", "dkms:clusters", "dkms:clusters.blue",
    "dkms:clusters.green.version", "dkms:clusters.green.nodes", "dkms:clusters.green.addons", "dkms:tools.argocd",
    "dkms:argocd", "dkms:entry", "dkms:entry.host", "dkms:entry.port", "dkms:entry.zone", "dkms:entry.zone.name",
    "dkms:entry.clientCidrs", "dkms:entry.colourPorts", "dkms:entry.certificateArn", "dkms:network",
    "dkms:network.zones", "dkms:network.cidr", "dkms:network.vpcId", "dkms:network.subnets", "dkms:services",
    "dkms:services.dkms", "dkms:services.dkms.hosts", "dkms:services.keys.paths", "dkms:controller",
    "dkms:accessLogs", "dkms:tags", "aws:region",
]  # fmt: skip


@given(st.sampled_from(PLACES), json_values)
def test_anything_anywhere_in_a_good_configuration_too(place: str, value: object) -> None:
    is_a_config_or_a_config_error(settings({place: value}))


def test_deep_nesting_is_an_error_like_any_other() -> None:
    with pytest.raises(ConfigError, match="is not whole JSON"):
        parse(settings() | {"dkms:tags": "[" * 100_000})
