"""The YAML example, from its preview to its end, on both engines: what it gives is built by the package's provider."""

from collections.abc import Iterator

import pytest

from components.controller import pod_identity_trust
from rehearsal.engine import Operation
from rehearsal.providers.kubernetes.held import load as clusters_of

from ..rehearsal.engine.harness import ENGINES
from .stage import YamlStage, staged

LISTENER = (
    "urn:pulumi:dev::keys::bluegreen:index:SharedNLB$bluegreen:index:EntryNLB$aws:lb/listener:Listener::keys-entry"
)


@pytest.fixture(scope="module", params=ENGINES)
def one(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[YamlStage]:
    with staged(request.param, tmp_path_factory.mktemp(request.param)) as stage:
        created = stage.created()
        assert created.outputs["endpoint"] == "http://keys.example.cn:8443/"
        assert created.outputs["addresses"]["green"] == {"url": "http://keys.example.cn:8082/", "headers": {}}
        stage.settle()
        yield stage
        stage.aws.set_healthy(stage.pods("green"), healthy=True)
        stage.traffic["protect"] = False
        for colour in ("blue", "green"):
            stage.program["resources"][colour]["properties"]["protect"] = False
        assert stage.up().error is None
        assert stage.destroy().error is None
        assert stage.aws.snapshot().listeners == {}


@pytest.fixture
def stage(one: YamlStage) -> YamlStage:
    """The example as it is written, with everybody well."""
    one.aws.set_healthy(one.pods("green"), healthy=True)
    one.settle()
    result, _ = one.to(90, 10)
    assert result.error is None
    one.settle()
    return one


def test_traffic_flows_by_the_weights(stage: YamlStage) -> None:
    assert stage.shares() == {"blue": 90, "green": 10}


def test_nothing_changes_the_second_time(stage: YamlStage) -> None:
    assert {step.op for step in stage.up().steps} == {Operation.SAME}


def test_a_shift_is_one_call_in_place(stage: YamlStage) -> None:
    stage.program["resources"]["traffic"]["properties"]["gates"] = {"silence": "passes"}
    result, calls = stage.to(50, 50)
    assert result.error is None
    assert [(step.op, step.urn) for step in result.changes] == [(Operation.UPDATE, LISTENER)]
    assert [call.operation for call in calls] == ["ModifyListener"]
    assert stage.shares() == {"blue": 50, "green": 50}


def test_the_gate_stops_a_shift_to_a_colour_that_is_ill_and_nothing_changes(stage: YamlStage) -> None:
    stage.aws.set_healthy(stage.pods("green"), healthy=False)
    stage.settle()
    result, calls = stage.to(50, 50)
    assert result.error is not None
    assert "traffic does not go to blue 50 · green 50, and nothing has changed" in result.error
    assert "green: keys" in result.error
    assert "Traceback" not in result.error
    assert calls == []


def test_an_update_fails_when_what_it_shifted_does_not_bake(stage: YamlStage) -> None:
    stage.program["resources"]["traffic"]["properties"]["gates"] = {"silence": "fails"}
    result, calls = stage.to(60, 40)
    stage.program["resources"]["traffic"]["properties"]["gates"] = {"silence": "passes"}
    assert result.error is not None
    assert "traffic is at blue 60 · green 40, and has not baked" in result.error
    assert "Traceback" not in result.error
    assert [call.operation for call in calls] == ["ModifyListener"]


def test_argocd_learns_of_a_cluster_and_forgets_it_when_it_retires(stage: YamlStage) -> None:
    role = stage.aws.client("iam").create_role(RoleName="argocd", AssumeRolePolicyDocument=pod_identity_trust())["Role"]
    subnets = [each["SubnetId"] for each in stage.aws.client("ec2").describe_subnets()["Subnets"]]
    stage.aws.client("eks").create_cluster(
        name="argocd", roleArn=role["Arn"], resourcesVpcConfig={"subnetIds": subnets}
    )
    green = stage.program["resources"]["green"]["properties"]
    given = green["cluster"]
    green["argocd"] = {"cluster": "argocd", "roleArn": role["Arn"], "cidrs": ["10.40.0.0/16"]}
    assert stage.up().error is None
    assert known_to_argocd(stage) == ["keys-dev-keys-green"]
    green["cluster"] = {**given, "retiring": True}
    assert stage.up().error is None
    assert known_to_argocd(stage) == []
    green["cluster"] = given
    del green["argocd"]
    assert stage.up().error is None
    assert stage.shares() == {"blue": 90, "green": 10}


def known_to_argocd(stage: YamlStage) -> list[str]:
    held = [item for cluster in clusters_of(stage.aws).clusters.values() for item in cluster.of_kind("Secret").values()]
    return [item["stringData"]["name"] for item in held]


def test_wrong_arguments_are_said_at_once_in_a_preview(stage: YamlStage) -> None:
    given = dict(stage.traffic)
    stage.traffic.update(weights={"blue": 90, "green": 20}, gatse={}, region="us-east-1")
    result = stage.preview()
    stage.traffic.clear()
    stage.traffic.update(given)
    assert result.error is not None
    for line in (
        "keys: weights: blue 90 + green 20 is 110; weights are whole per cents that sum to 100",
        "keys: region: us-east-1 is not in AWS China (partition aws-cn); write cn-north-1 or cn-northwest-1",
        "keys: gatse: is unknown; did you mean gates?",
    ):
        assert line in result.error
    assert "Traceback" not in result.error
