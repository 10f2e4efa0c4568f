"""Each risk in a change that has it, and not in one that has not."""

from dataclasses import replace
from typing import Any

import pytest

from components.adoption import Chain
from components.model import Cluster
from components.traffic import Colour, Weights
from infra.config import StackConfig
from rollout.impact.model import Level, Risk
from rollout.impact.risks import find_risks, owned_by_others
from tests.rollout.recorded import NAMES, case, step

QUIET = (
    "shared-nlb-no-change",
    "shared-nlb-canary",
    "route53-canary",
    "shared-alb-canary",
    "shared-nlb-as-is-to-to-be",
)


def risks(name: str, edit: Any = None, written: StackConfig | None = None) -> list[Risk]:
    return list(find_risks(case(name, edit, written=written)))


def one(found: list[Risk], words: str) -> Risk:
    matching = [risk for risk in found if words in risk.title]
    assert len(matching) == 1, [risk.title for risk in found]
    return matching[0]


@pytest.mark.parametrize("name", QUIET)
def test_a_plain_step_has_no_risk(name: str) -> None:
    assert risks(name) == []


def test_the_worst_comes_first() -> None:
    order = list(Level)
    for name in NAMES:
        levels = [order.index(risk.level) for risk in risks(name)]
        assert levels == sorted(levels), name


def test_an_alb_of_others_is_a_risk_as_long_as_it_has_traffic() -> None:
    elb = "arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012"
    chain = Chain(alb=f"{elb}:loadbalancer/app/a/0a", target_group=f"{elb}:targetgroup/b/0b", services={})
    plain = case("shared-nlb-canary")
    assert plain.config
    clusters = plain.config.clusters | {Colour.BLUE: Cluster(existing="dkms-old", chain=chain)}
    config = plain.config.model_copy(update={"clusters": clusters})
    risk = one(list(owned_by_others(replace(plain, config=config))), "others own the ALB of blue")
    assert (risk.level, "Leave it alone until green" in risk.instead) == (Level.WARNING, True)
    moved = config.model_copy(update={"weights": Weights.all_to(Colour.GREEN)})
    assert list(owned_by_others(replace(plain, config=moved))) == []
    assert list(owned_by_others(plain)) == []


def test_a_colour_is_not_retired_in_the_update_that_takes_its_traffic() -> None:
    for name in ("shared-nlb-retire-with-switch", "shared-nlb-retire-with-switch-protected"):
        first = risks(name)[0]
        assert (first.level, first.title) == (Level.BLOCKED, "blue is deleted in the update that takes its traffic")
        assert "fail over to the other region" in first.consequence
        assert "two updates: first active: green" in first.instead


def test_an_idle_colour_is_retired_with_a_word_about_the_drain() -> None:
    risk = one(risks("shared-nlb-retire"), "blue is deleted")
    assert risk.level is Level.WARNING
    assert "an hour" in risk.instead


def test_a_target_group_with_traffic_is_not_replaced_and_an_idle_one_may_be() -> None:
    found = risks("shared-nlb-replaced-target-group")
    risk = one(found, "target group dkms-blue-dkms that carries traffic is replaced, by a change of port")
    assert (risk.level, risk.resources) == (Level.BLOCKED, ("TargetGroup dkms-blue-dkms",))

    def idle(raw: dict[str, Any]) -> None:
        raw["steps"][0]["oldState"]["outputs"]["weights"] = {"blue": 0, "green": 100}
        raw["steps"] = [each for each in raw["steps"] if not each["urn"].endswith("::dkms-green-dkms")]
        raw["config"]["dkms:active"] = "green"

    assert not [risk for risk in risks("shared-nlb-replaced-target-group", idle) if "replaced" in risk.title]


@pytest.mark.parametrize(
    ("name", "op", "words"),
    [
        ("::dkms-nlb", "replace", "the load balancer dkms-nlb that carries traffic is replaced"),
        ("::dkms-entry", "delete", "the listener dkms-entry that carries traffic is deleted"),
        ("Record::dkms-entry", "replace", "the record dkms-entry that carries traffic is replaced"),
    ],
)
def test_nothing_of_both_colours_is_replaced_or_deleted(name: str, op: str, words: str) -> None:
    kinds = {"::dkms-nlb": "aws:lb/loadBalancer:LoadBalancer", "::dkms-entry": "aws:lb/listener:Listener"}

    def gone(raw: dict[str, Any]) -> None:
        kind = kinds.get(name, "aws:route53/record:Record")
        state = {"custom": True, "inputs": {}}
        urn = f"urn:pulumi:prod-bj::dkms::bluegreen:index:SharedNLB${kind}::{name.rpartition('::')[2]}"
        raw["steps"].append({"op": op, "urn": urn, "oldState": state, "newState": state if op == "replace" else None})

    assert one(risks("shared-nlb-no-change", gone), words).level is Level.BLOCKED


