from collections.abc import Callable

import pytest

from policies.shared_alb import across_resources, in_one_resource
from policies.stack import UNKNOWN, Resource, Stack
from tests.policies.build import (
    BINDING,
    GROUP,
    LB,
    LISTENER,
    RULE,
    as_in_preview,
    balancer_arn,
    forward,
    group_arn,
    listener,
    listener_arn,
    resource,
    rule,
)

WAY_OUT = "; give each colour an ALB of its own: dkms:topology shared-nlb or route53"


class TestOneResource:
    def test_the_component_is_refused(self) -> None:
        assert list(in_one_resource(resource("bluegreen:index:SharedALB", "dkms"))) == [
            f"dkms is a SharedALB, which is not for prod{WAY_OUT}"
        ]

    @pytest.mark.parametrize("component", ["bluegreen:index:SharedNLB", "bluegreen:index:BlueGreenRoute53"])
    def test_the_other_topologies_pass(self, component: str) -> None:
        assert list(in_one_resource(resource(component))) == []

    @pytest.mark.parametrize(
        "split",
        [
            listener(forward(blue=90, green=10)),
            listener(forward(blue=100, green=0)),
            listener(forward(blue=50, green=50), protocol="HTTP"),
            listener(forward(blue=50, green=50), protocol="https"),
            listener(forward(blue=50, green=50), protocol=None),
            listener([*forward(blue=100), *forward(green=100)]),
            listener([{**forward(blue=100)[0], "targetGroupArn": group_arn("green")}]),  # type: ignore[dict-item]
            listener([{"forward": {"targetGroups": [{"arn": UNKNOWN}, {"arn": UNKNOWN}]}}]),
            listener([{"forward": {"targetGroups": [{"arn": group_arn("blue")}, UNKNOWN]}}]),
            rule(forward(blue=90, green=10)),
            resource("aws:alb/listenerRule:ListenerRule", "rule", {"actions": forward(blue=90, green=10)}),
            resource("aws:alb/listener:Listener", "listener", {"defaultActions": forward(blue=90, green=10)}),
        ],
    )
    def test_an_alb_action_with_two_target_groups_is_refused(self, split: Resource) -> None:
        assert list(in_one_resource(split)) == [f"{split.name} of an ALB forwards to 2 target groups{WAY_OUT}"]

    @pytest.mark.parametrize(
        "single",
        [
            listener(forward(blue=100)),
            listener([{"type": "forward", "targetGroupArn": group_arn("blue")}]),
            listener([{**forward(blue=100)[0], "targetGroupArn": group_arn("blue")}]),  # type: ignore[dict-item]
            listener([{**forward(blue=100)[0], "targetGroupArn": UNKNOWN}]),  # type: ignore[dict-item]
            listener([{"type": "fixed-response", "fixedResponse": {"statusCode": "404"}}]),
            rule(forward(blue=100)),
            rule([{"type": "forward", "targetGroupArn": UNKNOWN}]),
            listener(UNKNOWN),
            listener([UNKNOWN]),
            listener([{"forward": UNKNOWN}]),
            listener(forward(blue=90, green=10), protocol=UNKNOWN),
        ],
    )
    def test_one_target_group_or_none_yet_known_passes(self, single: Resource) -> None:
        assert list(in_one_resource(single)) == []

    @pytest.mark.parametrize("protocol", ["TCP", "TLS", "tcp"])
    def test_the_shared_nlb_weighs_two_target_groups(self, protocol: str) -> None:
        assert list(in_one_resource(listener(forward(blue=90, green=10), protocol=protocol))) == []


def provider(name: str, kubeconfig: object = None, cluster: str = "") -> Resource:
    references = {"kubeconfig": (f"urn:cluster-{cluster or name}",)}
    props = {"kubeconfig": kubeconfig or f"{{server {name}}}"}
    return resource("pulumi:providers:kubernetes", name, props, references=references)


def group(name: str) -> Resource:
    return resource(GROUP, name, {"arn": group_arn(name), "protocol": "HTTP"})


def binding(target: Resource, by: Resource, type_: str = BINDING) -> Resource:
    spec = {"targetGroupARN": target.props["arn"], "targetType": "ip"}
    name = f"{target.name}-by-{by.name}"
    return resource(type_, name, {"spec": spec}, references={"spec": (target.urn,)}, provider=by)


def alb(name: str) -> Resource:
    return resource(LB, name, {"arn": balancer_arn(name), "loadBalancerType": "application"})


def alb_listener(balancer: Resource, target: Resource | None = None, name: str = "https") -> Resource:
    actions = [{"type": "fixed-response"}] if target is None else forward(**{target.name: 100})
    props = {
        "arn": listener_arn(balancer.name, name),
        "loadBalancerArn": balancer.props["arn"],
        "protocol": "HTTPS",
        "defaultActions": actions,
    }
    references = {"loadBalancerArn": (balancer.urn,), "defaultActions": (target.urn,) if target else ()}
    return resource(LISTENER, f"{balancer.name}-{name}", props, references=references)


def alb_rule(of: Resource, target: Resource, name: str) -> Resource:
    props = {"listenerArn": of.props["arn"], "actions": forward(**{target.name: 100})}
    return resource(RULE, name, props, references={"listenerArn": (of.urn,), "actions": (target.urn,)})


BLUE, GREEN = provider("blue"), provider("green")
GROUPS = {name: group(name) for name in ("blue", "green", "blue-admin", "green-admin")}
FILLED = [
    BLUE,
    GREEN,
    *GROUPS.values(),
    *(binding(found, BLUE if name.startswith("blue") else GREEN) for name, found in GROUPS.items()),
]


