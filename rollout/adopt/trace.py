"""Follows a running chain from the entry's name to its cluster; every dead end says why, and what to do."""

from collections.abc import Sequence

from rollout.adopt.reading import AdoptError, Reader, simple_record
from rollout.adopt.seen import Balancer, Forwarding, Found, Group, Record, Zone

__all__ = ["trace"]


def trace(reader: Reader, host: str, port: int | None = None, cluster: str | None = None) -> Found:
    """Find the chain of a host; `port` is needed where its NLB has several listeners, `cluster` where no tag names it.

    Raises AdoptError where there is none that can be adopted.
    """
    account = reader.account()
    zone, record = _record(reader, host)
    nlb = reader.balancer_of(record.target)
    if nlb is None:
        raise AdoptError(
            f"{host} leads to {record.target}, which is no load balancer of account {account} in {reader.region}; a "
            "chain in two accounts cannot be adopted, so run this in its region, as the account that has all of it"
        )
    if ":loadbalancer/net/" not in nlb.arn:
        raise AdoptError(
            f"{host} leads to {nlb.name}, which is no NLB; put one in front of it first, or create the stack beside it"
        )
    listener, others = _listener(nlb, reader.listeners(nlb), port)
    behind = _behind(reader, listener)
    alb = _alb(reader, behind, account)
    if alb.vpc != nlb.vpc:
        raise AdoptError(f"ALB {alb.name} is in {alb.vpc} and NLB {nlb.name} in {nlb.vpc}; a stack has one VPC")
    alb_listener = next((each for each in reader.listeners(alb) if each.port == behind.port), None)
    if alb_listener is None:
        raise AdoptError(f"ALB {alb.name} has no listener on port {behind.port}, where {behind.name} sends to")
    every, rules = reader.routes(alb_listener)
    routes = [route for route in every if route.group.type in ("ip", "instance")]
    if not routes:
        raise AdoptError(f"ALB {alb.name}:{alb_listener.port} sends to no target group; is this the chain in use?")
    named, version = _cluster(reader, alb, cluster, account)
    return Found(
        region=reader.region,
        account=account,
        host=host,
        zone=zone,
        record=record,
        nlb=nlb,
        listener=listener,
        others=others,
        behind=behind,
        alb=alb,
        alb_listener=alb_listener,
        rules=rules,
        routes=routes,
        cluster=named,
        version=version,
    )


def _record(reader: Reader, host: str) -> tuple[Zone, Record]:
    zones = reader.zones(host)
    if not zones:
        raise AdoptError(f"{host}: no hosted zone of this account holds it; a chain in two accounts cannot be adopted")
    having = [(zone, found) for zone in zones if (found := reader.records(zone, host))]
    if not having:
        told = ", ".join(f"{zone.name} ({zone.id})" for zone in zones)
        raise AdoptError(f"{host}: does not resolve; there is no record of it in {told}")
    zone, found = having[0]
    return zone, simple_record(found, host)


def _listener(
    nlb: Balancer, listeners: Sequence[Forwarding], port: int | None
) -> tuple[Forwarding, Sequence[Forwarding]]:
    ports = ", ".join(str(each.port) for each in listeners) or "none"
    wanted = [each for each in listeners if port in (None, each.port)]
    if not wanted:
        raise AdoptError(f"NLB {nlb.name} has no listener on port {port}; its ports are {ports}")
    if len(wanted) > 1:
        raise AdoptError(f"NLB {nlb.name} listens on {ports}; say by --port which one clients use")
    (listener,) = wanted
    if listener.protocol != "TCP":
        ends = "; TLS ends on the ALB here, so let the NLB pass it through" if listener.protocol == "TLS" else ""
        raise AdoptError(f"NLB {nlb.name}:{listener.port} speaks {listener.protocol}, and TCP can be adopted{ends}")
    if len(listener.groups) != 1:
        raise AdoptError(f"NLB {nlb.name}:{listener.port} sends to {len(listener.groups)} target groups; leave it one")
    return listener, [each for each in listeners if each is not listener]


def _behind(reader: Reader, listener: Forwarding) -> Group:
    group = reader.group(listener.groups[0])
    if group.type != "alb":
        raise AdoptError(
            f"target group {group.name} of the NLB holds {group.type} targets and no ALB; a colour is an ALB with its "
            "pods behind it, so put one in between first, or create the stack beside what runs"
        )
    if len(group.targets) != 1:
        raise AdoptError(f"target group {group.name} of the NLB has no ALB registered; is this the chain in use?")
    return group


def _alb(reader: Reader, behind: Group, account: str) -> Balancer:
    arn = behind.targets[0]
    if arn.split(":")[4] != account:
        raise AdoptError(f"{arn} is of another account than {account}; a chain in two accounts cannot be adopted")
    return reader.balancer(arn)


def _cluster(reader: Reader, alb: Balancer, given: str | None, account: str) -> tuple[str, str]:
    name = given or alb.tags.get("elbv2.k8s.aws/cluster")
    if name is None:
        candidates = reader.clusters(alb.vpc)
        if len(candidates) != 1:
            told = ", ".join(candidates) or "none"
            raise AdoptError(f"ALB {alb.name} names no cluster; say by --cluster which one is behind it ({told})")
        name = candidates[0]
    found = reader.cluster(name)
    if found is None:
        raise AdoptError(
            f"ALB {alb.name} is of cluster {name}, which account {account} does not have in {reader.region}; a chain "
            "in two accounts cannot be adopted"
        )
    version, vpc = found
    if vpc != alb.vpc:
        raise AdoptError(f"cluster {name} is in {vpc} and ALB {alb.name} in {alb.vpc}; a stack has one VPC")
    return name, version