def test_a_service_may_be_removed_once_nobody_asks_for_it() -> None:
    def without_keys(raw: dict[str, Any]) -> None:
        for kind, name in (
            ("lb/targetGroup:TargetGroup", "dkms-blue-keys"),
            ("lb/listenerRule:ListenerRule", "dkms-blue-keys"),
        ):
            urn = f"urn:pulumi:prod-bj::dkms::bluegreen:index:SharedNLB$aws:{kind}::{name}"
            tags = {"bluegreen:colour": "blue"} | ({"bluegreen:service": "keys"} if "Group" in kind else {})
            raw["steps"].append({"op": "delete", "urn": urn, "oldState": {"custom": True, "inputs": {"tags": tags}}})

    (found,) = risks("shared-nlb-no-change", without_keys)
    assert (found.level, found.title) == (Level.WARNING, "services are removed: keys")
    assert found.resources == ("TargetGroup dkms-blue-keys", "ListenerRule dkms-blue-keys")


def test_an_address_of_operators_may_go() -> None:
    assert not [risk for risk in risks("shared-nlb-retire") if "address" in "".join(risk.resources)]


def test_pulumis_own_refusal_is_told_once() -> None:
    risk = one(risks("shared-nlb-retire-with-switch-protected"), "Pulumi refuses it")
    assert risk.level is Level.BLOCKED
    assert "retiring" in risk.instead


def test_an_error_of_the_program_blocks() -> None:
    def failed(raw: dict[str, Any]) -> None:
        raw["diagnostics"] = [{"severity": "error", "message": "error: the bucket is not there\nand more"}]

    assert one(risks("shared-nlb-no-change", failed), "Pulumi refuses it").consequence == "the bucket is not there"


def test_both_records_at_zero_block() -> None:
    def blue_first(raw: dict[str, Any]) -> None:
        raw["steps"].sort(key=lambda each: each["urn"].endswith("::dkms-green"))

    assert one(risks("route53-switch", blue_first), "all records are at weight 0").level is Level.BLOCKED
    assert risks("route53-switch") == []


def test_what_is_applied_is_what_the_configuration_says() -> None:
    def another_split(raw: dict[str, Any]) -> None:
        raw["config"]["dkms:weights"] = '{"blue": 95, "green": 5}'

    risk = one(risks("shared-nlb-canary", another_split), "is not what the configuration says")
    assert risk.level is Level.BLOCKED
    assert "blue 90 · green 10" in risk.title
    assert "blue 95 · green 5" in risk.title


def test_a_preview_of_another_stack_file_is_stale() -> None:
    now = case("shared-nlb-switch").config
    assert one(risks("shared-nlb-canary", written=now), "is not of Pulumi.prod-bj.yaml").level is Level.WARNING


def test_weights_that_were_moved_by_hand_are_noticed() -> None:
    def moved(raw: dict[str, Any]) -> None:
        old = step(raw, "::dkms-entry")["oldState"]["outputs"]["defaultActions"][0]["forward"]["targetGroups"]
        new = step(raw, "::dkms-entry")["newState"]["inputs"]["defaultActions"][0]["forward"]["targetGroups"]
        old[:] = [{"arn": each["arn"], "weight": 50} for each in new]

    risk = one(risks("shared-nlb-canary", moved), "the last update left it at blue 100")
    assert risk.level is Level.WARNING


def test_a_step_above_the_limit_is_blocked_in_prod_only() -> None:
    assert one(risks("shared-nlb-switch"), "green goes from 0 to 100 % in one step").level is Level.BLOCKED
    assert risks("route53-switch") == []  # qa


def test_without_weighted_target_groups_a_switch_says_so_in_the_configuration() -> None:
    def cannot_weigh(raw: dict[str, Any]) -> None:
        del raw["config"]["dkms:weightedNlb"]

    def says_so(raw: dict[str, Any]) -> None:
        cannot_weigh(raw)
        raw["config"]["dkms:gates"] = '{"firstStep": 100}'

    risk = one(risks("shared-nlb-switch", cannot_weigh), "in one step")
    assert risk.level is Level.BLOCKED
    assert risk.instead.endswith("switch with gates.firstStep: 100.")
    assert not [each for each in risks("shared-nlb-switch", says_so) if "in one step" in each.title]


def test_traffic_moves_in_an_update_of_its_own() -> None:
    risk = one(risks("shared-nlb-canary-and-more"), "it moves more than weights: 4 other resources")
    assert risk.level is Level.WARNING
    assert "TargetGroup dkms-blue-dkms" in risk.resources


def test_a_switch_changes_its_weights_and_nothing_else() -> None:
    def another_port(raw: dict[str, Any]) -> None:
        step(raw, "::dkms-entry")["diffReasons"] += ["port"]

    assert one(risks("shared-nlb-canary", another_port), "dkms-entry changes more than its weights: port")


def test_services_have_one_split() -> None:
    def keys_stay(raw: dict[str, Any]) -> None:
        rule = step(raw, "::dkms-keys")
        rule["newState"]["inputs"]["actions"] = rule["oldState"]["inputs"]["actions"]

    found = risks("shared-alb-canary", keys_stay)
    assert one(found, "services are split differently").consequence == "the rest: blue 90 · green 10; keys: blue 100."
    assert one(found, "is not what the configuration says").level is Level.BLOCKED


