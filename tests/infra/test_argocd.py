"""ArgoCD and the colours: what it is told, in which order, what it may do, and what is refused."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pulumi import RunError
from ruamel.yaml import YAML

from components.errors import ConfigError
from infra.argocd import read_place
from infra.program import deploy
from tests.infra.settings import ABSENT, config
from tests.recording import Recording, record

every_topology = pytest.mark.parametrize("topology", ["route53", "shared-nlb", "shared-alb"])
ROLE = "arn:aws-cn:iam::123456789012:role/argocd"
PLACE = {"cluster": "argocd", "region": "cn-northwest-1", "roleArn": ROLE}
OWN = {"dkms:tools": {"argocd": {"version": "1.33"}}, "dkms:argocd": {"roleArn": ROLE}}
LITERAL = {"dkms:argocd": {"cluster": "argocd", "region": "cn-northwest-1", "roleArn": ROLE}}
OVER_STACK = {"dkms:argocd": {"stack": "acme/dkms/dev-nx"}}
REGISTERED = {"ArgoCDRegistration", "AccessEntry", "AccessPolicyAssociation", "Secret"}


@cache
def deployed(topology: str = "shared-nlb", ways: str = "", given: str = "{}", *, preview: bool = False) -> Recording:
    way: dict[str, Any] = {"": {}, "own": OWN, "literal": LITERAL, "stack": OVER_STACK}[ways]
    parsed = config({"dkms:topology": topology, **way, **json.loads(given)})
    return record(
        lambda: deploy(parsed),
        preview=preview,
        existing={"argocd": "1.33"},
        stacks={"acme/dkms/dev-nx": {"argocd": PLACE}},
    )


def registered(recording: Recording) -> list[tuple[str, str]]:
    return [(kind, name) for kind, name in sorted(recording.listing()) if kind in REGISTERED]


@every_topology
@pytest.mark.parametrize("ways", ["own", "literal", "stack"])
def test_each_colour_gets_one_registration_and_nothing_else_changes(topology: str, ways: str) -> None:
    before, after = deployed(topology), deployed(topology, ways)
    assert after.changed_from(before) == {}
    assert registered(after) == sorted(
        (kind, f"dkms-{name}-argocd") for kind in REGISTERED for name in ("blue", "green")
    )
    assert ("kubernetes", "dkms-argocd") in after.added_to(before)
    assert deployed(topology, ways, preview=True).resources.keys() == after.resources.keys()


def test_the_secret_is_a_declarative_cluster_of_argocd() -> None:
    secret = deployed(ways="literal").one("Secret", "dkms-green-argocd")
    metadata, data = secret.inputs["metadata"], dict(secret.inputs["stringData"])
    assert metadata == {
        "namespace": "argocd",
        "labels": {
            "argocd.argoproj.io/secret-type": "cluster",
            "colour": "green",
            "environment": "test",
            "region": "cn-north-1",
            "stack": "test",
        },
    }
    assert json.loads(data.pop("config")) == {
        "awsAuthConfig": {"clusterName": "dkms-green-cluster", "roleARN": ROLE},
        "tlsClientConfig": {"insecure": False, "caData": "Q0E="},
    }
    assert data == {
        "name": "dkms-test-green",
        "server": "https://dkms-green-cluster.eks.example",
        "namespaces": "default",
        "clusterResources": "false",
    }


def test_a_team_s_labels_namespace_and_networks_are_taken() -> None:
    more = {"namespace": "gitops", "labels": {"team": "dkms"}, "cidrs": ["10.40.0.0/16"]}
    recording = deployed(given=json.dumps({"dkms:argocd": {**LITERAL["dkms:argocd"], **more}}))
    metadata = recording.one("Secret", "dkms-blue-argocd").inputs["metadata"]
    assert (metadata["namespace"], metadata["labels"]["team"]) == ("gitops", "dkms")
    rule = recording.one("SecurityGroupIngressRule", "dkms-blue-argocd-443-from-10.40.0.0/16").inputs
    assert (rule["securityGroupId"], rule["fromPort"], rule["toPort"]) == ("sg-dkms-blue", 443, 443)


@pytest.mark.parametrize("policy", ["AmazonEKSEditPolicy", "AmazonEKSAdminPolicy"])
def test_its_rights_end_at_the_services_namespaces(policy: str) -> None:
    services = {"dkms": {"namespace": "shop"}, "keys": {"paths": ["/keys/*"], "order": 2}}
    changes = {"dkms:services": services, "dkms:argocd": {**LITERAL["dkms:argocd"], "accessPolicy": policy}}
    recording = deployed(given=json.dumps(changes))
    allowed = recording.one("AccessPolicyAssociation", "dkms-blue-argocd").inputs
    assert allowed["policyArn"] == f"arn:aws-cn:eks::aws:cluster-access-policy/{policy}"
    assert allowed["accessScope"] == {"type": "namespace", "namespaces": ["default", "shop"]}
    assert (allowed["clusterName"], allowed["principalArn"]) == ("dkms-blue-cluster", ROLE)
    assert recording.one("Secret", "dkms-blue-argocd").inputs["stringData"]["namespaces"] == "default,shop"


@every_topology
def test_it_is_told_last_and_forgets_first(topology: str) -> None:
    recording = deployed(topology, "own")
    for colour in ("blue", "green"):
        secret = recording.one("Secret", f"dkms-{colour}-argocd")
        before = [
            recording.one(kind, name)
            for kind, name in (
                ("AccessEntry", f"dkms-{colour}-argocd"),
                ("AccessPolicyAssociation", f"dkms-{colour}-argocd"),
                ("TargetGroupBinding", f"dkms-{colour}-dkms"),
                ("Service", f"dkms-{colour}-dkms"),
                ("Cluster", f"dkms-{colour}"),
            )
        ]
        assert [each.name for each in before if not recording.comes_before(each, secret)] == []
        assert not secret.protect  # it goes in the update that lifts the protection of the rest


def test_its_secrets_change_in_place() -> None:
    provider = deployed(ways="own").one("kubernetes", "dkms-argocd")
    assert provider.inputs["enableSecretMutable"] == "true"
    assert deployed(ways="own").one("Secret", "dkms-blue-argocd").provider.startswith(provider.urn)


@pytest.mark.parametrize("ways", ["own", "literal", "stack"])
def test_a_colour_that_retires_is_forgotten_while_all_else_of_it_stays(ways: str) -> None:
    clusters = {"blue": {"version": "1.30", "retiring": True}, "green": {"version": "1.33"}}
    after = deployed(ways=ways, given=json.dumps({"dkms:clusters": clusters, "dkms:active": "green"}))
    gone = deployed(ways=ways).added_to(after)
    assert gone == sorted((kind, "dkms-blue-argocd") for kind in REGISTERED)


@pytest.mark.parametrize(
    "clusters",
    [
        {"blue": {"version": "1.30"}, "green": {"clusterOf": "blue"}},
        {"blue": {"version": "1.30"}, "green": {"existing": "argocd-knows-it"}},
    ],
    ids=["a release in blue's cluster", "a cluster that existed before"],
)
def test_only_a_cluster_that_the_stack_makes_is_registered(clusters: dict[str, Any]) -> None:
    subnets = {f"cn-north-1{zone}": {"private": f"subnet-{place}"} for place, zone in enumerate("ab")}
    network = {"vpcId": "vpc-1", "subnets": subnets}
    parsed = config({**OWN, "dkms:clusters": clusters, "dkms:network": network})
    recording = record(lambda: deploy(parsed), existing={"argocd-knows-it": "1.33"})
    assert {name for _, name in registered(recording)} == {"dkms-blue-argocd"}


def test_the_page_shows_configurations_that_are_read_and_labels_that_are_given() -> None:
    page = (Path(__file__).parents[2] / "docs" / "workloads.md").read_text(encoding="utf-8")
    shown = [YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    given = [keys for keys in shown if "dkms:argocd" in keys]
    assert len(given) == 3
    for keys in given:
        config(keys)
    labels = deployed(ways="own").one("Secret", "dkms-blue-argocd").inputs["metadata"]["labels"]
    (applications,) = (each for each in shown if each.get("kind") == "ApplicationSet")
    selected = applications["spec"]["generators"][0]["clusters"]["selector"]["matchLabels"].keys()
    assert {*selected, *re.findall(r"metadata\.labels\.(\w+)", page)} <= labels.keys()


def test_other_stacks_are_told_where_it_is() -> None:
    assert deployed(ways="own").stack_outputs["argocd"] == {
        "cluster": "dkms-argocd-cluster",
        "region": "cn-north-1",
        "roleArn": ROLE,
    }
    assert deployed(ways="literal").stack_outputs["argocd"] == PLACE
    assert "argocd" not in deployed(ways="stack").stack_outputs
    assert read_place(PLACE, "acme/dkms/dev-nx", "cn-north-1", "123456789012", ()).model_dump(by_alias=True) == PLACE


@pytest.mark.parametrize("ways", ["literal", "stack"])
def test_its_cluster_is_looked_up_in_its_own_region(ways: str) -> None:
    looked_up = [given for function, given in deployed(ways=ways).calls if function == "aws:eks/getCluster:getCluster"]
    assert looked_up == [{"name": "argocd", "region": "cn-northwest-1"}]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"dkms:argocd": {"roleArn": ROLE}},
            "dkms:argocd: says nothing of where ArgoCD runs; give stack, or cluster, or the stack's own tools.argocd",
        ),
        (
            {**OWN, "dkms:argocd": {"cluster": "argocd", "roleArn": ROLE}},
            "dkms:argocd.cluster: argocd.cluster and tools.argocd each say where ArgoCD runs; keep one",
        ),
        (
            {"dkms:argocd": {"cluster": "argocd"}},
            "dkms:argocd.roleArn: is missing; give the role that ArgoCD takes, or the stack that says it",
        ),
        (
            {"dkms:argocd": {"stack": "acme/dkms/dev-nx", "roleArn": ROLE}},
            f"dkms:argocd.roleArn: {ROLE} is for stack acme/dkms/dev-nx to say; remove one of the two",
        ),
        (
            {"dkms:argocd": {"stack": "dev-nx"}},
            "dkms:argocd.stack: dev-nx is not a stack by its full name, such as acme/dkms/dev-bj",
        ),
        (
            {**OWN, "dkms:argocd": {"roleArn": ROLE, "region": "cn-north-1"}},
            "dkms:argocd.region: is that of cluster; give the cluster's name too",
        ),
        (
            {**OWN, "dkms:argocd": {"roleArn": ROLE.replace("aws-cn", "aws")}},
            "dkms:argocd.roleArn: arn:aws:iam::123456789012:role/argocd is of aws, and cn-north-1 of aws-cn; "
            "give a role of the stack's own",
        ),
        (
            {"dkms:argocd": {**LITERAL["dkms:argocd"], "region": "eu-west-1"}},
            "dkms:argocd.region: eu-west-1 is of aws, and cn-north-1 of aws-cn; an ArgoCD reaches its own only",
        ),
        (
            {**OWN, "dkms:argocd": {"roleArn": "argocd"}},
            "dkms:argocd.roleArn: argocd is not the ARN of an IAM role, such as "
            "arn:aws-cn:iam::123456789012:role/argocd",
        ),
        (
            {**OWN, "dkms:argocd": {"roleArn": ROLE, "labels": {"colour": "red"}}},
            "dkms:argocd.labels.colour: is written by this program; give the label another name",
        ),
    ],
)
def test_what_contradicts_itself_is_told_by_its_key(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config(changes)
    assert str(raised.value) == f"configuration: {said}"


@pytest.mark.parametrize("where", ["argocd.cluster", "tools.argocd.existing"])
def test_an_argocd_in_the_cluster_of_a_colour_would_go_with_it(where: str) -> None:
    subnets = {f"cn-north-1{zone}": {"private": f"subnet-{place}"} for place, zone in enumerate("ab")}
    ways = {
        "argocd.cluster": {"dkms:argocd": {"cluster": "old", "roleArn": ROLE}},
        "tools.argocd.existing": {"dkms:tools": {"argocd": {"existing": "old"}}, "dkms:argocd": {"roleArn": ROLE}},
    }
    changes = {
        **ways[where],
        "dkms:clusters": {"blue": {"existing": "old"}},
        "dkms:network": {"vpcId": "vpc-1", "subnets": subnets},
    }
    with pytest.raises(ConfigError, match=f"dkms:{where}: old is the cluster of blue, and goes with it; run ArgoCD in"):
        config(changes)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, " is missing; deploy dkms:argocd there first, or give cluster and roleArn here instead"),
        ({"cluster": "argocd", "region": "cn-north-1"}, ": roleArn: is missing (IAM role that it takes to deploy)"),
        ("argocd", ": argocd is not a mapping; write {key: value}"),
        (
            PLACE | {"roleArn": ROLE.replace("aws-cn", "aws")},
            ": roleArn: arn:aws:iam::123456789012:role/argocd is of aws, and cn-north-1 of aws-cn; "
            "give a role of the stack's own",
        ),
        (
            PLACE | {"roleArn": ROLE.replace("123456789012", "210987654321")},
            ": roleArn: arn:aws-cn:iam::210987654321:role/argocd is of account 210987654321, and this stack of "
            "123456789012; an ArgoCD of another account is not told of clusters, so run one here, or register "
            "the cluster there by hand",
        ),
        (PLACE | {"cluster": "old"}, ": cluster: old is the cluster of a colour here, and goes with it"),
    ],
)
def test_what_the_other_stack_does_not_say_is_told_by_key_and_stack(given: object, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_place(given, "acme/dkms/dev-bj", "cn-north-1", "123456789012", {"old"})
    assert str(raised.value) == f"dkms:argocd.stack: output argocd of acme/dkms/dev-bj{said}"


def test_a_stack_that_says_nothing_fails_the_run_in_a_line() -> None:
    parsed = config({**OVER_STACK, "dkms:clusters.green": ABSENT})
    with pytest.raises(RunError, match=r"^Pulumi\.test\.yaml: dkms:argocd\.stack: output argocd of acme/dkms/dev-nx"):
        record(lambda: deploy(parsed), stacks={"acme/dkms/dev-nx": {}})
