"""ArgoCD learns of green, traffic moves, ArgoCD forgets blue, blue goes: on the embedded engine, wherever it runs."""

from dataclasses import replace
from typing import Any

import pytest

from components.errors import BlueGreenError
from infra.config import parse
from rehearsal.aws import EmbeddedAws
from rehearsal.engine import Operation
from rehearsal.engine.real import pulumi_on_path
from rehearsal.play import Scene, Staging, play
from rehearsal.providers.kubernetes.held import load as clusters_of
from rehearsal.providers.stacks import publish
from rehearsal.run import stage
from rehearsal.script import EngineName, Script, story_of
from rehearsal.stack_file import Settings, flatten
from rehearsal.story import Chapter

ROLE = "arn:aws-cn:iam::123456789012:role/argocd"
ELSEWHERE = {"cluster": "argocd", "region": "cn-northwest-1", "roleArn": ROLE}
SWITCH = {"ModifyListener", "ChangeResourceRecordSets"}
REGISTRATION = ["AccessEntry", "AccessPolicyAssociation", "ArgoCDRegistration", "Secret", "SecurityGroupIngressRule"]


def with_argocd(stack: str, argocd: dict[str, Any], chosen: set[str]) -> Script:
    """Some chapters of a stack's story, with ArgoCD from the first one on."""
    script = story_of(stack, [])

    def told(settings: Settings) -> dict[str, object]:
        return {**settings, "dkms:argocd": {**argocd, "cidrs": ["10.40.0.0/16"]}}

    chapters = tuple(Chapter(each.title, told(each.settings), each.wait) for each in script.chapters)
    config = parse(flatten(told(script.chapters[-1].settings), stack))
    return replace(script, config=config, chapters=tuple(each for each in chapters if each.title in chosen))


def known_clusters(aws: EmbeddedAws) -> set[str]:
    """As ArgoCD lists them."""
    held = [item for cluster in clusters_of(aws).clusters.values() for item in cluster.of_kind("Secret").values()]
    return {item["stringData"]["name"] for item in held}


def steps(scene: Scene, op: Operation) -> list[tuple[str, str]]:
    return [(step.type.rpartition(":")[2], step.name) for step in scene.result.steps if step.op is op]


@pytest.mark.parametrize(
    ("stack", "argocd", "protected", "engine"),
    [
        ("dev-nx", {"stack": "acme/dkms/dev-bj"}, False, EngineName.EMBEDDED),
        ("dev-bj", {"roleArn": ROLE}, False, EngineName.EMBEDDED),
        ("qa-bj", ELSEWHERE, True, EngineName.EMBEDDED),
        pytest.param(
            *("qa-bj", ELSEWHERE, True, EngineName.PULUMI),
            marks=[
                pytest.mark.real_pulumi,
                pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
            ],
        ),
    ],
    ids=["another stack's, shared-nlb", "this stack's, route53", "of no stack, shared-alb", "the same by the CLI"],
)
def test_it_learns_of_green_before_its_traffic_and_forgets_blue_before_it_goes(
    stack: str, argocd: dict[str, Any], engine: EngineName, *, protected: bool
) -> None:
    chosen = {"AS-IS", "add green", "canary 10", "all to green", "unprotect blue", "retire blue"}
    script = with_argocd(stack, argocd, chosen)
    scenes, known = dict[str, Scene](), dict[str, set[str]]()
    with stage(stack, script.config, engine) as (aws, running):
        for scene in play(Staging(aws), running, script):
            scenes[scene.title], known[scene.title] = scene, known_clusters(aws)

    assert [scene.result.error for scene in scenes.values()] == [None] * (6 if protected else 5)
    assert max(scene.lost for scene in scenes.values()) == 0
    blue, green = (f"dkms-{stack}-{colour}" for colour in ("blue", "green"))
    forgets = "unprotect blue" if protected else "retire blue"
    assert known == {
        title: {blue} if title == "AS-IS" else {green} if title in (forgets, "retire blue") else {blue, green}
        for title in scenes
    }

    made = steps(scenes["add green"], Operation.CREATE)
    told = made.index(("Secret", "dkms-green-argocd"))
    for kind, name in (
        ("AccessPolicyAssociation", "dkms-green-argocd"),
        ("TargetGroupBinding", "dkms-green-dkms"),
        ("Cluster", "dkms-green-eksCluster"),
    ):
        assert made.index((kind, name)) < told, kind

    for title in ("canary 10", "all to green"):
        assert {call.operation for call in scenes[title].calls} <= SWITCH
        assert set(scenes[title].planned) == {"updated"}

    gone = steps(scenes[forgets], Operation.DELETE)
    if protected:
        assert sorted(kind for kind, _ in gone) == REGISTRATION
        assert set(scenes[forgets].planned) == {"updated", "deleted"}
    else:
        ahead = gone.index(("Secret", "dkms-blue-argocd"))
        for kind in ("TargetGroupBinding", "AccessPolicyAssociation", "AccessEntry", "Cluster"):
            assert ahead < min(place for place, (each, name) in enumerate(gone) if each == kind and "blue" in name), (
                kind
            )