def test_a_topology_is_not_changed_under_traffic() -> None:
    def was_route53(raw: dict[str, Any]) -> None:
        raw["steps"][0]["oldState"]["outputs"]["topology"] = "route53"

    assert one(risks("shared-nlb-no-change", was_route53), "from route53 to shared-nlb").level is Level.BLOCKED


@pytest.mark.parametrize(
    ("stack", "to", "title", "level"),
    [
        (
            "dev-nx",
            "1.34",
            "the cluster of blue goes from 1.33 to 1.34 in place, under 100 % of the traffic",
            "warning",
        ),
        (
            "prod-nx",
            "1.34",
            "the cluster of blue goes from 1.33 to 1.34 in place, under 100 % of the traffic",
            "blocked",
        ),
        ("dev-nx", "1.35", "the cluster of blue goes from 1.33 to 1.35 in place", "blocked"),
        ("dev-nx", "1.32", "the cluster of blue goes from 1.33 to 1.32 in place", "blocked"),
    ],
)
def test_a_cluster_with_traffic_is_not_upgraded_in_place(stack: str, to: str, title: str, level: str) -> None:
    from dataclasses import replace

    def upgraded(raw: dict[str, Any]) -> None:
        step(raw, "::dkms-blue-eksCluster")["newState"]["inputs"]["version"] = to

    found = list(find_risks(replace(case("shared-nlb-cluster-version", upgraded), stack=stack)))
    assert one(found, title).level.value == level


def test_an_idle_cluster_and_a_tools_may_be_upgraded_in_place() -> None:
    def idle(raw: dict[str, Any]) -> None:
        raw["steps"][0]["oldState"]["outputs"]["weights"] = {"blue": 0, "green": 100}

    assert one(risks("shared-nlb-cluster-version", idle), "blue goes from 1.33 to 1.34 in place").level is Level.NOTE

    def a_tools(raw: dict[str, Any]) -> None:
        cluster = step(raw, "::dkms-blue-eksCluster")
        cluster["urn"] = cluster["urn"].replace("dkms-blue-eksCluster", "dkms-argocd-eksCluster")
        for side in ("oldState", "newState"):
            cluster[side]["inputs"]["tags"].pop("bluegreen:colour")
        cluster["oldState"]["outputs"].pop("tags", None)

    assert one(risks("shared-nlb-cluster-version", a_tools), "argocd goes from 1.33 to 1.34").level is Level.NOTE


def test_who_lets_clients_in_is_not_taken_away_unseen() -> None:
    risk = one(risks("shared-nlb-cluster-version"), "1 rule of security groups on clients' way go")
    assert risk.resources == ("SecurityGroupIngressRule dkms-blue-alb-to-pods-8080-in",)


@pytest.mark.parametrize("op", ["delete", "replace"])
@pytest.mark.parametrize(("colour", "warned"), [("blue", True), ("green", False)])
def test_an_argocd_that_forgets_a_colour_under_traffic_may_take_its_workloads(
    op: str, colour: str, *, warned: bool
) -> None:
    def forgetting(raw: dict[str, Any]) -> None:
        urn = f"urn:pulumi:prod-bj::dkms::kubernetes:core/v1:Secret::dkms-{colour}-argocd"
        raw["steps"].append({"op": op, "urn": urn, "oldState": {"custom": True}})

    found = risks("shared-nlb-no-change", forgetting)
    assert [risk.title for risk in found] == (["ArgoCD forgets blue under traffic"] if warned else [])
    assert [risk.level for risk in found] == ([Level.WARNING] if warned else [])


@pytest.mark.parametrize(
    ("colour", "after", "title"),
    [
        ("blue", {}, "ArgoCD knows blue no longer by team: dkms, under traffic"),
        ("blue", {"team": "keys"}, "ArgoCD knows blue no longer by team: dkms, under traffic"),
        ("blue", {"team": "dkms", "tier": "1"}, ""),
        ("green", {}, ""),
    ],
)
def test_a_label_that_argocd_may_find_a_colour_by_is_not_taken_away_unseen(
    colour: str, after: dict[str, str], title: str
) -> None:
    def relabelling(raw: dict[str, Any]) -> None:
        sides = ({"custom": True, "inputs": {"metadata": {"labels": each}}} for each in ({"team": "dkms"}, after))
        urn = f"urn:pulumi:prod-bj::dkms::kubernetes:core/v1:Secret::dkms-{colour}-argocd"
        raw["steps"].append({"op": "update", "urn": urn} | dict(zip(("oldState", "newState"), sides, strict=True)))

    assert [risk.title for risk in risks("shared-nlb-no-change", relabelling)] == ([title] if title else [])


def test_warnings_of_others_are_passed_on_once() -> None:
    def warned(raw: dict[str, Any]) -> None:
        raw["diagnostics"] = [{"severity": "warning", "message": "warning: [advisory] old\n"}] * 2

    assert one(risks("shared-nlb-no-change", warned), "[advisory] old").level is Level.NOTE
