"""Security groups from clients to pods: every opening is a resource of its own.

AWS knows an opening by its group, port and peer and takes each once, so its name holds them: an edit opens the new way
before it closes the old one, and a network that turns from operators' into clients' stays let in by the same rule.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network

import pulumi
from pulumi_aws import ec2, vpc

from components import tags

__all__ = ["allow", "let_in", "security_group"]


def security_group(
    name: str, purpose: str, vpc_id: pulumi.Input[str], given: Mapping[str, str], opts: pulumi.ResourceOptions
) -> ec2.SecurityGroup:
    """Create a security group that lets nothing in or out until a rule says so."""
    return ec2.SecurityGroup(name, description=purpose, vpc_id=vpc_id, tags={**given}, opts=opts)


def let_in(
    name: str,
    group: pulumi.Input[str],
    port: int,
    cidrs: Iterable[IPv4Network],
    given: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    *,
    public: bool = False,
) -> None:
    """Networks that may open connections to `port`; one rule a network."""
    for cidr in cidrs:
        vpc.SecurityGroupIngressRule(
            f"{name}-{port}-from-{cidr}",
            security_group_id=group,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4=str(cidr),
            tags=tags.of(given, public=public and cidr.prefixlen == 0),
            opts=opts,
        )


def allow(
    name: str,
    source: pulumi.Input[str],
    target: pulumi.Input[str],
    port: int,
    given: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> None:
    """One hop of the chain: out of the source's group and into the target's, on one port."""
    vpc.SecurityGroupEgressRule(
        f"{name}-{port}-out",
        security_group_id=source,
        referenced_security_group_id=target,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        tags={**given},
        opts=opts,
    )
    vpc.SecurityGroupIngressRule(
        f"{name}-{port}-in",
        security_group_id=target,
        referenced_security_group_id=source,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        tags={**given},
        opts=opts,
    )
