"""What counts as converged, and what as straying."""

from dataclasses import replace

from rehearsal.aws import Call
from rehearsal.engine import Operation, Result, Step
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Urn
from rehearsal.oracle import Verdict
from rehearsal.oracle.state import Forward, Listener, LoadBalancer, Record, Snapshot, Target, TargetGroup
from rehearsal.prove.judge import differences, left_behind, shape, strayed


def snapshot(suffix: str, weights: dict[str, int], *, targets: int = 2) -> Snapshot:
    """An NLB with two target groups, with names that end in a generated suffix."""
    groups = {
        colour: TargetGroup(f"arn:{colour}-{suffix}", f"dkms-{colour}-{suffix}", "ip", 8080)
        for colour in ("blue", "green")
    }
    groups["green"] = replace(groups["green"], targets=tuple(Target(f"10.0.0.{n}", 8080) for n in range(targets)))
    nlb = LoadBalancer(f"arn:nlb-{suffix}", f"dkms-nlb-{suffix}", "network", f"dkms-nlb-{suffix}.elb")
    action = Forward({groups[colour].arn: weight for colour, weight in weights.items()})
    return Snapshot(
        records=(Record("dkms.example.cn", (f"dkms-nlb-{suffix}.elb",)),),
        load_balancers={nlb.arn: nlb},
        listeners={"l": Listener("l", nlb.arn, 443, action, protocol="TCP")},
        target_groups={group.arn: group for group in groups.values()},
    )


def state(name: str, **fields: bool) -> ResourceState:
    return ResourceState(urn=Urn(f"urn:pulumi:s::p::aws:lb/listener:Listener::{name}"), custom=True, **fields)


NOTHING = Verdict(at=0, watching=True)
ASKED = shape(snapshot("0a1b2c3", {"blue": 90, "green": 10})), [state("entry")]


def test_the_same_by_other_names_is_what_was_asked() -> None:
    ended = shape(snapshot("fffffff", {"green": 10, "blue": 90}))
    assert differences(ASKED, (ended, [state("entry")])) == []


def test_a_weight_of_a_single_target_group_does_not_matter() -> None:
    assert shape(snapshot("0a1b2c3", {"blue": 1})) == shape(snapshot("0a1b2c3", {"blue": 100}))


def test_other_weights_are_not_what_was_asked() -> None:
    ended = shape(snapshot("0a1b2c3", {"blue": 50, "green": 50}))
    assert differences(ASKED, (ended, [state("entry")])) == [
        "missing: listener NLB dkms-nlb-*:443 TCP → dkms-blue-* 90, dkms-green-* 10"
    ]


def test_missing_targets_are_told() -> None:
    ended = shape(snapshot("0a1b2c3", {"blue": 90, "green": 10}, targets=0))
    assert differences(ASKED, (ended, [state("entry")])) == ["missing: target group dkms-green-*:8080: 2 targets"]


def test_the_state_must_know_what_was_asked_and_no_more() -> None:
    pending = state("entry", pending_replacement=True)
    assert differences(ASKED, (ASKED[0], [])) == [f"unknown to the state: {state('entry').urn}"]
    assert differences(ASKED, (ASKED[0], [state("entry"), state("old")])) == [f"still in the state: {state('old').urn}"]
    assert differences(ASKED, (ASKED[0], [pending])) == [f"not done: {pending.urn}"]


def test_what_no_state_knows_is_left_behind() -> None:
    group, target = "sg-0123456789abcdef0", "arn:aws-cn:elasticloadbalancing:cn-north-1:1:targetgroup/dkms/01"
    made = {
        "CreateSecurityGroup": (f"arn:aws-cn:ec2:cn-north-1:1:security-group/{group}", group),
        "CreateTargetGroup": (target, group),  # an answer also names what was there
        "CreateTags": (),
    }
    calls = [
        Call(number=1, at=0, service="s", operation=operation, summary="this", made=idents, verdict=NOTHING)
        for operation, idents in made.items()
    ]
    known = replace(state("group"), outputs={"id": group})
    assert left_behind(calls, [], [known]) == [f"CreateTargetGroup: this, {target}"]
    assert left_behind(calls, [], [known, replace(state("other"), id=target)]) == []
    assert left_behind(calls[1:], [known, replace(state("other"), id=target)], [known]) == []


def run(*steps: tuple[Operation, str]) -> Result:
    made = (Step(op=op, urn=name, type="aws:lb/listener:Listener", name=name) for op, name in steps)
    return Result(steps=tuple(made), outputs={})


def test_a_deletion_that_the_transition_does_not_make_is_straying() -> None:
    straight = run((Operation.UPDATE, "entry"), (Operation.DELETE, "old"))
    assert strayed([run((Operation.DELETE, "old")), run((Operation.CREATE, "entry"))], straight) == []
    assert strayed([run((Operation.DELETE, "entry"))], straight) == ["delete entry (aws:lb/listener:Listener)"]
    assert strayed([run((Operation.REPLACE, "entry"))], straight) == ["replace entry (aws:lb/listener:Listener)"]
