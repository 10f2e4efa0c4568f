"""Clients that still act on an older answer, and what they would lose now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rehearsal.oracle.routing import Flow, Hop, Way, answers, from_address, from_alb, from_name
from rehearsal.oracle.state import Forward, Snapshot
from rehearsal.oracle.verdict import Probe, ProbeVerdict, Verdict

__all__ = ["HOLD", "Oracle"]

HOLD = 3600.0
"""Seconds for which a client may act on an old answer: an established flow lives up to an hour, and
SDKs that cache DNS past its TTL do so until they reconnect."""

_K = TypeVar("_K", bound=Hashable)


@dataclass(slots=True)
class _Held:
    """The largest share that took a way, and since when no new client takes it any more."""

    share: float
    left_at: float | None = None


@dataclass(slots=True)
class _Client:
    """Everybody who sends one probe."""

    probe: Probe
    addresses: dict[str, _Held] = field(default_factory=dict[str, _Held])
    connections: dict[Hop, _Held] = field(default_factory=dict[Hop, _Held])
    served: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Service and protocol that answered when clients started."""


class Oracle:
    """Judges states of AWS in the order in which they come about, and remembers what clients hold."""

    def __init__(self) -> None:
        self._clients: list[_Client] = []
        self._watching = False
        self._last: tuple[Snapshot, Verdict] | None = None

    def ask(self, probes: Sequence[Probe]) -> None:
        """Judge these requests from now on, without anybody who sends them."""
        self._clients = [_Client(probe) for probe in probes]
        self._watching, self._last = False, None

    def watch(self, probes: Sequence[Probe]) -> None:
        """Let clients start: from now on what they lose counts, and what they hold is remembered."""
        self.ask(probes)
        self._watching = True

    def judge(self, snapshot: Snapshot, at: float) -> Verdict:
        """Return the word on a state at a model time (seconds, never earlier than the last one)."""
        if self._last and self._last[0] == snapshot and not any(_forgets(client, at) for client in self._clients):
            return self._last[1].model_copy(update={"at": at})  # time alone changes nothing of it
        verdict = Verdict(
            at=at,
            watching=self._watching,
            probes=tuple(self._judge(client, snapshot, at) for client in self._clients),
        )
        self._last = snapshot, verdict
        return verdict

    def _judge(self, client: _Client, snapshot: Snapshot, at: float) -> ProbeVerdict:
        probe = client.probe
        way = Way.of(probe)
        new = list(from_name(snapshot, probe.entry, way))
        if self._watching:
            client.served = client.served or {(flow.service, flow.protocol) for flow in new if not flow.lost}
            new = list(_as_served(client, new))
        shares: dict[str, float] = {}
        for flow in new:
            if not flow.lost:
                shares[flow.colour] = shares.get(flow.colour, 0) + 100 * flow.share
        losses = [_loss(new)]
        if self._watching:
            _remember(client.addresses, _addresses(snapshot, probe.entry), at)
            _remember(client.connections, _connections(new), at)
            for arn, held in client.addresses.items():
                losses.append(_loss(_as_served(client, _stale_address(snapshot, arn, way)), held.share))
            for hop, held in client.connections.items():
                losses.append(_loss(_as_served(client, _open_connection(snapshot, hop, way)), held.share))
        return ProbeVerdict(
            service=probe.service,
            shares={colour: round(share, 6) for colour, share in sorted(shares.items())},
            lost=max(share for share, _ in losses),
            reasons=tuple(dict.fromkeys(reason for _, reasons in losses for reason in reasons)),
        )


def _forgets(client: _Client, at: float) -> bool:
    """Whether somebody has held on to an old answer for as long as anybody does."""
    held = (*client.addresses.values(), *client.connections.values())
    return any(each.left_at is not None and at - each.left_at >= HOLD for each in held)


