"""A tiny builder of snapshots: chains NLB -> ALB -> pods, made from names."""

from dataclasses import replace

from rehearsal.oracle import Probe
from rehearsal.oracle.state import (
    Action,
    Forward,
    Listener,
    LoadBalancer,
    Pod,
    Record,
    Rule,
    Snapshot,
    Target,
    TargetGroup,
)

NAME = "dkms.example.com"
PROBE = Probe(service="dkms", entry=NAME, port=443, path="/v1/keys")


def arn(kind: str, name: str) -> str:
    return f"arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:loadbalancer/{kind}/{name}/0f"


class Chains:
    """Builds up a snapshot; every method adds and returns the builder."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()

    def alb(self, name: str, action: Action, *, port: int = 443, rules: tuple[Rule, ...] = ()) -> "Chains":
        return self._balancer("app", name, action, port, rules)

    def nlb(self, name: str, action: Action, *, port: int = 443) -> "Chains":
        return self._balancer("net", name, action, port)

    def _balancer(self, kind, name, action, port, rules=()) -> "Chains":
        balancer = LoadBalancer(arn(kind, name), name, "network" if kind == "net" else "application", f"{name}.elb")
        listener = Listener(f"{balancer.arn}:{port}", balancer.arn, port, action, rules)
        return self._put(
            load_balancers={**self.snapshot.load_balancers, balancer.arn: balancer},
            listeners={**self.snapshot.listeners, listener.arn: listener},
        )

    def pods(self, group: str, colour: str, *, count: int = 2, state: str = "healthy") -> "Chains":
        """Add a target group of pods of one colour."""
        pods = [Pod(f"10.{len(self.snapshot.pods)}.0.{i}", 8443, colour, colour) for i in range(count)]
        targets = tuple(Target(pod.ip, pod.port, state) for pod in pods)
        group_ = TargetGroup(group, group, "ip", 8443, targets)
        return self._put(
            pods={**self.snapshot.pods, **{pod.address: pod for pod in pods}},
            target_groups={**self.snapshot.target_groups, group: group_},
        )

    def to_alb(self, group: str, alb: str, *, state: str = "healthy") -> "Chains":
        """Add a target group of type alb."""
        group_ = TargetGroup(group, group, "alb", 443, (Target(arn("app", alb), 443, state),))
        return self._put(target_groups={**self.snapshot.target_groups, group: group_})

    def record(self, nlb: str, weight: int | None = None) -> "Chains":
        record = Record(NAME, (f"{nlb}.elb",), weight=weight, set_identifier=None if weight is None else nlb)
        return self._put(records=(*self.snapshot.records, record))

    def weigh(self, **weights: int) -> "Chains":
        """Set the weights of records, by their NLB's name."""
        records = tuple(
            replace(record, weight=weights.get(record.set_identifier, record.weight))
            for record in self.snapshot.records
        )
        return self._put(records=records)

    def listen(self, kind: str, name: str, action: Action, *, port: int = 443) -> "Chains":
        """Modify the default action of a listener."""
        key = f"{arn(kind, name)}:{port}"
        listener = replace(self.snapshot.listeners[key], action=action)
        return self._put(listeners={**self.snapshot.listeners, key: listener})

    def without(self, field: str, *keys: str) -> "Chains":
        kept = {key: value for key, value in getattr(self.snapshot, field).items() if key not in keys}
        return self._put(**{field: kept})

    def without_balancer(self, kind: str, name: str) -> "Chains":
        return self.without("load_balancers", arn(kind, name)).without("listeners", f"{arn(kind, name)}:443")

    def _put(self, **changes) -> "Chains":
        self.snapshot = replace(self.snapshot, **changes)
        return self


def to(**weights: int) -> Forward:
    return Forward({name.replace("_", "-"): weight for name, weight in weights.items()})


def chain(chains: Chains, colour: str, *, state: str = "healthy") -> Chains:
    """Add an ALB of one colour with its pods, and the target group through which an NLB reaches it."""
    return (
        chains.pods(f"pods-{colour}", colour, state=state)
        .alb(colour, Forward({f"pods-{colour}": 1}))
        .to_alb(f"alb-{colour}", colour)
    )


def shared_nlb(**weights: int) -> Chains:
    """Return one NLB in front of a blue and a green ALB."""
    chains = chain(chain(Chains(), "blue"), "green")
    action = Forward({f"alb-{colour}": weight for colour, weight in weights.items()})
    return chains.nlb("nlb", action).record("nlb")


def route53(*, blue: int | None, green: int | None, green_state: str = "healthy") -> Chains:
    """Return two NLB -> ALB chains behind weighted records; None leaves a record out."""
    chains = chain(chain(Chains(), "blue"), "green", state=green_state)
    for colour, weight in (("blue", blue), ("green", green)):
        chains.nlb(f"nlb-{colour}", Forward({f"alb-{colour}": 1}))
        if weight is not None:
            chains.record(f"nlb-{colour}", weight)
    return chains


def shared_alb(*, blue: int, green: int) -> Chains:
    """Return one NLB and one ALB in front of the pods of two clusters."""
    return (
        Chains()
        .pods("pods-blue", "blue")
        .pods("pods-green", "green")
        .alb("alb", Forward({"pods-blue": blue, "pods-green": green}))
        .to_alb("alb-any", "alb")
        .nlb("nlb", Forward({"alb-any": 1}))
        .record("nlb")
    )
