from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, ip_address
from re import escape, fullmatch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.model import Service
from components.rules import COLOUR_HEADER, Choice, Rule, leading_service, plan_rules, target_group_name
from components.traffic import Colour, Weights
from tests.components.sample import BLUE, CLIENTS, GREEN, OPERATORS, entry

BOTH = (BLUE, GREEN)
ONE_OF_EACH = {
    "rest": Service(order=4),
    "keys": Service(paths=("/keys/*",)),
    "audit": Service(hosts=("audit.example.cn",), order=3),
    "admin": Service(hosts=("audit.example.cn",), paths=("/admin",), order=2),
}

orders = st.lists(st.integers(1, 900), unique=True, max_size=12)


def free_orders(services: Mapping[str, Service]) -> st.SearchStrategy[int]:
    return st.integers(1, 900).filter(lambda order: all(order != each.order for each in services.values()))


@st.composite
def service_mappings(draw: st.DrawFn) -> dict[str, Service]:
    services = {
        f"s{order}": Service(
            order=order,
            hosts=(f"h{order}.example.cn",) if draw(st.booleans()) else (),
            paths=(f"/p{order}/*",),
        )
        for order in draw(orders)
    }
    if draw(st.booleans()) or not services:
        services["rest"] = Service(order=draw(free_orders(services)))
    return dict(draw(st.permutations(list(services.items()))))


choices = st.sampled_from([None, Choice.HEADER, Choice.HOST])
colour_sets = st.sampled_from([(BLUE,), (GREEN,), BOTH])


