"""The records by which clients and operators find an entry."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import lb, route53

from components.bluegreen import BlueGreenArgs
from components.gates.gate import Gate
from components.importing import EVERYTHING, check_record, imported
from components.nlb import EntryNLB
from components.rules import colour_host
from components.traffic import Colour, record_order

__all__ = ["colour_records", "entry_records", "weighted_records"]

CNAME_TTL = 60  # seconds, as an alias to a load balancer has


def entry_records(
    name: str, args: BlueGreenArgs, nlb: EntryNLB, listener: lb.Listener, child: pulumi.ResourceOptions
) -> None:
    """Register the entry's simple record, and a CNAME to it for each further host. No shift touches them."""
    protected = _options(child, depends_on=[listener], protect=args.protects())
    route53.Record(
        f"{name}-entry",
        zone_id=args.zone_id,
        name=args.entry.host,
        type="A",
        aliases=[_alias(nlb)],
        opts=imported(protected, args.adopted and args.adopted.record, args.adopted),
    )
    _service_names(name, args, child)


def weighted_records(
    name: str,
    args: BlueGreenArgs,
    nlbs: Mapping[Colour, EntryNLB | lb.LoadBalancer],
    listeners: Mapping[Colour, lb.Listener],
    gate: Gate,
    child: pulumi.ResourceOptions,
) -> None:
    """One record a colour, all of the entry's name; the heavier one changes first and exists first.

    While `entry.record` is simple the one colour's record has no weight; the same resource becomes weighted
    in place, before the other colour's record is created. At weight 0 a record stays, as Route 53's last
    resort when the live colour is unhealthy. An adopted record is that of the colour that was found: a CNAME becomes an
    alias by the same change.
    """
    before: list[pulumi.Resource] = []
    for colour in record_order(args.weights):
        if colour not in args.colours:
            continue
        weighted = args.entry.record == "weighted"
        opts = _options(
            child,
            depends_on=[*([listeners[colour]] if colour in listeners else []), *gate.shown, *before],
            protect=args.protects(colour),
            hooks=gate.hooks(f"{name}-{colour}", creates=True),
        )
        if args.adopted and colour in args.found:
            keep = EVERYTHING if args.as_found else ("name", "zone_id", "health_check_id")
            # A weighted record of a colour that has gone would be Route 53's last resort.
            opts = imported(opts, args.adopted.record, args.adopted, keep=keep, retain=colour not in args.retiring)
        record = route53.Record(
            f"{name}-{colour}",
            zone_id=args.zone_id,
            name=args.entry.host,
            type="A",
            set_identifier=colour.value if weighted else None,
            weighted_routing_policies=[route53.RecordWeightedRoutingPolicyArgs(weight=args.weights[colour])]
            if weighted
            else None,
            aliases=[_alias(nlbs[colour])],
            opts=opts,
        )
        gate.switches(record)
        if args.as_found:
            check_record(record)
        before = [record]
    _service_names(name, args, child)


def colour_records(
    name: str, args: BlueGreenArgs, nlbs: Mapping[Colour, EntryNLB], child: pulumi.ResourceOptions
) -> None:
    """Register the name of each colour, which the ALB answers to operators only."""
    for colour, nlb in nlbs.items():
        own = colour_host(colour, args.entry.host)
        route53.Record(
            f"{name}-{colour}-address",
            zone_id=args.zone_id,
            name=own,
            type="A",
            aliases=[_alias(nlb)],
            opts=child,
        )
        for host in _further_hosts(args):
            _cname(f"{name}-{colour}-address-{host}", args, colour_host(colour, host), own, child)


def _service_names(name: str, args: BlueGreenArgs, child: pulumi.ResourceOptions) -> None:
    carries_traffic = _options(child, depends_on=[], protect=args.protects())
    for host in _further_hosts(args):
        _cname(f"{name}-{host}", args, host, args.entry.host, carries_traffic)


def _further_hosts(args: BlueGreenArgs) -> list[str]:
    every = (host for service in args.services.values() for host in service.hosts)
    return [host for host in dict.fromkeys(every) if host != args.entry.host]


def _cname(name: str, args: BlueGreenArgs, host: str, to: str, opts: pulumi.ResourceOptions) -> None:
    route53.Record(name, zone_id=args.zone_id, name=host, type="CNAME", ttl=CNAME_TTL, records=[to], opts=opts)


def _alias(nlb: EntryNLB | lb.LoadBalancer) -> route53.RecordAliasArgs:
    return route53.RecordAliasArgs(name=nlb.dns_name, zone_id=nlb.zone_id, evaluate_target_health=True)


def _options(
    child: pulumi.ResourceOptions,
    *,
    depends_on: list[pulumi.Resource],
    protect: bool,
    hooks: pulumi.ResourceHookBinding | None = None,
) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=child.parent, depends_on=depends_on, protect=protect, hooks=hooks)
