"""How the program takes over what exists: by import, and with nothing new beside it."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import lb, route53

from components.adoption import Adopted

__all__ = ["ALL_BUT_ACTIONS", "EVERYTHING", "check_listener", "check_record", "imported", "nothing_new"]

EVERYTHING = ("*",)
ALL_BUT_ACTIONS = (
    "load_balancer_arn",
    "port",
    "protocol",
    "alpn_policy",
    "mutual_authentication",
    "tcp_idle_timeout_seconds",
    "tags",
)
"""What an adopted listener keeps, whatever it was made with."""


def imported(
    opts: pulumi.ResourceOptions,
    id_: str | None,
    adopted: Adopted | None,
    *,
    keep: Sequence[str] = EVERYTHING,
    retain: bool = True,
) -> pulumi.ResourceOptions:
    """Options of something adopted: imported by its id, and of all that the program asks for, `keep` stays as found.

    Without an id it is the stack's own, and so are its options. Else it stays in AWS when it leaves the stack, unless
    the team or `retain` says otherwise. Pulumi refuses to replace a resource that still names its import.
    """
    if not (id_ and adopted):
        return opts
    ours = pulumi.ResourceOptions(import_=id_, ignore_changes=[*keep], retain_on_delete=adopted.retain and retain)
    return pulumi.ResourceOptions.merge(opts, ours)


def nothing_new(args: pulumi.ResourceTransformationArgs) -> None:
    """Refuse what an update would create. A transformation of the whole stack, which stops a preview as well.

    Raises pulumi.RunError.
    """
    exists = args.opts.id or args.opts.import_
    if not (exists or args.type_.startswith(("bluegreen:", "pulumi:"))):
        raise pulumi.RunError(
            f"{args.type_} {args.name} would be new, and to adopt what runs creates nothing: leave it out of the "
            "stack file until the other colour comes"
        )


def check_listener(listener: lb.Listener, group: pulumi.Output[str]) -> None:
    """Fail the update where a listener that stays as found sends elsewhere than to the target group that was found."""

    def check(actions: Sequence[lb.outputs.ListenerDefaultAction], found: str) -> None:
        forwards = [action.forward for action in actions if action.forward]
        groups = {each.arn for forward in forwards for each in forward.target_groups}
        groups |= {action.target_group_arn for action in actions if action.target_group_arn}
        _check("the entry's listener sends to", groups, found)

    group.apply(lambda found: listener.default_actions.apply(lambda actions: check(actions, found)))


def check_record(record: route53.Record) -> None:
    """Fail the update where a record that stays as found has been given another weight than all."""

    def check(policies: Sequence[route53.outputs.RecordWeightedRoutingPolicy] | None) -> None:
        _check("the entry's record has weight", {str(each.weight) for each in policies or ()} or {"100"}, "100")

    record.weighted_routing_policies.apply(check)


def _check(what: str, now: set[str], found: str) -> None:
    """Raise pulumi.RunError, which also keeps Pulumi from deleting the other colour."""
    if now != {found}:
        raise pulumi.RunError(
            f"{what} {', '.join(sorted(now)) or 'nothing'}, and not {found}, as it was found: give what was found all "
            "traffic in an update of its own, and let the other colour go in a later one"
        )
