"""What an AWS region holds at one instant, as far as the way of a request depends on it.

Plain frozen data, made by whoever reads the API: the embedded AWS, a test, or a real account.
Names are lower case and have no trailing dot; resources refer to each other by ARN or id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "Action",
    "Condition",
    "Forward",
    "Listener",
    "LoadBalancer",
    "Peer",
    "Pod",
    "Record",
    "Reply",
    "Rule",
    "SecurityGroup",
    "SecurityGroupRule",
    "Snapshot",
    "Target",
    "TargetGroup",
    "TargetState",
]

TargetState = Literal["unused", "initial", "healthy", "unhealthy", "draining"]


@dataclass(frozen=True, slots=True)
class Record:
    """One Route 53 record set: an alias or a CNAME of `targets`; `weight` is None on a simple one.

    An alias to a load balancer answers with a TTL of 60 s, which cannot be set. With `evaluate_health` it answers
    only while the load balancer is healthy.
    """

    name: str
    targets: tuple[str, ...]
    type: str = "A"
    weight: int | None = None
    set_identifier: str | None = None
    ttl: int = 60
    evaluate_health: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a connection, as a security group sees it: its groups and its addresses (CIDRs)."""

    groups: frozenset[str] = frozenset()
    cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """An NLB or an ALB; `active` is false while it is provisioning."""

    arn: str
    name: str
    kind: Literal["network", "application"]
    dns_name: str
    active: bool = True
    zones: frozenset[str] = frozenset()
    cross_zone: bool = True
    peer: Peer = Peer()

    def __str__(self) -> str:
        return f"{'NLB' if self.kind == 'network' else 'ALB'} {self.name}"


@dataclass(frozen=True, slots=True)
class Forward:
    """Target groups by ARN, each with its weight (0-999); `sticky` keeps clients of an ALB where they first came."""

    weights: Mapping[str, int]
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The ALB answers itself: a fixed response, or a redirect."""

    status: int


Action = Forward | Reply


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule, in the words of the API; `header` is the name for `http-header`."""

    field: str
    values: tuple[str, ...]
    header: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of an ALB listener: all conditions must hold; the lowest priority is tried first."""

    priority: int
    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of the load balancer with ARN `load_balancer`."""

    arn: str
    load_balancer: str
    port: int
    action: Action
    rules: tuple[Rule, ...] = ()
    protocol: str = ""

    @property
    def actions(self) -> Sequence[Action]:
        """Every action, the default one first."""
        return (self.action, *(rule.action for rule in self.rules))


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target: an ALB's ARN, or the address of a pod. `why` explains an unhealthy one."""

    id: str
    port: int
    state: TargetState = "healthy"
    why: str = ""

    @property
    def address(self) -> str:
        """The key of its pod in a snapshot."""
        return f"{self.id}:{self.port}"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """A target group with its health check; times in seconds. `service` is what its pods serve, where that is known."""

    arn: str
    name: str
    kind: Literal["ip", "alb", "instance"]
    port: int
    targets: tuple[Target, ...] = ()
    service: str = ""
    health_protocol: str = ""
    health_path: str = "/"
    health_codes: str = "200-399"
    health_interval: float = 30
    health_threshold: int = 5
    deregistration_delay: float = 300


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of an EKS cluster; its colour is its Service's label, or else the cluster's tag `bluegreen:colour`."""

    ip: str
    port: int
    cluster: str
    colour: str
    healthy: bool = True
    groups: frozenset[str] = frozenset()
    error_share: float = 0.0
    """Share (0-1) of requests that it answers with 500, which are lost, although its health checks pass."""
    latency: float = 0.02
    """Seconds that it takes to answer; a slow pod loses nothing."""

    @property
    def address(self) -> str:
        """The key of this pod in a snapshot."""
        return f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """TCP ports that are open to a CIDR or to the members of a group."""

    first_port: int = 0
    last_port: int = 65535
    cidr: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """What may come in and what may go out."""

    ingress: tuple[SecurityGroupRule, ...] = ()
    egress: tuple[SecurityGroupRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything, by ARN, id or address where something refers to it."""

    records: tuple[Record, ...] = ()
    load_balancers: Mapping[str, LoadBalancer] = field(default_factory=dict[str, LoadBalancer])
    listeners: Mapping[str, Listener] = field(default_factory=dict[str, Listener])
    target_groups: Mapping[str, TargetGroup] = field(default_factory=dict[str, TargetGroup])
    pods: Mapping[str, Pod] = field(default_factory=dict[str, Pod])
    security_groups: Mapping[str, SecurityGroup] = field(default_factory=dict[str, SecurityGroup])

    def listener(self, load_balancer: str, port: int) -> Listener | None:
        """Return the listener of a load balancer on a port."""
        for listener in self.listeners.values():
            if listener.load_balancer == load_balancer and listener.port == port:
                return listener
        return None

    def users(self) -> Mapping[str, set[str]]:
        """Return, per target group in use, the load balancers with a listener or rule that names it."""
        users: dict[str, set[str]] = defaultdict(set)
        for listener in self.listeners.values():
            for action in listener.actions:
                for group in action.weights if isinstance(action, Forward) else ():
                    users[group].add(listener.load_balancer)
        return users