@given(service_mappings(), colour_sets, choices)
def test_names_and_priorities_are_unique_and_in_awss_range(
    services: dict[str, Service], colours: Sequence[Colour], choice: Choice | None
) -> None:
    _, rules = plan_rules(entry(), services, colours, choice=choice)
    assert len({rule.priority for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
    assert all(1 <= rule.priority <= 50_000 for rule in rules)
    assert [rule.priority for rule in rules] == sorted(rule.priority for rule in rules)


@given(service_mappings(), colour_sets, choices, st.data())
def test_a_service_added_anywhere_but_first_changes_no_other_rule(
    services: dict[str, Service], colours: Sequence[Colour], choice: Choice | None, data: st.DataObject
) -> None:
    first = services[leading_service(services)].order
    assume(first < 900)
    free = data.draw(free_orders(services).filter(lambda order: order > first))
    items = list(services.items())
    items.insert(data.draw(st.integers(0, len(items))), ("new", Service(order=free, paths=("/new",))))
    before, after = (plan_rules(entry(), some, colours, choice=choice) for some in (services, dict(items)))
    assert after[0] == before[0]
    assert set_of(before[1]) < set_of(after[1])


def set_of(rules: Sequence[Rule]) -> set[str]:
    return {repr(rule) for rule in rules}


@given(service_mappings(), st.integers(0, 100))
def test_a_shift_changes_only_the_weights_of_each_services_own_action(services: dict[str, Service], green: int) -> None:
    weights = Weights(blue=100 - green, green=green)
    default, rules = plan_rules(entry(), services, BOTH, weights, Choice.HEADER)
    default_before, before = plan_rules(entry(), services, BOTH, Weights.all_to(BLUE), Choice.HEADER)
    assert sum(rule.weights == weights.forward for rule in [*rules, default]) >= len(services)
    for new, old in zip([default, *rules], [default_before, *before], strict=True):
        assert (new.name, new.priority, new.conditions, new.service) == (
            old.name,
            old.priority,
            old.conditions,
            old.service,
        )
        assert new.weights in (old.weights, weights.forward)


@given(service_mappings(), colour_sets)
def test_one_colour_takes_everything_of_its_own_alb(services: dict[str, Service], colours: Sequence[Colour]) -> None:
    default, rules = plan_rules(entry(), services, colours[:1], choice=Choice.HOST)
    for rule in [default, *rules]:
        assert rule.weights == ({colours[0]: 100} if rule.service else {})


def reached(
    rules: tuple[Rule, tuple[Rule, ...]], host: str, path: str, source: str, headers: Mapping[str, str] | None = None
) -> Rule:
    """The rule that a request meets, as an ALB reads them."""
    default, ordered = rules

    def fits(patterns: Sequence[str], text: str) -> bool:
        return not patterns or any(fullmatch(escape(each).replace(r"\*", ".*"), text) for each in patterns)

    for rule in ordered:
        asked = rule.conditions
        if (
            fits(asked.hosts, host)
            and fits(asked.paths, path)
            and (asked.header is None or (headers or {}).get(COLOUR_HEADER) == asked.header)
            and (not asked.sources or any(ip_address(source) in IPv4Network(each) for each in asked.sources))
        ):
            return rule
    return default


OPERATOR, CLIENT = str(OPERATORS[9]), str(CLIENTS[9])
REQUESTS = {
    "rest": ("dkms.example.cn", "/"),
    "keys": ("dkms.example.cn", "/keys/1"),
    "audit": ("audit.example.cn", "/"),
    "admin": ("audit.example.cn", "/admin"),
}


@pytest.mark.parametrize(("service", "request_"), REQUESTS.items())
def test_an_operators_header_leads_to_that_colour_of_the_same_service(service: str, request_: tuple[str, str]) -> None:
    rules = plan_rules(entry(), ONE_OF_EACH, BOTH, Weights.all_to(BLUE), Choice.HEADER)
    for colour in BOTH:
        rule = reached(rules, *request_, OPERATOR, {COLOUR_HEADER: colour})
        assert (rule.service, rule.weights) == (service, {colour: 100})
    assert reached(rules, *request_, OPERATOR).weights == {BLUE: 100}
    assert reached(rules, *request_, OPERATOR).service == service


@pytest.mark.parametrize(("service", "request_"), REQUESTS.items())
def test_a_clients_header_chooses_nothing(service: str, request_: tuple[str, str]) -> None:
    rules = plan_rules(entry(), ONE_OF_EACH, BOTH, Weights.all_to(BLUE), Choice.HEADER)
    for headers in ({}, {COLOUR_HEADER: "green"}, {COLOUR_HEADER: "blue"}):
        rule = reached(rules, *request_, CLIENT, headers)
        assert (rule.service, rule.weights) == (service, {BLUE: 100})


@pytest.mark.parametrize(("service", "request_"), REQUESTS.items())
def test_a_colours_name_leads_operators_to_the_same_service_and_turns_clients_away(
    service: str, request_: tuple[str, str]
) -> None:
    host, path = request_
    rules = plan_rules(entry(), ONE_OF_EACH, (GREEN,), choice=Choice.HOST)
    assert reached(rules, f"green.{host}", path, OPERATOR).service == service
    turned_away = reached(rules, f"green.{host}", path, CLIENT)
    assert (turned_away.service, turned_away.status) == (None, 403)
    assert reached(rules, host, path, CLIENT).service == service


def test_a_name_under_the_colour_that_nobody_announced_is_refused_too() -> None:
    rules = plan_rules(entry(), ONE_OF_EACH, (BLUE,), choice=Choice.HOST)
    assert reached(rules, "blue.anything.example.cn", "/", CLIENT).status == 403
    assert reached(rules, "blue.example.cn", "/", CLIENT).status == 403
    assert reached(rules, "blue.anything.example.cn", "/", OPERATOR).service == "rest"


def test_where_listeners_make_the_choice_a_rule_asks_for_no_colour() -> None:
    _, rules = plan_rules(entry(), ONE_OF_EACH, BOTH)
    assert [rule.name for rule in rules] == ["keys", "admin", "audit", "all-other"]
    assert not any(rule.conditions.header or rule.conditions.sources for rule in rules)


def test_services_are_tried_by_their_order() -> None:
    services = {"a": Service(paths=("/*",), order=20), "b": Service(paths=("/b",), order=10), "c": Service()}
    _, rules = plan_rules(entry(), services, (BLUE,))
    assert [(rule.name, rule.priority) for rule in rules] == [("b", 10_100), ("a", 10_200)]


@given(service_mappings(), colour_sets, choices)
def test_an_nlb_asks_the_leading_service_for_health_whichever_there_are(
    services: dict[str, Service], colours: Sequence[Colour], choice: Choice | None
) -> None:
    rules = plan_rules(entry(), services, colours, choice=choice)
    leading = leading_service(services)
    answer = reached(rules, "10.0.3.7", services[leading].health_path, "10.0.3.7")
    assert (answer.service, answer.weights) == (leading, {colours[0]: 100})
    assert services[leading].order == min(service.order for service in services.values())


@pytest.mark.parametrize("host", ["dkms.example.cn", "example.cn", "other.example.cn"])
def test_what_nobody_asks_for_goes_to_the_service_without_conditions_or_nowhere(host: str) -> None:
    first, keys, rest = Service(hosts=("a.example.cn",)), Service(order=2, paths=("/keys/*",)), Service(order=3)
    with_rest = reached(plan_rules(entry(), {"a": first, "keys": keys, "z": rest}, (BLUE,)), host, "/", CLIENT)
    without = reached(plan_rules(entry(), {"a": first, "keys": keys}, (BLUE,)), host, "/", CLIENT)
    assert (with_rest.service, with_rest.weights) == ("z", {BLUE: 100})
    assert (without.service, without.status) == (None, 404)


def test_no_rule_is_needed_where_the_leading_service_takes_the_rest() -> None:
    default, rules = plan_rules(entry(), {"dkms": Service()}, (BLUE,))
    assert (default.service, rules) == ("dkms", ())


def paths(number: int) -> dict[str, Service]:
    return {f"s{n}": Service(paths=(f"/{n}",), order=n) for n in range(1, number + 1)}


@pytest.mark.parametrize(
    ("services", "choice", "words"),
    [
        (paths(101), None, "101 services need 202 target groups; an ALB takes 100"),
        (paths(50), Choice.HEADER, "50 services need 151 rules; an ALB takes 100"),
        (
            {"keys": Service(paths=tuple(f"/{n}" for n in range(6)))},
            None,
            "rule keys needs 6 values (hosts, paths, operatorCidrs, the colour); an ALB rule takes 5, so name fewer",
        ),
        (
            {"keys": Service(hosts=("a.example.cn", "b.example.cn"), paths=("/1", "/2"))},
            Choice.HEADER,
            "rule keys-blue needs 6 values (hosts, paths, operatorCidrs, the colour); an ALB rule takes 5, "
            "so name fewer",
        ),
        (
            {"a": Service(), "b": Service(order=2)},
            None,
            "a and b both take every request; give one of them hosts or paths",
        ),
        (
            {"a": Service(paths=("/a",)), "b": Service(paths=("/b",))},
            None,
            "a and b both have order 1; give each its own",
        ),
        (
            {"a": Service(paths=("/a",)), "rest": Service()},
            None,
            "a and rest both have order 1; give each its own",
        ),
        (
            {"a": Service(paths=("/a",)), "b": Service(paths=("/a",), order=2)},
            None,
            "a and b take the same hosts and paths; tell them apart",
        ),
        (
            {"a": Service(paths=("/a",)), "a-blue": Service(paths=("/b",), order=2)},
            Choice.HEADER,
            "two rules would be named a-blue; give one of the services another name",
        ),
    ],
)
def test_what_an_alb_would_refuse_is_refused_before(
    services: dict[str, Service], choice: Choice | None, words: str
) -> None:
    with pytest.raises(ValueError, match=f"^{escape(words)}$"):
        plan_rules(entry(), services, BOTH, choice=choice)


def test_the_quotas_themselves_are_allowed() -> None:
    assert len(plan_rules(entry(), paths(99), (BLUE,))[1]) == 100
    five = {"keys": Service(paths=tuple(f"/{n}" for n in range(5)))}
    assert plan_rules(entry(), five, (BLUE,))[1][0].conditions.values == 5


def test_target_groups_are_named_after_their_alb_colour_and_service() -> None:
    assert target_group_name("dkms-blue", "keys", BLUE, own=True) == "dkms-blue-keys"
    assert target_group_name("dkms", "keys", BLUE, own=False) == "dkms-blue-keys"


def test_a_service_with_weights_of_its_own_does_not_follow_the_others_and_the_default_is_the_leading_ones() -> None:
    services = {
        "dkms": Service(weights=Weights(blue=70, green=30)),
        "audit": Service(hosts=("a.example.cn",), order=2),
        "keys": Service(paths=("/keys/*",), order=3, weights=Weights(blue=0, green=100)),
    }
    default, rules = plan_rules(entry(), services, BOTH, Weights.all_to(BLUE), Choice.HEADER)
    split = {rule.name: rule.weights for rule in (default, *rules) if not rule.conditions.header}
    assert split == {"default": {BLUE: 70, GREEN: 30}, "audit": {BLUE: 100}, "keys": {GREEN: 100}}