def test_another_role_is_let_in_before_the_old_one_goes_and_argocd_never_misses_a_cluster() -> None:
    script = with_argocd("dev-nx", {"cluster": "argocd", "roleArn": ROLE}, {"AS-IS"})
    (first,) = script.chapters
    other = {**first.settings, "dkms:argocd": {"cluster": "argocd", "roleArn": f"{ROLE}-2", "labels": {"team": "dkms"}}}
    script = replace(script, chapters=(first, Chapter("another role", other)))
    with stage("dev-nx", script.config, EngineName.EMBEDDED) as (aws, engine):
        *_, scene = play(Staging(aws), engine, script)
        assert known_clusters(aws) == {"dkms-dev-nx-blue"}
    assert scene.result.error is None
    assert ("Secret", "dkms-blue-argocd") in steps(scene, Operation.UPDATE)
    calls = [call.operation for call in scene.calls]
    assert calls.index("AssociateAccessPolicy") < calls.index("DeleteAccessEntry")
    assert scene.lost == 0


def test_a_namespace_more_leaves_argocd_with_rights_in_all_of_them() -> None:
    script = with_argocd("dev-nx", {"cluster": "argocd", "roleArn": ROLE}, {"AS-IS"})
    (first,) = script.chapters
    host = {"hosts": ["keys.dev-nx.example.cn"], "order": 2, "namespace": "keys"}
    services = {"dkms": {"port": 8080, "healthPath": "/healthz"}, "keys": host}
    more = Chapter("a namespace more", {**first.settings, "dkms:services": services})
    with stage("dev-nx", script.config, EngineName.EMBEDDED) as (aws, engine):
        *_, scene = play(Staging(aws), engine, replace(script, chapters=(first, more)))
        assert scene.result.error is None
        eks = aws.client("eks")
        (cluster,) = (name for name in eks.list_clusters()["clusters"] if "blue" in name)
        held = eks.list_associated_access_policies(clusterName=cluster, principalArn=ROLE)["associatedAccessPolicies"]
    assert [each["accessScope"] for each in held] == [{"type": "namespace", "namespaces": ["default", "keys"]}]


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ("acme/dkms/nowhere", "Preview failed: unknown stack 'acme/dkms/nowhere'"),
        (
            "acme/dkms/silent",
            "Pulumi.dev-nx.yaml: dkms:argocd.stack: output argocd of acme/dkms/silent is missing; "
            "deploy dkms:argocd there first, or give cluster and roleArn here instead",
        ),
    ],
)
def test_a_stack_that_does_not_say_it_stops_the_preview_in_a_line(named: str, error: str) -> None:
    script = with_argocd("dev-nx", {"cluster": "argocd", "roleArn": ROLE}, {"AS-IS"})
    settings = {**script.chapters[0].settings, "dkms:argocd": {"stack": named}}
    with stage("dev-nx", script.config, EngineName.EMBEDDED) as (aws, engine):
        publish(aws, "acme/dkms/silent", {"endpoint": "https://dkms.example.cn/"})
        result = engine.preview(flatten(settings, "dev-nx"))
    assert result.error == error


def test_the_pulumi_cli_is_not_asked_for_outputs_that_its_backend_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.run.pulumi_on_path", lambda: True)
    script = with_argocd("dev-nx", {"stack": "acme/dkms/dev-bj"}, {"AS-IS"})
    with (
        pytest.raises(BlueGreenError, match=r"argocd\.stack is acme/dkms/dev-bj, which the rehearsal's backend"),
        stage("dev-nx", script.config, EngineName.PULUMI),
    ):
        pass
