"""Cases in which the world changes while an update runs: pods, a zone, and other people."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import cast

from components.traffic import Colour
from rehearsal.aws import EmbeddedAws
from rehearsal.aws.wire import Trouble, TroubleKind
from rehearsal.engine import inline
from rehearsal.prove.cases import START
from rehearsal.prove.model import Case, Ending, Finding, Mode
from rehearsal.prove.play import Take
from rehearsal.prove.stage import Moment, Update
from rehearsal.prove.transitions import Transition
from rehearsal.stack_file import Settings
from rehearsal.story import Chapter

__all__ = ["NOTICED", "gaining", "shifts", "world"]

NOTICED = 180
"""Seconds after which health checks have noticed, whatever their interval and threshold."""


def shifts(before: Transition, transition: Transition) -> bool:
    """Whether a transition moves weights between two colours that can share them."""
    was, now = before.config, transition.config
    return len(was.colours) == 2 and now.splits and was.weights != now.weights


def world(take: Take, case: Case, before: Transition) -> Finding:
    """Let the world change at the start or after a call.

    The gates may stop the update. What is lost must be the event's own doing: no more than it costs the stack at rest,
    before the update or after it.
    """
    match case.mode:
        case Mode.MOVED:
            return _moved(take, case, before)
        case Mode.TWICE:
            return _twice(take, case, before)
        case _:
            pods = gaining(take, before) if case.mode is Mode.SICK else _zone(take)
            return _befallen(take, case, pods)


def _befallen(take: Take, case: Case, pods: "Pods") -> Finding:
    straight, aws = take.straight, take.stage.aws
    if case.mode not in straight.costs:
        straight.costs[case.mode] = max(_own_loss(take, moment, pods) for moment in (straight.start, straight.end))
    allowed = straight.costs[case.mode]
    take.back_to(straight.start)
    if case.at == START:
        ailing = pods(aws)
        aws.set_healthy(ailing, healthy=False)
        take.wait(NOTICED)
        update = take.update()
    else:
        with _held(take, case) as running:
            ailing = pods(aws)
            aws.set_healthy(ailing, healthy=False)
        update = running()
    take.wait(NOTICED)
    here = aws.snapshot().pods
    aws.set_healthy([pod for pod in ailing if pod in here], healthy=True)
    take.wait(NOTICED)
    return take.judged(case, _after(take, update), allowed)


Pods = Callable[[EmbeddedAws], Sequence[str]]
"""Which pods something happens to, of those that there are."""


def _own_loss(take: Take, moment: Moment, pods: Pods) -> float:
    """What an event costs a stack at rest, until it is over."""
    aws = take.stage.aws
    take.stage.put_back(moment)
    ailing = pods(aws)
    costs = [aws.set_healthy(ailing, healthy=False), aws.advance(NOTICED), aws.set_healthy(ailing, healthy=True)]
    return max(verdict.lost for verdict in (*costs, aws.advance(NOTICED)))


def gaining(take: Take, before: Transition) -> Pods:
    """All pods of the colour that gets more or, where none does, of the idle one."""
    was, now = before.config, take.straight.transition.config
    colours = [each for each in Colour if now.weights[each] > was.weights[each]] or [now.active.other]
    return lambda aws: sorted(pod.address for pod in aws.snapshot().pods.values() if pod.colour in colours)


def _zone(take: Take) -> Pods:
    subnets = take.stage.aws.client("ec2").describe_subnets()["Subnets"]
    first = min(subnet["AvailabilityZone"] for subnet in subnets)
    cidrs = [ip_network(subnet["CidrBlock"]) for subnet in subnets if subnet["AvailabilityZone"] == first]
    return lambda aws: sorted(
        pod.address for pod in aws.snapshot().pods.values() if any(ip_address(pod.ip) in cidr for cidr in cidrs)
    )


def _moved(take: Take, case: Case, before: Transition) -> Finding:
    stage, start = take.stage, take.straight.start
    take.back_to(start)
    stage.update(_other_weights(before))
    knew, stage.engine.state = stage.engine.state, list(start.state)
    update = take.update()
    if update.result.error:  # whoever moved them moves them back
        here, stage.engine.state = stage.engine.state, knew
        stage.update(before)
        stage.engine.state = here
    return take.judged(case, _after(take, update))


def _twice(take: Take, case: Case, before: Transition) -> Finding:
    take.back_to(take.straight.start)
    other = take.stage.another(host=inline.start)
    other.state = list(take.straight.start.state)
    with _held(take, case) as running:
        other.up(_other_weights(before).flat)
    return take.judged(case, _after(take, running()))


def _after(take: Take, update: Update) -> Ending | None:
    if not update.result.error:
        return Ending.HELD
    ended = take.again(update.failed)
    return Ending.STOPPED if ended is Ending.HELD else ended


@contextmanager
def _held(take: Take, case: Case) -> Generator[Callable[[], Update]]:
    """Run the update, and the block while the answer of a call is kept back."""
    aws, at = take.stage.aws, take.straight.call(case.at)
    assert at is not None  # noqa: S101  the case was made from these calls
    aws.trouble(Trouble(kind=TroubleKind.HELD, call=at.call.likeness, nth=at.nth))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(take.update)
        try:
            while not (aws.holds or running.done()):
                time.sleep(0.01)
            yield running.result
        finally:
            aws.let_go()
        running.result()
    aws.trouble(None)


def _other_weights(before: Transition) -> Transition:
    """The same stack with a split that nobody asked for."""
    config = before.config
    gates = cast("Mapping[str, object]", before.chapter.settings.get("dkms:gates") or {})
    settings: Settings = {
        **before.chapter.settings,
        "dkms:weights": {config.active.value: 60, config.active.other.value: 40},
        "dkms:gates": {**gates, "firstStep": 100},
    }
    return replace(before, name="moved", chapter=Chapter("moved", settings))
