"""Who may reach a load balancer: the whole internet only if the entry is declared public. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from components.tags import PUBLIC
from policies.stack import UNKNOWN, Finding, Resource, Stack, mapping, sequence

__all__ = ["open_to_the_internet"]

LOAD_BALANCER = "aws:lb:LoadBalancer"
SECURITY_GROUP = "aws:ec2:SecurityGroup"
INGRESS_RULE = "aws:vpc:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2:SecurityGroupRule"
WAY_OUT = f"name the clients' networks, or tag {PUBLIC}=true what is meant to be public"


def open_to_the_internet(stack: Stack) -> Iterator[Finding]:
    """Find load balancers that everyone reaches: through their security groups, or for want of any."""
    groups: set[str] = set()
    for balancer in stack.of_kind(LOAD_BALANCER):
        given = balancer.props.get("securityGroups")
        ids = [UNKNOWN] if given is UNKNOWN else sequence(given)
        groups |= stack.targets(balancer, "securityGroups", ids, SECURITY_GROUP)
        if not ids and _lets_everyone_in(balancer):
            message = f"{balancer.name} faces the internet without a security group; give it one and {WAY_OUT}"
            yield Finding(balancer.urn, message)
    for group in sorted(groups):
        declared = group in stack.by_urn and stack.by_urn[group].tagged(PUBLIC)
        yield from () if declared else _whole_internet(list(_ingress(group, stack)))


def _lets_everyone_in(balancer: Resource) -> bool:
    """Whether a load balancer needs a security group of its own: an ALB without any has the VPC's."""
    is_nlb = balancer.props.get("loadBalancerType") == "network"
    return is_nlb and balancer.props.get("internal") not in (True, UNKNOWN) and not balancer.tagged(PUBLIC)


def _whole_internet(ingress: Sequence[tuple[Resource, str]]) -> Iterator[Finding]:
    """Find rules that let all addresses in, alone or, such as 0.0.0.0/1 and 128.0.0.0/1, together."""
    for whole in ("0.0.0.0/0", "::/0"):
        alike = [(rule, cidr) for rule, cidr in ingress if (":" in cidr) == (":" in whole)]
        if _everyone(cidr for _, cidr in alike):
            rules = sorted({rule.name for rule, _ in alike})
            message = f"{', '.join(rules)} let {whole} reach a load balancer; {WAY_OUT}"
            yield Finding(alike[0][0].urn, message)


def _everyone(cidrs: Iterable[str]) -> bool:
    given = list(cidrs)
    version_4 = collapse_addresses(IPv4Network(cidr, strict=False) for cidr in given if ":" not in cidr)
    version_6 = collapse_addresses(IPv6Network(cidr, strict=False) for cidr in given if ":" in cidr)
    return any(network.prefixlen == 0 for network in (*version_4, *version_6))


def _ingress(group: str, stack: Stack) -> Iterator[tuple[Resource, str]]:
    """Known CIDRs that the rules of a security group let in, but for rules declared public."""
    if group in stack.by_urn:
        for rule in map(mapping, sequence(stack.by_urn[group].props.get("ingress"))):
            yield from _cidrs(stack.by_urn[group], rule)
    for rule in stack.of_kind(INGRESS_RULE, OLD_RULE):
        owner = stack.target(rule, "securityGroupId", SECURITY_GROUP)
        if owner == group and rule.props.get("type") != "egress" and not rule.tagged(PUBLIC):
            yield from _cidrs(rule, rule.props)


def _cidrs(resource: Resource, rule: Mapping[str, object]) -> Iterator[tuple[Resource, str]]:
    single = (rule.get("cidrIpv4"), rule.get("cidrIpv6"))
    for cidr in (*single, *sequence(rule.get("cidrBlocks")), *sequence(rule.get("ipv6CidrBlocks"))):
        if isinstance(cidr, str) and cidr:
            yield resource, cidr
