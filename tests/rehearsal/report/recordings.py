"""Recordings as a rehearsal under traffic leaves them, made up: what each topology's clients are like, and no more."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rehearsal.aws import Call
from rehearsal.oracle.state import Snapshot
from rehearsal.oracle.verdict import ProbeVerdict, Verdict
from rehearsal.traffic.recording import Act, ClientKind, Recording, Sample
from tests.rehearsal.chains import Chains, chain, route53, shared_alb, shared_nlb, to

SPEED, RATE = 200.0, 500.0
UPDATE, SETTLE, DRAIN = 220.0, 300.0, 3600.0
TOPOLOGIES = ("shared-nlb", "route53", "shared-alb")
STACKS = {"shared-nlb": "prod-bj", "route53": "dev-bj", "shared-alb": "qa-bj"}
CHAPTERS: tuple[tuple[str, Mapping[str, int], int], ...] = (
    ("AS-IS", {"blue": 100}, 95),
    ("add green", {"blue": 100}, 32),
    ("canary 10", {"blue": 90, "green": 10}, 1),
    ("canary 50", {"blue": 50, "green": 50}, 1),
    ("all to green", {"green": 100}, 1),
    ("back to blue", {"blue": 100}, 1),
    ("green again", {"green": 100}, 1),
    ("unprotect blue", {"green": 100}, 2),
    ("retire blue", {"green": 100}, 21),
    ("add blue", {"green": 100}, 32),
    ("all to blue", {"blue": 100}, 1),
)
SHARES = {ClientKind.FRESH: 0.4, ClientKind.POOLED: 0.4, ClientKind.STUBBORN: 0.19, ClientKind.STREAMING: 0.01}


def recording(topology: str, *, failing: bool = False, seed: int = 1, share: float = 1.0, **other) -> Recording:
    """A story under traffic; `share` of its requests. A failing one loses a tenth of them at the canary."""
    acts = _acts(topology)
    chance = random.Random(seed)
    given = {
        "stack": STACKS[topology],
        "topology": topology,
        "region": "cn-north-1",
        "subtitle": "blue 1.30 → green 1.33 → blue 1.34",
        "speed": SPEED,
        "rate": RATE,
        "fault": "green fails at 10 %" if failing else "",
        "acts": acts[:3] if failing else acts,
        **other,
    }
    story = _Story(topology, given["acts"], failing=failing)
    return Recording(samples=tuple(story.samples(chance, share)), **given)


def _acts(topology: str) -> tuple[Act, ...]:
    acts: list[Act] = []
    clock, number = 0.0, 0
    for place, (title, weights, count) in enumerate(CHAPTERS, start=1):
        began, changed = clock, clock + 0.4 * UPDATE
        calls: list[Call] = []
        for index in range(2 if topology == "route53" and count == 1 else count):
            number += 1
            calls.append(_call(number, changed + index * 0.3 * UPDATE / count, topology, weights, moves=count == 1))
        clock += UPDATE * (3 if count > 10 else 1) + (DRAIN if title == "green again" else SETTLE)
        acts.append(
            Act(
                number=place,
                title=title,
                changes=tuple(f"~ weights.{colour}: {weight}" for colour, weight in weights.items() if count == 1),
                began=began,
                ended=clock,
                calls=tuple(calls),
                predicted={"dkms": {colour: float(weight) for colour, weight in weights.items()}},
                lost=0.0,
                chain=snapshot(topology, weights, alone=title in ("AS-IS", "retire blue")),
            )
        )
    return tuple(acts)


def _call(number: int, at: float, topology: str, weights: Mapping[str, int], *, moves: bool) -> Call:
    told = ", ".join(f"{colour} {weight}" for colour, weight in weights.items())
    service, operation, summary = ("ec2", "CreateRoute", "create route rtb-0a <eni> & 0.0.0.0/0")
    if moves:
        service, operation, summary = {
            "route53": ("route53", "ChangeResourceRecordSets", f"record dkms.example.com {told}"),
            "shared-nlb": ("elbv2", "ModifyListener", f"listener dkms-nlb:443 → {told}"),
            "shared-alb": ("elbv2", "ModifyListener", f"listener dkms-alb:443 → {told}"),
        }[topology]
    shares = {colour: float(weight) for colour, weight in weights.items()}
    probe = ProbeVerdict(service="dkms", shares=shares, lost=0.0)
    verdict = Verdict(at=at, watching=number > 95, probes=(probe,))
    return Call(number=number, at=at, service=service, operation=operation, summary=summary, verdict=verdict)


def snapshot(topology: str, weights: Mapping[str, int], *, alone: bool = False) -> Snapshot:
    """What AWS holds under these weights; alone, there is no other colour."""
    if alone:
        (colour,) = weights
        chains = chain(Chains(), colour).nlb("nlb", to(**{f"alb-{colour}": 100})).record("nlb")
    elif topology == "route53":
        chains = route53(blue=weights.get("blue", 0), green=weights.get("green", 0))
    elif topology == "shared-nlb":
        chains = shared_nlb(**weights)
        for port, colour in enumerate(("blue", "green"), start=8443):
            chains.nlb("nlb", to(**{f"alb-{colour}": 100}), port=port)
    else:
        chains = shared_alb(blue=weights.get("blue", 0), green=weights.get("green", 0))
    return chains.snapshot


@dataclass(frozen=True)
class _Story:
    topology: str
    acts: Sequence[Act]
    failing: bool

    def samples(self, chance: random.Random, share: float) -> list[Sample]:
        start, end = self.acts[0].ended - SETTLE, self.acts[-1].ended
        step = SPEED / RATE / share
        kinds = list(SHARES)
        found: list[Sample] = []
        for index in range(int((end - start) / step)):
            at = start + index * step
            kind = chance.choices(kinds, weights=list(SHARES.values()))[0]
            found.append(self._sample(at, kind, chance))
        return found

    def _sample(self, at: float, kind: ClientKind, chance: random.Random) -> Sample:
        seen = at - self._lag(kind, chance)
        weights = self._weights(seen)
        colour = chance.choices(list(weights), weights=list(weights.values()))[0]
        latency = chance.lognormvariate(1.0, 0.35)
        reset = self.topology == "shared-nlb" and kind is not ClientKind.FRESH and self._moving(at, chance)
        if self.failing and colour == "green":
            failure, status = chance.choice([("status", 503), ("status", 502), ("reset", 0), ("timeout", 0)])
            return Sample(
                at, kind, "dkms", colour if status else "", latency, failure, status, reset=failure == "reset"
            )
        return Sample(at, kind, "dkms", colour, latency, "", 200, reset)

    def _moving(self, at: float, chance: random.Random) -> bool:
        return any(act.changed < at < act.changed + 40 and len(act.calls) < 3 for act in self.acts) and (
            chance.random() < 0.1
        )

    def _lag(self, kind: ClientKind, chance: random.Random) -> float:
        lags: Mapping[str, Callable[[], float]] = {"shared-alb": lambda: 0.0, "shared-nlb": lambda: 0.0}
        if kind is ClientKind.FRESH:
            return lags.get(self.topology, lambda: 20 + chance.uniform(0, 60))()
        if kind is ClientKind.POOLED:
            return {"shared-alb": 0.0, "shared-nlb": chance.expovariate(1 / 40)}.get(
                self.topology, 20 + chance.uniform(0, 60) + chance.expovariate(1 / 40)
            )
        return 0.0 if self.topology == "shared-alb" else chance.uniform(0, 1200)

    def _weights(self, at: float) -> Mapping[str, float]:
        held = [act for act in self.acts if act.changed <= at]
        return (held[-1] if held else self.acts[0]).predicted["dkms"]
