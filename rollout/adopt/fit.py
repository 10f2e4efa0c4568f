"""What of a running chain fits, what does not, and what to know before it is adopted. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.config import Topology
from policies.forwarding import LISTENER
from policies.production import tls_policy
from policies.stack import Resource
from rollout.adopt.reading import AdoptError
from rollout.adopt.seen import Found, Route

__all__ = ["Fit", "fits", "remarks", "services_of"]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Whether a topology can take the chain over, and why not or at what price."""

    topology: Topology
    fits: bool
    why: str


def fits(found: Found, *, prod: bool) -> Sequence[Fit]:
    """Judge each topology."""
    ports = ", ".join(str(each.port) for each in found.others)
    shared = "the NLB and its listener are adopted; each new colour is another target group of it"
    if ports:
        shared += f"; port {ports} stays on the ALB of today"
    route53 = "the record is adopted and becomes weighted in place; the NLB stays with its colour"
    kept = _unshareable(found, prod=prod)
    return (
        Fit(topology=Topology.SHARED_NLB, fits=True, why=shared),
        Fit(
            topology=Topology.ROUTE53,
            fits=not ports,
            why=f"clients of port {ports} would find none on the NLB of a new colour" if ports else route53,
        ),
        Fit(
            topology=Topology.SHARED_ALB,
            fits=not kept,
            why=kept
            or "NLB and ALB are adopted with their listeners; each new colour is another target group of the ALB",
        ),
    )


def _unshareable(found: Found, *, prod: bool) -> str | None:
    """Why the clusters of both colours cannot stand behind the ALB that was found."""
    listener = f"its listener on port {found.alb_listener.port}"
    if prod:
        return "the policies of prod refuse an ALB that both colours share"
    if found.by_ingress:
        return "its Ingress owns the ALB, and its controller would take the rules of a second cluster away"
    if found.rules:
        return (
            f"{listener} has rules ({found.rules}), whose requests would follow no shift; leave it its default action"
        )
    if len(found.routes) > 1:
        return f"{listener} sends to {len(found.routes)} target groups; leave it one"
    if len(found.alb.groups) != 1:
        return f"the ALB has {len(found.alb.groups)} security groups; leave it one, which a new colour's pods let in"
    return None


def remarks(found: Found, topology: Topology, *, prod: bool) -> Iterator[str]:
    """Tell what is not as this program would have made it, and what follows; the worst first."""
    yield from _of_the_alb(found, prod=prod)
    if topology is Topology.ROUTE53:
        yield from _of_the_record(found)
    else:
        yield from _of_the_nlb(found, topology, prod=prod)


def _of_the_alb(found: Found, *, prod: bool) -> Iterator[str]:
    alb = found.alb
    for group in (route.group for route in found.routes):
        if group.healthy < len(group.targets):
            yield f"{group.name}: {group.healthy} of {len(group.targets)} targets are healthy; look why before a shift"
    if found.by_ingress:
        yield (
            f"ALB {alb.name} is of an Ingress, an edit of which may re-create it at any time; the NLB then sends to an "
            "ALB that is gone. Leave it alone until traffic is on the other colour, whose ALB is the stack's own"
        )
    dark = {subnet.zone for subnet in found.nlb.subnets} - {subnet.zone for subnet in alb.subnets}
    if dark:
        yield f"the NLB is in {', '.join(sorted(dark))} and the ALB is not; add subnets there to network.subnets"
    old_tls = found.alb_listener.ssl_policy if prod else None
    if old_tls and any(tls_policy(Resource(LISTENER, "", {"protocol": "HTTPS", "sslPolicy": old_tls}))):
        yield (
            f"the ALB speaks {old_tls}, and the policies of prod want TLS 1.2 or newer of a new colour's: find out "
            "which clients speak no better, then change entry.sslPolicy"
        )


def _of_the_nlb(found: Found, topology: Topology, *, prod: bool) -> Iterator[str]:
    if topology is Topology.SHARED_ALB:
        yield (
            "operators choose a colour by a header, on the clients' way: see that the ALB's security group "
            f"({', '.join(found.alb.groups)}) lets their networks in; it is kept as it is"
        )
    elif not found.nlb.groups:
        yield (
            "the NLB has no security group, and AWS gives it none later: the address of a colour is open to whoever "
            "reaches the entry, so a client could choose its colour"
        )
    if prod and not found.nlb.protected:
        yield (
            "the policies of prod want deletion protection of the NLB, which is kept as it is: aws elbv2 "
            f"modify-load-balancer-attributes --load-balancer-arn {found.nlb.arn} "
            "--attributes Key=deletion_protection.enabled,Value=true"
        )
    if prod and not found.nlb.logs:
        yield (
            "the policies of prod want access logs of the NLB, which is kept as it is: set access_logs.s3.enabled and "
            "access_logs.s3.bucket in the same way"
        )


def _of_the_record(found: Found) -> Iterator[str]:
    if found.record.type == "CNAME":
        yield "the CNAME becomes an alias in the same change that makes it weighted"
    if found.record.ttl > 60:
        yield f"resolvers keep the record for {found.record.ttl} s; wait that long after the first change of it"
    if found.record.has_ipv6:
        yield f"{found.host} has an AAAA record, which follows no shift and stays with the NLB of today"


def services_of(found: Found, given: Mapping[str, object]) -> Mapping[str, Route]:
    """Name what the ALB sends to: as the stack file's services, by their port, else as the Ingress's.

    `given` are the ports of the stack file's services. Raises AdoptError where names and chain do not fit.
    """
    routes = {route.group.arn: route for route in reversed(found.routes)}.values()
    named: dict[str, Route] = {}
    for route in reversed([*routes]):
        others = [host for host in route.hosts if host != found.host]
        if others:
            raise AdoptError(
                f"ALB {found.alb.name} answers {', '.join(others)} too; an entry is adopted by one name, so let the "
                "others be answered by a chain of their own first"
            )
        name = _named(found, route, given, len(routes))
        if name in named:
            raise AdoptError(
                f"target groups {named[name].group.name} and {route.group.name} are both of service {name}"
            )
        named[name] = route
    return named


def _named(found: Found, route: Route, given: Mapping[str, object], count: int) -> str:
    group = route.group
    if given:
        fitting = [name for name, port in given.items() if port == group.port or len(given) == count == 1]
        if len(fitting) != 1:
            raise AdoptError(f"target group {group.name}: {len(fitting)} services have port {group.port}; name one so")
        return fitting[0]
    if group.type != "ip":
        raise AdoptError(
            f"target group {group.name} holds {group.type} targets, so the port of the pods cannot be seen; write "
            "dkms:services into the stack file first, with the port of its pods"
        )
    ingress = found.alb.tags.get("ingress.k8s.aws/stack", "").rpartition("/")[2]
    resource = group.tags.get("ingress.k8s.aws/resource", "").rpartition("/")[2].partition(":")[0]
    return resource.removeprefix(f"{ingress}-") if count > 1 and resource else "dkms"
