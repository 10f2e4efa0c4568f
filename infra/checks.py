"""What of an entry, its services and tags contradicts itself or goes over a quota, wherever they are written. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

from components.argocd_model import ArgoCD, ArgoCDPlace
from components.model import Cluster, Entry, Service, beside_name, own_weights
from components.partition import partition
from components.rules import Choice, plan_rules, target_group_name
from components.schema import Problem, shown
from components.traffic import Colour

__all__ = [
    "Topology",
    "argocd_problems",
    "entry_problems",
    "own_weights_problems",
    "release_problems",
    "service_problems",
    "tag_problems",
]

# Pulumi adds "-" and 7 hexadecimal digits to the name of a target group or load balancer, of at most 32 characters.
MAX_LOGICAL_NAME = 24
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
MAX_SECURITY_GROUP_RULES = 60
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
MAX_TAGS, MAX_TAG_KEY, MAX_TAG_VALUE = 40, 128, 256  # AWS takes 50 tags, and some of them are ours
TAG_TEXT = r"[\w .:/=+@-]*"


class Topology(StrEnum):
    """Where traffic is split between the colours."""

    ROUTE53 = "route53"
    SHARED_NLB = "shared-nlb"
    SHARED_ALB = "shared-alb"


def entry_problems(entry: Entry, region: str) -> Iterator[Problem]:
    """Find what of an entry does not fit its region, or a security group."""
    arn = entry.certificate_arn
    if arn is not None:
        home = (partition(region), region)
        theirs = (arn.split(":")[1], arn.split(":")[3])
        if theirs != home:
            yield (
                "entry.certificateArn",
                f"{'/'.join(theirs)} is not the stack's {'/'.join(home)}; give a certificate of its own region",
            )
    clients, operators = len(entry.client_cidrs), len(entry.operator_cidrs)
    if clients + 2 * operators > MAX_SECURITY_GROUP_RULES:
        yield (
            "entry.clientCidrs",
            f"{clients} networks, and {operators} of operators for each colour; a security group takes "
            f"{MAX_SECURITY_GROUP_RULES} rules, so give wider networks",
        )


def service_problems(name: str, topology: Topology, entry: Entry, services: Mapping[str, Service]) -> Iterator[Problem]:
    """Find what of services does not fit the entry, an ALB, or the names of target groups, which begin with `name`."""
    zone = entry.zone.name
    for service_name, service in services.items():
        for host in service.hosts:
            if not host.endswith(f".{zone}"):
                yield f"services.{service_name}.hosts", f"{host} is not in the zone {zone}; give a name inside it"
        own = topology is not Topology.SHARED_ALB
        alb = f"{name}-{Colour.GREEN}" if own else name
        most = MAX_LOGICAL_NAME - len(target_group_name(alb, "", Colour.GREEN, own=own))
        if len(service_name) > most:
            yield (
                f"services.{service_name}",
                f"has {len(service_name)} characters; at most {most} fit into a target group's name",
            )
    # Where each colour has its ALB, the rules of one are those of the other.
    colours, choice = (Colour.BLUE,), Choice.HOST
    if topology is Topology.SHARED_ALB:
        colours, choice = tuple(Colour), Choice.HEADER
    elif topology is Topology.SHARED_NLB:
        choice = None
    try:
        plan_rules(entry, services, colours, choice=choice)
    except ValueError as error:
        yield "services", str(error)


def own_weights_problems(
    topology: Topology, services: Mapping[str, Service], colours: Collection[Colour], retiring: Collection[Colour]
) -> Iterator[Problem]:
    """Find services with weights of their own that cannot have them."""
    for name, weights in own_weights(services).items():
        key = f"services.{name}.weights"
        if topology is not Topology.SHARED_ALB:
            yield key, f"{topology} has one entry for all services; remove the key, and use weights"
        for colour in weights.live:
            if colour not in colours:
                yield key, f"{colour} has {weights[colour]} and no cluster; add it, or give it 0"
            elif colour in retiring:
                yield key, f"{colour} is retiring, and has {weights[colour]}; take its traffic first"


def release_problems(clusters: Mapping[Colour, Cluster], services: Collection[str]) -> Iterator[Problem]:
    """Find colours that cannot stand in the cluster of the other."""
    for colour, cluster in clusters.items():
        if not (owner := cluster.cluster_of):
            continue
        key, host = f"clusters.{colour}.clusterOf", clusters.get(owner)
        if owner is colour:
            yield key, f"{colour} is this colour; name the other one, or give it a version"
        elif host is None or host.cluster_of:
            yield key, f"{owner} has no cluster of its own; a release leaves before the cluster that it stands in"
        elif host.chain:
            yield key, f"others own the load balancers of {owner}; give {colour} a cluster of its own"
        elif host.retiring:
            yield f"clusters.{owner}.retiring", f"{colour} stands in its cluster; retire {colour} first"
        for service in services:
            if (name := beside_name(service, colour)) in services:
                yield f"services.{name}", f"is what the pods of {service} in {colour} are called; give it another name"


def argocd_problems(
    argocd: ArgoCD | None, region: str, clusters: Mapping[Colour, Cluster], own: Cluster | None
) -> Iterator[Problem]:
    """Find what keeps ArgoCD from being found, or from outliving the colours."""
    if argocd is None:
        return
    said = {"argocd.stack": argocd.stack, "argocd.cluster": argocd.cluster, "tools.argocd": own}
    ways = [key for key, given in said.items() if given]
    if not ways:
        yield "argocd", "says nothing of where ArgoCD runs; give stack, or cluster, or the stack's own tools.argocd"
    elif len(ways) > 1:
        yield ways[0], f"{' and '.join(ways)} each say where ArgoCD runs; keep one"
    if argocd.role_arn:
        place = ArgoCDPlace(cluster="any", region=argocd.region or region, role_arn=argocd.role_arn)
        for key, text in place.strangers(region):
            yield f"argocd.{key}", text
    for key, name in (("argocd.cluster", argocd.cluster), ("tools.argocd.existing", own and own.existing)):
        for colour, cluster in clusters.items():
            if name and name == cluster.existing:
                yield key, f"{name} is the cluster of {colour}, and goes with it; run ArgoCD in one of its own"


def tag_problems(tags: Mapping[str, str]) -> Iterator[Problem]:
    """Find tags that AWS refuses, or that are the components' own."""
    if len(tags) > MAX_TAGS:
        yield "tags", f"{len(tags)} tags; give at most {MAX_TAGS}"
    for key, value in tags.items():
        if not 0 < len(key) <= MAX_TAG_KEY or len(value) > MAX_TAG_VALUE:
            limits = f"a key has 1 to {MAX_TAG_KEY} characters and a value at most {MAX_TAG_VALUE}"
            yield "tags", f"{shown(key)}: {shown(value)} is over the limits; {limits}"
        if not re.fullmatch(TAG_TEXT, key + value):
            yield "tags", f"{shown(key)}: {shown(value)}; AWS takes letters, digits, spaces and any of _.:/=+-@"
        if key.lower().startswith(("aws:", "bluegreen:")):
            yield "tags", f"{key} begins with a reserved prefix, aws: or bluegreen:; give another key"
