"""Attempts at what AWS is known to take or to refuse, on load balancers and a zone made for it."""

from collections.abc import Callable, Iterator, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from rollout.probe.account import unasked
from rollout.probe.model import ACCEPTED, Finding, UnaskedError, code_of, judged, says_nothing, tried
from rollout.probe.stage import PORT, Stage

__all__ = ["COST", "explore"]

COST = (
    "an internal ALB and an internal NLB, three target groups and a private hosted zone, for about ten minutes. AWS "
    "bills the load balancers by the hour begun, and no hosted zone that is deleted within twelve hours"
)
_SWITCH = "leave weightedNlb out of the stacks of this region: an NLB switches 100/0"


def explore(stage: Stage) -> Iterator[Finding]:
    """Try everything; what follows something that could not be made is told in one line."""
    for about, rules, part in (
        ("target groups", (14, 20), _groups),
        ("an ALB behind an NLB", (1, 10, 11, 12, 13, 17, 18, 41), _chain),
        ("records", (33, 35, 36, 37, 38), _records),
    ):
        try:
            yield from part(stage)
        except (BotoCoreError, ClientError, UnaskedError) as error:
            yield unasked(f"all else of {about}", rules, error)


def _attempt(
    about: str, rules: tuple[int, ...], expected: str, act: Callable[[], object], otherwise: str = ""
) -> Finding:
    try:
        act()
        found = ACCEPTED
    except ClientError as error:
        found = code_of(error)
        if says_nothing(found):
            return unasked(about, rules, error)
    return judged(about, rules, tried(expected, found, otherwise))


def _groups(stage: Stage) -> Iterator[Finding]:
    group = stage.group("a")
    yield _attempt("the same target group again", (), ACCEPTED, lambda: stage.group("a"))
    yield _attempt(
        "one of that name with another port", (), "DuplicateTargetGroupName", lambda: stage.group("a", Port=PORT + 1)
    )
    yield _attempt("type alb that speaks HTTP", (14,), "ValidationError", lambda: stage.group("c", Protocol="HTTP"))
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]
    yield _attempt(
        "attributes of type alb",
        (20,),
        "InvalidConfigurationRequest",
        lambda: stage.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay),
    )


def _chain(stage: Stage) -> Iterator[Finding]:
    elb, alb = stage.elb, stage.balancer("application")
    first, second = stage.group("a"), stage.group("b")

    def register() -> None:
        elb.register_targets(TargetGroupArn=first, Targets=[{"Id": alb}])

    yield _attempt("to register an ALB without a listener", (17,), "ValidationError", register)
    nobody = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    behind = _listen(stage, alb, "HTTP", nobody)
    yield _attempt("to register it with one", (17,), ACCEPTED, register)
    entry = _listen(stage, stage.balancer("network"), "TCP", _forward({first: 1}))

    def point(action: Mapping[str, object]) -> Callable[[], object]:
        return lambda: elb.modify_listener(ListenerArn=entry, DefaultActions=[action])

    def at(*weights: int) -> Callable[[], object]:
        return point(_forward(dict(zip((first, second), weights, strict=True))))

    yield _attempt("an NLB that weighs two groups of ALBs, 90 and 10", (12,), ACCEPTED, at(90, 10), _SWITCH)
    yield _attempt("weight 0 beside another", (1, 12), ACCEPTED, at(100, 0))
    yield _attempt("weight 1000", (11,), "ValidationError", at(1000, 1))
    yield _attempt("an NLB that answers by itself", (13,), "InvalidLoadBalancerAction", point(nobody))
    for about, rules, act in (
        ("to delete a target group in use", (41,), lambda: elb.delete_target_group(TargetGroupArn=first)),
        ("to delete the listener of a registered ALB", (18,), lambda: elb.delete_listener(ListenerArn=behind)),
        ("to delete a registered ALB", (18,), lambda: elb.delete_load_balancer(LoadBalancerArn=alb)),
    ):
        yield _attempt(about, rules, "ResourceInUse", act)
    nlb = elb.describe_listeners(ListenerArns=[entry])["Listeners"][0]["LoadBalancerArn"]
    yield _attempt(
        "an NLB that loses a subnet",
        (10, 43),
        "InvalidConfigurationRequest",
        lambda: elb.set_subnets(LoadBalancerArn=nlb, Subnets=stage.subnets[:1]),
    )


def _listen(stage: Stage, balancer: str, protocol: str, action: Mapping[str, object]) -> str:
    """Make a listener, which goes with its load balancer."""
    made = stage.elb.create_listener(LoadBalancerArn=balancer, Port=PORT, Protocol=protocol, DefaultActions=[action])
    return made["Listeners"][0]["ListenerArn"]


def _forward(weights: Mapping[str, int]) -> Mapping[str, object]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def _records(stage: Stage) -> Iterator[Finding]:
    zone, name = stage.zone()
    simple = {"Name": f"a.{name}", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}

    def weighted(weight: int) -> Mapping[str, object]:
        return {**simple, "SetIdentifier": "blue", "Weight": weight}

    def change(*changes: tuple[str, Mapping[str, object]]) -> None:
        batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
        stage.dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})

    change(("CREATE", simple))
    for about, rules, expected, changes in (
        ("to create a record that is there", (38,), "InvalidChangeBatch", [("CREATE", simple)]),
        ("a weighted record beside a simple one", (35,), "InvalidChangeBatch", [("CREATE", weighted(1))]),
        ("weight 256 of a record", (33,), "InvalidInput", [("CREATE", weighted(256))]),
        ("simple to weighted in a batch", (36, 37), ACCEPTED, [("DELETE", simple), ("CREATE", weighted(0))]),
    ):
        yield _attempt(about, rules, expected, lambda changes=changes: change(*changes))