def shared_nlb() -> list[Resource]:
    """Two ALBs, one for each colour, each with two services."""
    chains: list[Resource] = []
    for colour in ("blue", "green"):
        balancer = alb(f"alb-{colour}")
        https = alb_listener(balancer, GROUPS[colour])
        admin = alb_rule(https, GROUPS[f"{colour}-admin"], f"{colour}-admin")
        chains += [balancer, https, admin]
    entry = listener(forward(**{"alb-blue": 90, "alb-green": 10}), protocol="TCP")
    return [*FILLED, *chains, entry]


def by_header_rules() -> list[Resource]:
    one = alb("one")
    https = alb_listener(one)
    return [one, https, alb_rule(https, GROUPS["blue"], "r1"), alb_rule(https, GROUPS["green"], "r2")]


def by_default_and_rule() -> list[Resource]:
    one = alb("one")
    https = alb_listener(one, GROUPS["blue"])
    return [one, https, alb_rule(https, GROUPS["green"], "r")]


def by_two_listeners() -> list[Resource]:
    one = alb("one")
    return [one, alb_listener(one, GROUPS["blue"]), alb_listener(one, GROUPS["green"], "8443")]


def by_rules_of_different_services() -> list[Resource]:
    one = alb("one")
    https = alb_listener(one, GROUPS["blue"])
    return [one, https, alb_rule(https, GROUPS["green-admin"], "admin")]


SHAPES = [by_header_rules, by_default_and_rule, by_two_listeners, by_rules_of_different_services]


@pytest.mark.parametrize("seen", [lambda r: r, as_in_preview], ids=["update", "preview"])
class TestSeveralResources:
    def test_a_colour_with_an_alb_of_its_own_passes(self, seen: Callable[[Resource], Resource]) -> None:
        assert list(across_resources(Stack(map(seen, shared_nlb())))) == []

    @pytest.mark.parametrize("shape", SHAPES)
    def test_one_alb_that_two_clusters_fill_is_refused(
        self, shape: Callable[[], list[Resource]], seen: Callable[[Resource], Resource]
    ) -> None:
        [found] = across_resources(Stack(map(seen, [*FILLED, *shape()])))
        assert found.urn == alb("one").urn
        assert found.message == (
            f"2 clusters (Kubernetes providers blue, green) fill target groups of ALB one{WAY_OUT}"
        )

    def test_one_target_group_that_two_clusters_fill_is_refused(self, seen: Callable[[Resource], Resource]) -> None:
        one = group("one")
        resources = [BLUE, GREEN, one, binding(one, BLUE), binding(one, GREEN)]
        [found] = across_resources(Stack(map(seen, resources)))
        assert (found.urn, found.message) == (
            one.urn,
            f"2 clusters (Kubernetes providers blue, green) fill target group one{WAY_OUT}",
        )

    @pytest.mark.parametrize(
        "type_", ["kubernetes:apiextensions.k8s.io:CustomResource", "kubernetes:helm.sh/v3:Release"]
    )
    def test_whatever_object_names_the_target_group_fills_it(
        self, type_: str, seen: Callable[[Resource], Resource]
    ) -> None:
        one = group("one")
        resources = [BLUE, GREEN, one, binding(one, BLUE, type_), binding(one, GREEN, type_)]
        assert len(list(across_resources(Stack(map(seen, resources))))) == 1

    def test_two_providers_of_one_cluster_are_one_cluster(self, seen: Callable[[Resource], Resource]) -> None:
        first, second = (provider(name, "{server same}", cluster="same") for name in ("first", "second"))
        one = group("one")
        resources = [first, second, one, binding(one, first), binding(one, second)]
        assert list(across_resources(Stack(map(seen, resources)))) == []


def test_two_contexts_of_one_kubeconfig_are_two_clusters() -> None:
    first, second = (
        resource("pulumi:providers:kubernetes", name, {"kubeconfig": "{both}", "context": name})
        for name in ("first", "second")
    )
    one = group("one")
    [found] = across_resources(Stack([one, binding(one, first), binding(one, second)]))
    assert "first, second" in found.message


def test_an_alb_of_another_stack_is_known_by_its_listeners() -> None:
    outside = alb("outside")
    https = alb_listener(outside)  # neither is among the resources
    rules = [alb_rule(https, GROUPS["blue"], "r1"), alb_rule(https, GROUPS["green"], "r2")]
    [found] = across_resources(Stack([*FILLED, *rules]))
    assert found.urn == balancer_arn("outside")


def test_target_groups_of_another_stack_are_known_by_their_arns() -> None:
    one = group("elsewhere")  # not among the resources
    [found] = across_resources(Stack([BLUE, GREEN, binding(one, BLUE), binding(one, GREEN)]))
    assert f"fill target group {group_arn('elsewhere')}" in found.message


def test_what_a_preview_cannot_tell_is_refused_by_the_update() -> None:
    one = alb("one")
    https = alb_listener(one)
    mixed = {"actions": (GROUPS["blue"].urn, GROUPS["green"].urn), "listenerArn": (https.urn,)}
    rules = [alb_rule(https, GROUPS[colour], colour) for colour in ("blue", "green")]
    resources = [*FILLED, one, https, *(resource(r.type, r.name, r.props, references=mixed) for r in rules)]
    assert list(across_resources(Stack(map(as_in_preview, resources)))) == []
    assert len(list(across_resources(Stack(resources)))) == 1
