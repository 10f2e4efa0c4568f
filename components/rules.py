"""The rules of an ALB's listener: which request goes to which service, and to which colour of it.

Pure. A shift changes the weights inside one action per service and nothing else, and priorities come from each
service's own `order`: a service added or removed renumbers nobody.

The default action belongs to the leading service for good, whichever services come and go: an NLB asks for an ALB's
health by the address of its own node, which no rule here asks for, so pods of the colour answer it.
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from components.model import Entry, Service
from components.traffic import Colour, Weights

__all__ = [
    "ALL_OTHER",
    "COLOUR_HEADER",
    "Choice",
    "Conditions",
    "Rule",
    "colour_host",
    "leading_service",
    "plan_rules",
    "target_group_name",
]

COLOUR_HEADER = "X-Bluegreen-Colour"
"""Request header by which an operator reaches one colour of a shared ALB."""

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
MAX_RULES = 100
MAX_TARGET_GROUPS = 100
MAX_CONDITION_VALUES = 5
# Priorities: the colours' addresses (a service's order times ten, at most 9001), then those of the service that takes
# the rest, which would shadow the others, then whoever is turned away from them, then the services for everyone, and
# last what would shadow those.
_STEP, _REST_FROM, _OPERATORS_ONLY, _SERVICES_FROM, _ALL_OTHER = 10, 9_100, 9_999, 10_000, 30_000

ALL_OTHER = "all-other"
"""The rule for whatever the others leave. It is made after all of them, and deleted before any."""


class Choice(StrEnum):
    """How an operator names a colour to an ALB."""

    HEADER = "header"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them must hold; an empty one is not asked."""

    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    header: str | None = None
    sources: tuple[str, ...] = ()

    @property
    def values(self) -> int:
        """How many condition values AWS counts."""
        return len(self.hosts) + len(self.paths) + len(self.sources) + (self.header is not None)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, or with no conditions the default action. No service means: answer `status`."""

    name: str
    priority: int
    conditions: Conditions
    service: str | None
    weights: Mapping[Colour, int] = field(default_factory=dict[Colour, int])
    status: int = 404


def colour_host(colour: Colour, host: str) -> str:
    """Name one colour beside the entry: `blue.dkms.example.cn`."""
    return f"{colour}.{host}"


def target_group_name(alb: str, service: str, colour: Colour, *, own: bool) -> str:
    """Logical name of a service's target group; AWS takes 32 characters, of which Pulumi adds 8."""
    return f"{alb}-{service}" if own else f"{alb}-{colour}-{service}"


def leading_service(services: Mapping[str, Service]) -> str:
    """Find the service of the lowest order, whose pods answer for the health of their colour."""
    return min(services, key=lambda name: services[name].order)


def plan_rules(
    entry: Entry,
    services: Mapping[str, Service],
    colours: Sequence[Colour],
    weights: Weights | None = None,
    choice: Choice | None = None,
) -> tuple[Rule, tuple[Rule, ...]]:
    """Plan the default action and the rules of an ALB that serves `colours`.

    With one colour every action forwards to it alone; with two, by `weights` or the service's own. `choice` adds the
    colours' own addresses, which only the entry's operators reach. Raises ValueError where services ask for the same
    requests or an ALB quota is exceeded.
    """
    split = weights or Weights.all_to(colours[0])

    def forward(name: str) -> Mapping[Colour, int]:
        return {colours[0]: 100} if len(colours) == 1 else (services[name].weights or split).forward

    leading = leading_service(services)
    default = Rule("default", 0, Conditions(), leading, forward(leading))
    rules: list[Rule] = []
    rest: str | None = None
    for name, service in services.items():
        asked = _asked(service)
        first = _REST_FROM
        if asked.values:
            first = service.order * _STEP
            rules.append(Rule(name, _SERVICES_FROM + first, asked, name, forward(name)))
        elif rest:
            raise ValueError(f"{rest} and {name} both take every request; give one of them hosts or paths")
        else:
            rest = name
        for colour in colours if choice else ():
            # By the colour itself, not its place: when the other one comes or goes, this rule stays as it is.
            nth = list(Colour).index(colour)
            own = _own_conditions(choice, colour, entry, service)
            rules.append(Rule(f"{name}-{colour}", first + nth, own, name, {colour: 100}))
    if rest != leading:
        ours = Conditions(hosts=(f"*.{entry.zone.name}", entry.zone.name))
        rules.append(Rule(ALL_OTHER, _ALL_OTHER, ours, rest, forward(rest) if rest else {}))
    if choice is Choice.HOST:
        # Whoever else asks by a colour's name is turned away: a client cannot choose its colour.
        names = tuple(_every_name(colour, entry) for colour in colours)
        rules.append(Rule("operators-only", _OPERATORS_ONLY, Conditions(hosts=names), None, status=403))
    _check_clashes(rules)
    _check_orders(services)
    _check_quotas(services, colours, rules)
    return default, tuple(sorted(rules, key=lambda rule: rule.priority))


def _own_conditions(choice: Choice | None, colour: Colour, entry: Entry, service: Service) -> Conditions:
    sources = tuple(str(cidr) for cidr in entry.operator_cidrs)
    if choice is Choice.HEADER:
        return Conditions(hosts=service.hosts, paths=service.paths, header=colour, sources=sources)
    if _asked(service).values:
        hosts = tuple(colour_host(colour, host) for host in service.hosts or (entry.host,))
    else:
        hosts = (_every_name(colour, entry),)
    return Conditions(hosts=hosts, paths=service.paths, sources=sources)


def _asked(service: Service) -> Conditions:
    return Conditions(hosts=service.hosts, paths=service.paths)


def _every_name(colour: Colour, entry: Entry) -> str:
    return f"{colour}.*{entry.zone.name}"


def _check_clashes(rules: Sequence[Rule]) -> None:
    for place, rule in enumerate(rules):
        for other in rules[:place]:
            if rule.name == other.name:
                raise ValueError(f"two rules would be named {rule.name}; give one of the services another name")
            if rule.conditions == other.conditions:
                raise ValueError(f"{other.service} and {rule.service} take the same hosts and paths; tell them apart")


def _check_orders(services: Mapping[str, Service]) -> None:
    taken: dict[int, str] = {}
    for name, service in services.items():
        first = taken.setdefault(service.order, name)
        if first != name:
            raise ValueError(f"{first} and {name} both have order {service.order}; give each its own")


def _check_quotas(services: Mapping[str, Service], colours: Sequence[Colour], rules: Sequence[Rule]) -> None:
    groups = len(services) * len(colours)
    if groups > MAX_TARGET_GROUPS:
        raise ValueError(f"{len(services)} services need {groups} target groups; an ALB takes {MAX_TARGET_GROUPS}")
    if len(rules) > MAX_RULES:
        raise ValueError(f"{len(services)} services need {len(rules)} rules; an ALB takes {MAX_RULES}")
    for rule in rules:
        if rule.conditions.values > MAX_CONDITION_VALUES:
            raise ValueError(
                f"rule {rule.name} needs {rule.conditions.values} values (hosts, paths, operatorCidrs, the colour); "
                f"an ALB rule takes {MAX_CONDITION_VALUES}, so name fewer"
            )
