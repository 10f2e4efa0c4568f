"""The way of a new request, from a name to the pods: every branch with its share.

Weights are taken at their word and nothing fails over: of two weighted records or target groups
the dead one keeps its share, which is lost. That is the worst timing that Route 53 (its health
checks have not noticed yet) and an ALB (it never fails over between target groups) allow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rehearsal.oracle.firewall import passes
from rehearsal.oracle.matching import Request, action_for
from rehearsal.oracle.state import Forward, LoadBalancer, Peer, Reply, Snapshot, Target, TargetGroup
from rehearsal.oracle.verdict import Probe

__all__ = ["Flow", "Hop", "Way", "answers", "from_address", "from_alb", "from_name", "from_nlb", "plain_name"]

_ANSWERED = ("A", "CNAME")
"""The types of record that a client follows; AAAA would count the same client twice."""

_POD_ERROR = 500


@dataclass(frozen=True, slots=True)
class Hop:
    """What an established connection through an NLB is pinned to, until it closes."""

    nlb: str
    listener: str
    target_group: str
    alb: str
    port: int


@dataclass(frozen=True, slots=True)
class Flow:
    """A share (0-1) of requests with its end: a colour that answers, or the reason why none does."""

    share: float
    colour: str = ""
    lost: str = ""
    hop: Hop | None = None
    service: str = ""
    """The service that answers, where its target group says it."""
    protocol: str = ""
    """What the ALB speaks."""
    alb: str = ""
    """ARN of the ALB that takes the request."""
    group: str = ""
    """ARN of the target group that the ALB forwards it to."""
    target: str = ""
    """Address of the pod that is chosen."""
    status: int = 0
    """What the ALB answers with: 500 is the pod's own, other errors are the ALB's; 0 without an ALB."""

    @property
    def answered(self) -> bool:
        """Whether a pod answers, if only with an error: its health checks pass, and the connection stays open."""
        return not self.lost or self.status == _POD_ERROR


@dataclass(frozen=True, slots=True)
class Way:
    """A request, the port it is sent to, and the side it comes from."""

    request: Request
    port: int
    client: Peer

    @classmethod
    def of(cls, probe: Probe) -> Way:
        """Return the way of the request that a probe sends."""
        return cls(Request.of(probe), probe.port, Peer(cidrs=(f"{probe.source_ip}/32",)))


def from_name(snapshot: Snapshot, name: str, way: Way) -> Iterator[Flow]:
    """Follow a client that looks the name up now."""
    found = answers(snapshot, name)
    if not found:
        yield Flow(1, lost=f"no record answers for {name}")
    for arn, share in found.items():
        yield from _scaled(share, from_address(snapshot, arn, way))


def answers(snapshot: Snapshot, name: str) -> Mapping[str, float]:
    """Return the share (0-1) of DNS answers per load balancer (ARN), or per name that is none.

    Weight 0 is not "off": when all weights are 0 the answers are spread evenly.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
    """
    name = plain_name(name)
    for balancer in snapshot.load_balancers.values():
        if plain_name(balancer.dns_name) == name:
            return {balancer.arn: 1.0}
    records = [record for record in snapshot.records if record.name == name and record.type in _ANSWERED]
    total = sum(record.weight or 0 for record in records)
    shares: dict[str, float] = defaultdict(float)
    for record in records:
        part = (record.weight or 0) / total if total else 1 / len(records)
        for target in record.targets if part else ():
            for arn, share in (answers(snapshot, target) or {target: 1.0}).items():
                shares[arn] += part * share / len(record.targets)
    return shares


def from_nlb(snapshot: Snapshot, nlb: LoadBalancer, way: Way) -> Iterator[Flow]:
    """Follow a new connection to an NLB."""
    listener = snapshot.listener(nlb.arn, way.port)
    if not nlb.active:
        yield Flow(1, lost=f"{nlb} is still provisioning")
    elif listener is None:
        yield Flow(1, lost=f"{nlb} has no listener on port {way.port}")
    elif not passes(snapshot, way.client, nlb.peer, way.port):
        yield Flow(1, lost=f"the security groups of {nlb} keep {way.client.cidrs[0]} out of port {way.port}")
    elif not isinstance(listener.action, Forward) or not any(listener.action.weights.values()):
        yield Flow(1, lost=f"the listener {nlb}:{way.port} forwards to no target group")
    else:
        for arn, share in _split(listener.action):
            group = snapshot.target_groups[arn]
            yield from _scaled(share, _through_group(snapshot, nlb, listener.arn, group, way))


def from_alb(snapshot: Snapshot, alb: LoadBalancer, port: int, request: Request) -> Iterator[Flow]:
    """Follow a request on a connection that reached an ALB's port."""
    listener = snapshot.listener(alb.arn, port)
    if not alb.active:
        yield Flow(1, lost=f"{alb} is still provisioning")
        return
    if listener is None:
        yield Flow(1, lost=f"{alb} has no listener on port {port}")
        return
    action = action_for(listener, request)
    if isinstance(action, Reply):
        why = f"{alb}:{port} answers {request.host}{request.path} itself, with {action.status}"
        yield Flow(1, lost=why, alb=alb.arn, status=action.status)
    elif not any(action.weights.values()):
        why = f"{alb}:{port} forwards {request.path} to no target group: every weight is 0"
        yield Flow(1, lost=why, alb=alb.arn, status=503)
    else:
        for arn, share in _split(action):
            for flow in _to_pods(snapshot, alb, snapshot.target_groups[arn]):
                yield replace(flow, share=flow.share * share, protocol=listener.protocol, alb=alb.arn, group=arn)


