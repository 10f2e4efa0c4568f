"""What a sandbox probe makes in AWS, and takes away again whatever happens."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from botocore.exceptions import BotoCoreError, ClientError

from components.gates.clock import wait
from rollout.probe.account import Account
from rollout.probe.model import UnaskedError, code_of

__all__ = ["PREFIX", "TAG", "Made", "Stage"]

PREFIX = "bg-probe"
TAG = "bluegreen:probe"
PORT = 8443
_PAUSE, _PATIENCE = 5, 60
"""Seconds between two looks, and how many: load balancers come and go within five minutes."""


@dataclass(frozen=True, slots=True)
class Made:
    """Something that may exist, by a name that is known before it does."""

    what: str
    command: str
    """Deletes it by hand."""
    delete: Callable[[], None]


class Stage:
    """Makes things in one VPC and deletes them when the block ends, also by Ctrl-C; `left` is what it could not.

    Each is noted before it is made: a call that is cut off may have been carried out.
    """

    def __init__(self, account: Account, vpc: str, subnets: Sequence[str]) -> None:
        self.name = f"{PREFIX}-{secrets.token_hex(4)}"
        self.vpc, self.subnets = vpc, list(subnets)
        self.elb, self.dns = account.client("elbv2"), account.client("route53")
        self._region = account.region
        self._made: dict[str, Made] = {}
        self._tags = [{"Key": TAG, "Value": self.name}]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for each in reversed([*self._made.values()]):
            # Ctrl-C once more gives up one of them, and the rest goes.
            with suppress(BotoCoreError, ClientError, UnaskedError, KeyboardInterrupt):
                _when_free(each.delete)
                del self._made[each.what]

    @property
    def left(self) -> Sequence[Made]:
        """What was noted and is not known to be deleted."""
        return [*self._made.values()]

    def group(self, key: str, **settings: object) -> str:
        """Make a target group of type alb, unless told otherwise; return its ARN. One that is there is the same one."""
        name = f"{self.name}-{key}"
        self._note(f"target group {name}", "target-group", name, lambda: self._delete_group(name))
        wanted = {"TargetType": "alb", "Protocol": "TCP", "Port": PORT, "VpcId": self.vpc, "Tags": self._tags}
        return self.elb.create_target_group(Name=name, **wanted | settings)["TargetGroups"][0]["TargetGroupArn"]

    def balancer(self, kind: Literal["application", "network"]) -> str:
        """Make an internal load balancer; return its ARN as soon as it is active."""
        name = f"{self.name}-{kind[:3]}"
        self._note(f"load balancer {name}", "load-balancer", name, lambda: self._delete_balancer(name))
        arn = self.elb.create_load_balancer(
            Name=name, Type=kind, Scheme="internal", Subnets=self.subnets, Tags=self._tags
        )["LoadBalancers"][0]["LoadBalancerArn"]
        for _ in range(_PATIENCE):
            if self._balancers(LoadBalancerArns=[arn])[0]["State"]["Code"] == "active":
                return arn
            wait(_PAUSE)
        raise UnaskedError(f"{name} is not active after {_PAUSE * _PATIENCE} s")

    def zone(self) -> tuple[str, str]:
        """Make a private hosted zone; return its id and name."""
        name = f"{self.name}.internal"
        query = f"HostedZones[?Name=='{name}.'].Id | [0]"
        listed = f'aws route53 list-hosted-zones-by-name --dns-name {name} --query "{query}" --output text'
        command = f"aws route53 delete-hosted-zone --id $({listed})   # its A records first"
        self._last(Made(f"hosted zone {name}", command, lambda: self._delete_zone(name)))
        made = self.dns.create_hosted_zone(
            Name=name,
            CallerReference=self.name,
            VPC={"VPCRegion": self._region, "VPCId": self.vpc},
            HostedZoneConfig={"PrivateZone": True, "Comment": TAG},
        )
        return made["HostedZone"]["Id"].rpartition("/")[2], name

    def _note(self, what: str, kind: str, name: str, delete: Callable[[], None]) -> None:
        of_kind = "".join(map(str.title, kind.split("-")))
        found = f"aws elbv2 describe-{kind}s --region {self._region} --names {name}"
        arn = f"$({found} --query '{of_kind}s[0].{of_kind}Arn' --output text)"
        command = f"aws elbv2 delete-{kind} --region {self._region} --{kind}-arn {arn}"
        self._last(Made(what, command, delete))

    def _last(self, made: Made) -> None:
        """Let it be the first to go: it may use what was made before it."""
        self._made.pop(made.what, None)
        self._made[made.what] = made

    def _delete_group(self, name: str) -> None:
        try:
            [found] = self.elb.describe_target_groups(Names=[name])["TargetGroups"]
        except self.elb.exceptions.TargetGroupNotFoundException:
            return
        self.elb.delete_target_group(TargetGroupArn=found["TargetGroupArn"])

    def _delete_balancer(self, name: str) -> None:
        try:
            [found] = self._balancers(Names=[name])
            self.elb.delete_load_balancer(LoadBalancerArn=found["LoadBalancerArn"])
            for _ in range(_PATIENCE):
                self._balancers(Names=[name])
                wait(_PAUSE)
        except self.elb.exceptions.LoadBalancerNotFoundException:
            return
        raise UnaskedError(f"{name} is still there")

    def _balancers(self, **named: object) -> list[Any]:
        return self.elb.describe_load_balancers(**named)["LoadBalancers"]

    def _delete_zone(self, name: str) -> None:
        for zone in self.dns.list_hosted_zones_by_name(DNSName=name)["HostedZones"]:
            if zone["Name"] != f"{name}.":
                continue
            records = self.dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
            ours = [{"Action": "DELETE", "ResourceRecordSet": each} for each in records if each["Type"] == "A"]
            if ours:
                self.dns.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": ours})
            self.dns.delete_hosted_zone(Id=zone["Id"])


def _when_free(delete: Callable[[], None]) -> None:
    """Delete as soon as whoever used it has gone.

    What else is refused is looked at once more: a call that was sent again may find its own work done.
    """
    again = True
    for _ in range(_PATIENCE):
        try:
            return delete()
        except ClientError as error:
            if code_of(error) == "ResourceInUse":
                wait(_PAUSE)
            elif again:
                again = False
            else:
                raise
    raise UnaskedError("it is still in use")
