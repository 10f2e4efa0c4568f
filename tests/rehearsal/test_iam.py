"""The policies in docs/iam: just what a stack lives through, refused beyond, and of no action too wide."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from pydantic import JsonValue

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import DEPLOY, GATES
from rehearsal.engine import Operation
from rehearsal.iam import documents, rights, written
from rehearsal.run import stage
from rehearsal.script import EngineName, load
from rehearsal.stack_file import flatten

DOCUMENTS = {path.stem: path for path in (Path(__file__).parents[2] / "docs/iam").glob("*.json")}
POLICIES: Mapping[str, JsonValue] = {
    name: json.loads(path.read_text(encoding="utf-8")) for name, path in DOCUMENTS.items()
}
DEPLOYING = {**POLICIES["deploy"], "Statement": [*POLICIES["deploy"]["Statement"], *POLICIES["preview"]["Statement"]]}  # pyright: ignore - JSON
"""A role that deploys has both."""


def test_the_story_and_the_upkeep_of_each_topology_need_what_the_policies_give_and_no_less() -> None:
    def allowed(aws: EmbeddedAws) -> None:
        aws.allow(DEPLOY, DEPLOYING)
        aws.allow(GATES, POLICIES["gates"])

    assert {name: written(policy) for name, policy in documents(rights(allowed)).items()} == POLICIES


def actions(policy: JsonValue) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}  # pyright: ignore - JSON


@pytest.mark.parametrize("name", ["deploy", "preview", "gates"])
def test_no_policy_has_a_wildcard_in_an_action_and_only_reads_are_of_everything(name: str) -> None:
    assert not [action for action in actions(POLICIES[name]) if "*" in action]
    wide = {
        action
        for statement in POLICIES[name]["Statement"]  # pyright: ignore - JSON
        if "*" in statement["Resource"]
        for action in statement["Action"]
    }
    assert {action for action in wide if not action.split(":")[1].startswith(("Describe", "Get", "List"))} <= {
        "eks:CreateCluster",
        "route53:CreateHostedZone",
    }
    assert len(json.dumps(POLICIES[name], separators=(",", ":"))) <= 6144, "a managed policy's limit"


def test_who_previews_and_who_watches_change_nothing() -> None:
    for name in ("preview", "gates"):
        assert all(action.split(":")[1].startswith(("Describe", "Get", "List")) for action in actions(POLICIES[name]))


def test_a_preview_passes_with_what_previews_are_given_and_an_update_does_not() -> None:
    file, config = load("dev-nx")
    settings = flatten(file.settings, "dev-nx")
    with stage("dev-nx", config, EngineName.EMBEDDED) as (aws, engine):
        for caller in (DEPLOY, GATES):
            aws.allow(caller, POLICIES["preview"])
        previewed = engine.preview(settings)
        assert previewed.error is None
        assert {step.op for step in previewed.changes} == {Operation.CREATE}
        refused = engine.up(settings)
        assert not [call for call in aws.calls() if call.error is None and call.operation != "CreateHostedZone"]
    assert "is not authorized to perform: ec2:" in (refused.error or "")


def test_deploys_delete_nothing_of_others() -> None:
    with EmbeddedAws.start("cn-north-1") as aws:
        theirs = aws.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        deploying = EmbeddedAws.attach(aws.port, aws.region, DEPLOY)
        aws.allow(DEPLOY, DEPLOYING)
        with pytest.raises(ClientError, match=r"UnauthorizedOperation.*ec2:DeleteVpc"):
            deploying.client("ec2").delete_vpc(VpcId=theirs)
        tags = [{"Key": "Project", "Value": "dkms"}]
        aws.client("ec2").create_tags(Resources=[theirs], Tags=tags)
        deploying.client("ec2").delete_vpc(VpcId=theirs)
        deploying.close()
