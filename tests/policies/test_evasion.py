"""Ways to bring an ALB that two clusters share into prod, each a real program: the pack refuses them all."""

from pathlib import Path

import pytest

from policies.pack import POLICIES
from rehearsal.engine import EmbeddedEngine, Engine
from rehearsal.engine.analyzer import Analyzer
from rehearsal.engine.real import PulumiEngine, pulumi_on_path
from rehearsal.providers.server import ProviderServer
from tests.policies.anything import Anything
from tests.policies.evasions.cases import WAYS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAM, PACK = HERE / "evasions", ROOT / "policies"
PROJECT = "eks-bluegreen"
ABOUT = {
    "shared-alb-in-prod",
    "shared-alb-in-prod-by-shape",
    "nothing-unseen-in-prod",
    "nothing-unseen-in-prod-by-shape",
}
UNKNOWN_TO_A_PREVIEW = {"a_secret_forward", "groups_unknown_until_the_update"}
"""What only the update can tell, before it touches the listener."""
SPLITTERS = {"aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"}
REAL = ("honest", "raw_resources", "an_aliased_type", "a_binding_of_a_group_that_is_looked_up", "a_command")
PACKAGES = {package: Anything() for package in ("aws", "kubernetes", "aws-native", "command")}


def embedded(stack: str) -> Engine:
    return EmbeddedEngine(PROJECT, stack, PROGRAM, PACKAGES, analyzers=[Analyzer(POLICIES)])


def running(case: str) -> dict[str, str]:
    return {f"{PROJECT}:case": case}


def refusals(error: str | None) -> set[str]:
    return {name for name in ABOUT if f"[mandatory] {name}: " in (error or "")}


@pytest.mark.parametrize("case", WAYS)
def test_every_way_is_refused(case: str) -> None:
    engine = embedded("prod-bj")
    result = engine.preview(running(case))
    assert bool(refusals(result.error)) == (case not in UNKNOWN_TO_A_PREVIEW), result.error
    if not result.error:
        result = engine.up(running(case))
        assert refusals(result.error)
        assert not [step for step in result.changes if step.type in SPLITTERS], "it was refused too late"


@pytest.mark.parametrize("stack", ["production", "PROD-bj", "live", "staging", "dev-live", "qa-prd", "dev-preprod"])
def test_a_name_that_is_not_known_to_be_dev_or_qa_makes_no_way(stack: str) -> None:
    assert "shared-alb-in-prod" in refusals(embedded(stack).preview(running("the_component")).error)


@pytest.mark.parametrize(
    ("stack", "case"), [("prod-bj", "honest"), ("qa-bj", "the_component"), ("dev-nx", "raw_resources")]
)
def test_what_is_allowed_passes(stack: str, case: str) -> None:
    engine = embedded(stack)
    assert engine.preview(running(case)).error is None
    assert engine.up(running(case)).error is None


@pytest.mark.real_pulumi
@pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH")
@pytest.mark.parametrize("case", REAL)
def test_the_cli_refuses_it_too(case: str) -> None:
    environment = {"PYTHONPATH": str(ROOT)}
    with (
        ProviderServer(PACKAGES) as server,
        PulumiEngine(PROJECT, "prod-bj", PROGRAM, server.ports, environment=environment, policy_packs=[PACK]) as engine,
    ):
        error = engine.preview(running(case)).error
    assert (error is None) == (case == "honest"), error
    assert bool(refusals(error)) == (case != "honest"), error
