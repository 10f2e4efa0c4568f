"""What time does to load balancers and targets: provisioning, health checks, draining. Pure.

A load balancer provisions for `PROVISIONING` seconds, a pod starts for `STARTUP`. A target is `unused` while
no listener names its target group, `initial` until its pod has started and passed as many health checks
as its target group asks for, then `healthy` or `unhealthy` as its pod, or what is behind its ALB, is at that
moment; a deregistered one is `draining` for the deregistration delay.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rehearsal.oracle.firewall import passes
from rehearsal.oracle.matching import Request, action_for, matches_code
from rehearsal.oracle.routing import from_alb
from rehearsal.oracle.state import (
    LoadBalancer,
    Peer,
    Reply,
    Snapshot,
    Target,
    TargetGroup,
)

__all__ = ["PROVISIONING", "STARTUP", "Timeline"]

PROVISIONING = 120.0
"""Seconds from the creation of a load balancer until it is active; two to three minutes in AWS."""
STARTUP = 20.0
"""Seconds from the creation of a pod until it is ready: an image that is on the node, and a service that starts."""

_Key = tuple[str, str, int]
"""Target group ARN, target id, port."""

_K = TypeVar("_K", bound=Hashable)


@dataclass(slots=True)
class Timeline:
    """Since when things are as they are, in model seconds.

    Call `observe` after every change with what the API holds; `settle` then says what state of
    health that has at a time.
    """

    created: dict[str, float] = field(default_factory=dict[str, float])
    used: dict[str, float] = field(default_factory=dict[str, float])
    started: dict[str, float] = field(default_factory=dict[str, float])
    registered: dict[_Key, float] = field(default_factory=dict[_Key, float])
    deregistered: dict[_Key, float] = field(default_factory=dict[_Key, float])

    def observe(self, held: Snapshot, at: float) -> None:
        """Note what is new or gone."""
        _keep(self.created, set(held.load_balancers), at)
        _keep(self.used, set(held.users()), at)
        _keep(self.started, set(held.pods), at)
        targets = {
            (group.arn, target.id, target.port) for group in held.target_groups.values() for target in group.targets
        }
        gone = dict.fromkeys(self.registered.keys() - targets, at)
        self.deregistered = {
            key: since
            for key, since in {**self.deregistered, **gone}.items()
            if key not in targets and key[0] in held.target_groups
        }
        _keep(self.registered, targets, at)

    def settle(self, held: Snapshot, at: float) -> Snapshot:
        """Return what the API holds with the states that it has at a time."""
        balancers = {
            arn: replace(balancer, active=at >= self.created.get(arn, at) + PROVISIONING)
            for arn, balancer in held.load_balancers.items()
        }
        settled = replace(held, load_balancers=balancers)
        users = held.users()
        # The health of an ALB as a target follows from that of the pods behind it: pods come first.
        for kinds in ({"ip", "instance"}, {"alb"}):
            groups = {
                arn: self._checked(settled, group, users.get(arn, set()), at) if group.kind in kinds else group
                for arn, group in settled.target_groups.items()
            }
            settled = replace(settled, target_groups=groups)
        return settled

    def turns(self, held: Snapshot, start: float, end: float) -> list[float]:
        """Return the times in (start, end] at which a state can change although nothing in the API does."""
        users = held.users()
        instants = {since + PROVISIONING for since in self.created.values()}
        for group in held.target_groups.values():
            if group.arn in users:
                instants |= {self._judged_from(group, target, end) for target in group.targets}
        for (arn, _, _), since in self.deregistered.items():
            instants.add(since + held.target_groups[arn].deregistration_delay)
        return sorted(instant for instant in instants if start < instant <= end)

    def _judged_from(self, group: TargetGroup, target: Target, at: float) -> float:
        """Return the time from which a target is healthy or not; before it is initial."""
        ready = self.started[target.address] + STARTUP if target.address in self.started else 0
        registered = self.registered.get((group.arn, target.id, target.port), at)
        return max(registered, self.used.get(group.arn, at), ready) + group.health_interval * group.health_threshold

    def _checked(self, held: Snapshot, group: TargetGroup, users: set[str], at: float) -> TargetGroup:
        targets = [self._check(held, group, target, users, at) for target in group.targets]
        draining = [
            Target(id_, port, "draining", "deregistration is in progress")
            for (arn, id_, port), since in self.deregistered.items()
            if arn == group.arn and users and at < since + group.deregistration_delay
        ]
        return replace(group, targets=(*targets, *draining))

    def _check(self, held: Snapshot, group: TargetGroup, target: Target, users: set[str], at: float) -> Target:
        if not users:
            return replace(target, state="unused", why="no listener or rule uses the target group")
        if at < self._judged_from(group, target, at):
            return replace(target, state="initial", why="health checks have not all passed yet")
        balancers = [held.load_balancers[arn] for arn in sorted(users)]
        why = (_alb_problem if group.kind == "alb" else _pod_problem)(held, group, target, balancers)
        return replace(target, state="unhealthy" if why else "healthy", why=why)


def _pod_problem(held: Snapshot, group: TargetGroup, target: Target, users: list[LoadBalancer]) -> str:
    pod = held.pods.get(target.address)
    if pod is None:
        return f"no pod runs at {target.address}"
    if not pod.healthy:
        return f"pod {pod.address} of cluster {pod.cluster} fails {group.health_path}"
    address = Peer(pod.groups, (f"{pod.ip}/32",))
    for balancer in users:
        if not passes(held, balancer.peer, address, pod.port):
            return f"the security groups do not let {balancer} reach cluster {pod.cluster} on port {pod.port}"
    return ""


def _alb_problem(held: Snapshot, group: TargetGroup, target: Target, users: list[LoadBalancer]) -> str:
    """Check an ALB as its NLB does: a request for the health check path, through the ALB to its pods."""
    alb = held.load_balancers.get(target.id)
    listener = held.listener(target.id, target.port)
    if alb is None or listener is None:
        return f"the ALB has no listener on port {target.port}"
    for balancer in users:
        if not passes(held, balancer.peer, alb.peer, target.port):
            return f"the security groups do not let {balancer} reach {alb} on port {target.port}"
    if group.health_protocol in ("HTTP", "HTTPS") and group.health_protocol != listener.protocol:
        return f"the health check speaks {group.health_protocol} and the ALB {listener.protocol}"
    check = Request(path=group.health_path)
    action = action_for(listener, check)
    if isinstance(action, Reply) and matches_code(group.health_codes, action.status):
        return ""
    flows = list(from_alb(held, alb, target.port, check))
    return "" if any(flow.answered for flow in flows) else flows[0].lost


def _keep(since: dict[_K, float], now: set[_K], at: float) -> None:
    """Remember since when each key is there, and forget those that are gone."""
    for gone in since.keys() - now:
        del since[gone]
    for key in now - since.keys():
        since[key] = at
