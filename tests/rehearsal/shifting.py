"""A stack in the middle of its shifts on the embedded AWS, for tests of what guards them."""

import atexit
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.wire import Checkpoint
from rehearsal.engine import EmbeddedEngine, Engine, Result
from rehearsal.engine.state import ResourceState
from rehearsal.play import clients
from rehearsal.run import stage
from rehearsal.script import EngineName, story_of
from rehearsal.stack_file import flatten

SWITCHING = {
    "prod-bj": ["ModifyListener"],
    "qa-bj": ["ModifyListener"],
    "qa-nx": ["ChangeResourceRecordSets", "ChangeResourceRecordSets"],
}


@dataclass
class Shifting:
    """A stack with both colours up and clients that send, all of whose traffic is on blue."""

    stack: str
    aws: EmbeddedAws
    engine: Engine
    settings: dict[str, Any]

    def up(self, green: int, gates: Mapping[str, object] | None = None, **more: Any) -> Result:
        changes = {
            "dkms:weights": {"blue": 100 - green, "green": green},
            "dkms:active": "green" if green == 100 else "blue",
        }
        settings = self.settings | changes | ({"dkms:gates": gates} if gates else {}) | more
        return self.engine.up(flatten(settings, self.stack))

    def calls(self, green: int, gates: Mapping[str, object] | None = None, **more: Any) -> tuple[list[str], str]:
        """Mutating calls of an update, and why it failed."""
        before = len(self.aws.calls())
        result = self.up(green, gates, **more)
        return [call.operation for call in self.aws.calls(before)], result.error or ""

    def pods(self, colour: str) -> list[str]:
        return sorted(address for address, pod in self.aws.snapshot().pods.items() if pod.colour == colour)

    def shares(self) -> Mapping[str, float]:
        return self.aws.verdict().probes[0].shares


@contextmanager
def shifting(
    stack: str, engine: EngineName = EngineName.EMBEDDED, *, anew: bool = False, **more: Any
) -> Generator[Shifting]:
    if engine is EngineName.EMBEDDED and not anew and not more:
        yield _put_back(stack)
    else:
        with _brought_up(stack, engine, more) as at:
            yield at


@contextmanager
def _brought_up(stack: str, engine: EngineName, more: Mapping[str, Any]) -> Generator[Shifting]:
    script = story_of(stack, [])
    with stage(stack, script.config, engine) as (aws, running):
        as_is, two = ({**chapter.settings, **more} for chapter in script.chapters[:2])
        assert running.up(flatten(as_is, stack)).error is None
        aws.advance(300)
        aws.watch(clients(aws, script.configs))
        assert running.up(flatten(two, stack)).error is None
        aws.advance(300)
        yield Shifting(stack, aws, running, two)


_kept: dict[str, tuple[Shifting, Checkpoint, Sequence[ResourceState]]] = {}
_open = ExitStack()
atexit.register(_open.close)


def _put_back(stack: str) -> Shifting:
    """The stack as no test has touched it: it is brought up once, and put back for each."""
    if stack not in _kept:
        at = _open.enter_context(_brought_up(stack, EngineName.EMBEDDED, {}))
        assert isinstance(at.engine, EmbeddedEngine)
        _kept[stack] = at, at.aws.checkpoint(), at.engine.state
    at, checkpoint, state = _kept[stack]
    assert isinstance(at.engine, EmbeddedEngine)
    at.aws.restore(checkpoint)
    at.engine.state = list(state)
    return replace(at, settings=dict(at.settings))


def moved_by_hand(at: Shifting, green: int) -> None:
    if at.stack == "qa-nx":
        route53 = at.aws.client("route53")
        (zone,) = route53.list_hosted_zones()["HostedZones"]
        listed = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        weights = {"blue": 100 - green, "green": green}
        changes = [
            {"Action": "UPSERT", "ResourceRecordSet": each | {"Weight": weights[each["SetIdentifier"]]}}
            for each in listed
            if "SetIdentifier" in each
        ]
        route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})
        return
    elb = at.aws.client("elbv2")
    groups = {
        group["TargetGroupName"]: group["TargetGroupArn"] for group in elb.describe_target_groups()["TargetGroups"]
    }
    name = "dkms-{}-alb-" if at.stack == "prod-bj" else "dkms-{}-dkms-"
    arns = {c: next(arn for n, arn in groups.items() if n.startswith(name.format(c))) for c in ("blue", "green")}
    kind = "network" if at.stack == "prod-bj" else "application"
    (balancer,) = [each for each in elb.describe_load_balancers()["LoadBalancers"] if each["Type"] == kind]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (entry,) = [each["ListenerArn"] for each in listeners if each["Port"] == 443]
    weighed = [
        {"TargetGroupArn": arns["blue"], "Weight": 100 - green},
        {"TargetGroupArn": arns["green"], "Weight": green},
    ]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": weighed}}
    elb.modify_listener(ListenerArn=entry, DefaultActions=[action])