def from_address(snapshot: Snapshot, arn: str, way: Way) -> Iterator[Flow]:
    """Follow a client that connects to a load balancer (ARN) without looking its name up again."""
    balancer = snapshot.load_balancers.get(arn)
    if balancer is None:
        yield Flow(1, lost=f"{arn} does not exist")
    elif balancer.kind == "network":
        yield from from_nlb(snapshot, balancer, way)
    elif not passes(snapshot, way.client, balancer.peer, way.port):
        yield Flow(1, lost=f"the security groups of {balancer} keep {way.client.cidrs[0]} out")
    else:
        yield from from_alb(snapshot, balancer, way.port, way.request)


def _through_group(
    snapshot: Snapshot, nlb: LoadBalancer, listener: str, group: TargetGroup, way: Way
) -> Iterator[Flow]:
    """Pick targets as an NLB does: the healthy ones; when there is none but unhealthy ones, those."""
    targets = [target for target in group.targets if target.state == "healthy"]
    targets = targets or [target for target in group.targets if target.state == "unhealthy"]
    if not targets:
        yield Flow(1, lost=_no_target(group, nlb))
    for target in targets:
        part = 1 / len(targets)
        alb = snapshot.load_balancers.get(target.id)
        if alb is None:
            yield from _scaled(part, _to_pod(snapshot, target, group))
            continue
        # Client addresses are preserved: the ALB's groups see the client, or the NLB's own groups.
        source = Peer(nlb.peer.groups, way.client.cidrs)
        if not passes(snapshot, source, alb.peer, target.port):
            yield Flow(part, lost=f"the security groups do not let {nlb} reach {alb} on port {target.port}")
            continue
        dark = 0 if nlb.cross_zone or not nlb.zones else len(nlb.zones - alb.zones) / len(nlb.zones)
        if dark:
            zones = ", ".join(sorted(nlb.zones - alb.zones))
            yield Flow(part * dark, lost=f"{alb} has no node in {zones} and {nlb} does not cross zones")
        hop = Hop(nlb.arn, listener, group.arn, alb.arn, target.port)
        for flow in from_alb(snapshot, alb, target.port, way.request):
            yield replace(flow, share=flow.share * part * (1 - dark), hop=hop)


def _to_pods(snapshot: Snapshot, alb: LoadBalancer, group: TargetGroup) -> Iterator[Flow]:
    healthy = [target for target in group.targets if target.state == "healthy"]
    if not healthy:
        yield Flow(1, lost=_no_target(group, alb), status=503)
    for target in healthy:
        yield from _scaled(1 / len(healthy), _to_pod(snapshot, target, group))


def _to_pod(snapshot: Snapshot, target: Target, group: TargetGroup) -> Iterator[Flow]:
    pod = snapshot.pods.get(target.address)
    if pod is None or not pod.healthy:
        why = f"target {target.address} of {group.name} does not answer"
        yield Flow(1, lost=why, target=target.address, status=502)
        return
    good = Flow(1 - pod.error_share, pod.colour, service=group.service, target=pod.address, status=200)
    if good.share:
        yield good
    if pod.error_share:
        why = f"pod {pod.address} of cluster {pod.cluster} answers {pod.error_share:.0%} of requests with {_POD_ERROR}"
        yield replace(good, share=pod.error_share, lost=why, status=_POD_ERROR)


def _no_target(group: TargetGroup, user: LoadBalancer) -> str:
    states = Counter(target.state for target in group.targets)
    found = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none registered"
    why = next((f" ({target.why})" for target in group.targets if target.state == "unhealthy"), "")
    return f"target group {group.name} of {user} has no healthy target: {found}{why}"


def _split(action: Forward) -> Iterator[tuple[str, float]]:
    total = sum(action.weights.values())
    return ((arn, weight / total) for arn, weight in action.weights.items() if weight)


def _scaled(share: float, flows: Iterator[Flow]) -> Iterator[Flow]:
    return (replace(flow, share=flow.share * share) for flow in flows)


def plain_name(name: str) -> str:
    """Write a name as records have it; `dualstack.` before that of a load balancer changes nothing for IPv4."""
    return name.rstrip(".").lower().removeprefix("dualstack.")
