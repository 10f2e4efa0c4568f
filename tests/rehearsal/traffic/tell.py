"""Recordings made by hand: acts with weights, and the requests between them."""

from rehearsal.aws import Call
from rehearsal.oracle import Verdict
from rehearsal.oracle.state import Snapshot
from rehearsal.traffic.recording import Act, ClientKind, Recording, Sample

FRESH, POOLED, STUBBORN, STREAMING = ClientKind


def sample(at, colour="blue", kind=FRESH, **other):
    given = {"service": "dkms", "latency": 1.0, "status": 200, **other}
    return Sample(at=at, kind=kind, colour=colour, **given)


def every(step, since, until, colour="blue", kind=FRESH, **other):
    """Requests at equal distances, the last one before `until`."""
    count = round((until - since) / step)
    return [sample(since + number * step, colour, kind, **other) for number in range(count)]


def call(at, error=None):
    return Call(number=1, at=at, service="elbv2", operation="ModifyListener", summary="", error=error, verdict=SILENT)


SILENT = Verdict(at=0, watching=True)


def act(number, began, changed, ended, calls=None, services=None, **weights):
    """One act; its first call is at `changed`, if that is not None."""
    return Act(
        number=number,
        title=f"act {number}",
        changes=(),
        began=began,
        ended=ended,
        calls=tuple(calls or ([] if changed is None else [call(changed)])),
        predicted=services or {"dkms": {colour: float(weight) for colour, weight in weights.items()}},
        lost=0.0,
        chain=Snapshot(),
    )


def told(acts, samples):
    return Recording(
        stack="prod-bj",
        topology="shared-nlb",
        region="cn-north-1",
        subtitle="",
        speed=200,
        rate=500,
        acts=tuple(acts),
        samples=tuple(sorted(samples, key=lambda each: each.at)),
    )