def _remember(ways: dict[_K, _Held], now: Mapping[_K, float], at: float) -> None:
    """Keep the largest share of every way that is taken now, and forget those left long ago."""
    for key, share in now.items():
        held = ways.setdefault(key, _Held(share))
        held.share, held.left_at = max(held.share, share), None
    for key in [key for key in ways if key not in now]:
        held = ways[key]
        held.left_at = at if held.left_at is None else held.left_at
        if at - held.left_at >= HOLD:
            del ways[key]


def _addresses(snapshot: Snapshot, name: str) -> Mapping[str, float]:
    found = answers(snapshot, name)
    return {arn: share for arn, share in found.items() if arn in snapshot.load_balancers}


def _connections(flows: Sequence[Flow]) -> Mapping[Hop, float]:
    """Return the share of new clients per way on which a connection that works stays open."""
    shares: dict[Hop, float] = defaultdict(float)
    for flow in flows:
        if flow.hop and flow.answered:
            shares[flow.hop] += flow.share
    return shares


def _stale_address(snapshot: Snapshot, arn: str, way: Way) -> Iterator[Flow]:
    gone = iter((Flow(1, lost="it was deleted"),))
    flows = from_address(snapshot, arn, way) if arn in snapshot.load_balancers else gone
    return _told(flows, f"clients that cached the address of {_name(arn)}")


def _open_connection(snapshot: Snapshot, hop: Hop, way: Way) -> Iterator[Flow]:
    """Follow a request on an established connection: it is pinned to its ALB until something breaks it.

    Another target group in the listener, or no listener at all, does not; weight 0 does.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/listener-update-rules.html
    """
    alb = snapshot.load_balancers.get(hop.alb)
    listener = snapshot.listeners.get(hop.listener)
    action = listener.action if listener else None
    group = snapshot.target_groups.get(hop.target_group)
    target = next((target for target in group.targets if target.id == hop.alb), None) if group else None
    broken = ""
    if hop.nlb not in snapshot.load_balancers:
        broken = "the NLB was deleted"
    elif alb is None:
        broken = "the ALB was deleted"
    elif isinstance(action, Forward) and action.weights.get(hop.target_group) == 0:
        broken = "its target group is in the listener's action with weight 0, which closes it"
    elif target is None or target.state == "draining":
        broken = "the ALB was deregistered"
    elif target.state == "unhealthy":
        broken = f"the ALB turned unhealthy, which resets it ({target.why})"
    flows = iter((Flow(1, lost=broken),)) if broken or alb is None else from_alb(snapshot, alb, hop.port, way.request)
    return _told(flows, f"open connections through {_name(hop.nlb)} to {_name(hop.alb)}")


def _as_served(client: _Client, flows: Iterable[Flow]) -> Iterator[Flow]:
    """Count as lost what neither the service asked for nor the first one answers, or not in the first protocol."""
    services = {client.probe.service, *client.probe.also, *(service for service, _ in client.served)}
    protocols = {protocol for _, protocol in client.served}
    for flow in flows:
        if flow.lost or not client.served or (flow.service in services and flow.protocol in protocols):
            yield flow
        elif flow.protocol not in protocols:
            yield replace(flow, lost=f"clients speak {' or '.join(sorted(protocols))} and the ALB {flow.protocol}")
        else:
            yield replace(flow, lost=f"requests for {client.probe.service} are answered by {flow.service}")


def _told(flows: Iterator[Flow], who: str) -> Iterator[Flow]:
    return (replace(flow, lost=f"{who}: {flow.lost}") if flow.lost else flow for flow in flows)


def _loss(flows: Iterable[Flow], share: float = 1) -> tuple[float, list[str]]:
    lost = [flow for flow in flows if flow.lost and flow.share]
    return round(100 * share * sum(flow.share for flow in lost), 6), [flow.lost for flow in lost]


def _name(arn: str) -> str:
    """Name a load balancer that may be gone: …:loadbalancer/net/NAME/ID."""
    kind, name = arn.split("/")[1:3]
    return f"{'NLB' if kind == 'net' else 'ALB'} {name}"
