import pytest

from components.errors import ConfigError
from infra.config import parse
from tests.infra.settings import ABSENT, settings


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"dkms:weights": {"blue": 90, "green": 20}},
            "dkms:weights: blue 90 + green 20 is 110; weights are whole per cents that sum to 100",
        ),
        (
            {"dkms:weights": {"blue": 110, "green": -10}},
            "dkms:weights: green is -10; weights are whole per cents from 0 to 100",
        ),
        (
            {"dkms:weights": {"blue": 99.5, "green": 0.5}},
            "dkms:weights: blue is 99.5; weights are whole per cents that sum to 100, such as 90",
        ),
        (
            {"dkms:weights": {"blue": 50, "red": 50}},
            "dkms:weights: 'red' is not a colour; the colours are blue and green",
        ),
        (
            {"dkms:weights": {"blue": "90", "green": 10}},
            "dkms:weights: blue is '90'; weights are whole per cents that sum to 100, such as 90",
        ),
        ({"dkms:weights": {}}, "dkms:weights: blue 0 + green 0 is 0; weights are whole per cents that sum to 100"),
        (
            {"dkms:weights": [90, 10]},
            "dkms:weights: [90, 10] is not a mapping; write, for example, {blue: 90, green: 10}",
        ),
        ({"dkms:weights": "90/10"}, "dkms:weights: 90/10 is not a mapping; write, for example, {blue: 90, green: 10}"),
        (
            {"dkms:weightedNlb": True, "dkms:clusters.green": ABSENT, "dkms:weights": {"blue": 90, "green": 10}},
            "dkms:weights: green has 10 and no cluster; add clusters.green, or give it 0",
        ),
        pytest.param(
            {"dkms:weights": {"blue": 90, "green": 10}},
            "dkms:weights: blue 90 · green 10 needs an NLB that weighs target groups; where the region has "
            "it set weightedNlb to true, else switch 100/0",
            marks=pytest.mark.fact(12),
        ),
        ({"dkms:active": ABSENT}, "dkms:active: is missing (the stable colour, blue or green)"),
        ({"dkms:active": "red"}, "dkms:active: red is unknown; write blue or green"),
        (
            {"dkms:weights": {"green": 100}},
            "dkms:active: blue has no traffic (green 100); give it weight, or write green",
        ),
        (
            {"dkms:active": "green", "dkms:clusters.green": ABSENT},
            "dkms:active: green has no cluster; add clusters.green, or write blue",
        ),
        (
            {"dkms:clusters.blue.retiring": True},
            "dkms:clusters.blue.retiring: blue has weight 100; take its traffic first",
        ),
        (
            {"dkms:topology": "blue-green"},
            "dkms:topology: blue-green is unknown; write route53, shared-nlb or shared-alb",
        ),
        (
            {"dkms:topology": ABSENT},
            "dkms:topology: is missing (where traffic is split: route53, shared-nlb or shared-alb)",
        ),
        (
            {"dkms:topology": "route53", "dkms:entry.record": "simple"},
            "dkms:entry.record: a simple record holds one colour; remove the key before adding the other",
        ),
        (
            {"dkms:clusters.green.version": "1.99"},
            "dkms:clusters.green.version: 1.99 is not an EKS version that is known here; known: 1.30, 1.31, "
            "1.32, 1.33, 1.34, 1.35",
        ),
        (
            {"dkms:clusters.green.version": 1.3},
            'dkms:clusters.green.version: 1.3 is a number; put the version in quotes, such as "1.30"',
        ),
        (
            {"dkms:clusters.green.version": 1.33},
            'dkms:clusters.green.version: 1.33 is a number; put the version in quotes, such as "1.33"',
        ),
        ({"dkms:clusters.green.version": 133}, "dkms:clusters.green.version: 133 is a number; put it in quotes"),
        (
            {"dkms:clusters.green": {}},
            "dkms:clusters.green.version: is missing; give it for a new cluster, or the name of an existing one",
        ),
        (
            {"dkms:clusters.green": {"existing": "old", "version": "1.33"}},
            "dkms:clusters.green.existing: old comes as it is; remove version, which is for a new cluster",
        ),
        (
            {
                "dkms:clusters.blue": {"existing": "old"},
                "dkms:clusters.green": {"existing": "old"},
                "dkms:network": {
                    "vpcId": "vpc-0a1",
                    "subnets": {"cn-north-1a": {"private": "subnet-0a1"}, "cn-north-1b": {"private": "subnet-0b1"}},
                },
            },
            "dkms:clusters.green.existing: old is blue's cluster too; for a release beside another one write "
            "clusterOf: blue",
        ),
        (
            {"dkms:clusters.green": {"clusterOf": "blue", "version": "1.33"}},
            "dkms:clusters.green.clusterOf: stands in the cluster of blue; remove version, which is for a new cluster",
        ),
        (
            {"dkms:clusters.green": {"clusterOf": "green"}},
            "dkms:clusters.green.clusterOf: green is this colour; name the other one, or give it a version",
        ),
        (
            {"dkms:clusters": {"blue": {"clusterOf": "green"}}},
            "dkms:clusters.blue.clusterOf: green has no cluster of its own; a release leaves before the cluster that "
            "it stands in",
        ),
        (
            {
                "dkms:active": "green",
                "dkms:clusters": {"blue": {"version": "1.33", "retiring": True}, "green": {"clusterOf": "blue"}},
            },
            "dkms:clusters.blue.retiring: green stands in its cluster; retire green first",
        ),
        (
            {
                "dkms:clusters.green": {"clusterOf": "blue"},
                "dkms:services": {"dkms": {}, "dkms-green": {"paths": ["/x"], "order": 2}},
            },
            "dkms:services.dkms-green: is what the pods of dkms in green are called; give it another name",
        ),
        (
            {"dkms:tools": {"argocd": {"clusterOf": "blue"}}},
            "dkms:tools.argocd.clusterOf: is for releases of the services; give the tool a version",
        ),
        (
            {"dkms:clusters.green": {"existing": "my cluster"}},
            "dkms:clusters.green.existing: my cluster is not the name of an EKS cluster, such as dkms-old",
        ),
        ({"dkms:clusters.red": {"version": "1.33"}}, "dkms:clusters.red: red is unknown; write blue or green"),
        ({"dkms:clusters": {}}, "dkms:clusters: is empty; name at least one"),
        ({"dkms:clusters": "1.33"}, "dkms:clusters: 1.33 is not a mapping; write {key: value}"),
        (
            {"dkms:clusters.green.nodes": {"minimum": 5}},
            "dkms:clusters.green.nodes.desired: 3 is not between minimum 5 and maximum 9; let them rise",
        ),
        (
            {"dkms:clusters.green.apiCidrs": ["10.1.2.3/8"]},
            "dkms:clusters.green.apiCidrs[0]: 10.1.2.3/8 is an address inside a network; write 10.0.0.0/8, "
            "or 10.1.2.3/32",
        ),
        (
            {"dkms:tools": {"argocd": {"version": "1.33", "retiring": True}}},
            "dkms:tools.argocd.retiring: a tool carries no traffic; remove the key, or the tool",
        ),
        (
            {"dkms:tools": {"argocd": {"existing": "argo"}}},
            "dkms:tools.argocd.existing: argo stands in a VPC that exists; give network.vpcId and network.subnets",
        ),
        (
            {"dkms:tools": {"jenkins": {"version": "1.33"}}},
            "dkms:tools.jenkins: jenkins is unknown; write argocd or testkube",
        ),
    ],
)
def test_what_cannot_carry_traffic_is_refused(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(settings(changes), "Pulumi.test.yaml")
    assert str(error.value).replace("Pulumi.test.yaml: ", "") == expected
    assert str(error.value).count("Pulumi.test.yaml: ") == len(expected.splitlines())
