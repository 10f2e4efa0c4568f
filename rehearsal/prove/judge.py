"""Whether a case ended as it should. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from infra.config import StackConfig
from rehearsal.aws import Call
from rehearsal.aws.wire import GENERATED, IDENT
from rehearsal.engine import Operation, Result
from rehearsal.engine.state import ResourceState
from rehearsal.oracle import Verdict
from rehearsal.oracle.state import Action, Forward, Snapshot

__all__ = ["differences", "left_behind", "misled", "shape", "strayed"]

_REMOVES = {Operation.DELETE, Operation.DELETE_REPLACED, Operation.REPLACE, Operation.CREATE_REPLACEMENT}


def strayed(results: Iterable[Result], straight: Result) -> list[str]:
    """Name what was replaced or deleted although the transition, when nothing goes wrong, does not do that."""
    expected = {(step.op, step.urn) for step in straight.steps}
    return [
        f"{step.op} {step.name} ({step.type})"
        for result in results
        for step in result.steps
        if step.op in _REMOVES and (step.op, step.urn) not in expected
    ]


def shape(snapshot: Snapshot) -> Counter[str]:
    """Say how traffic is led, in words that are the same in every run that leads it so."""
    told: Counter[str] = Counter()
    names = {group.arn: _plain(group.name) for group in snapshot.target_groups.values()}
    balancers = {each.arn: _plain(str(each)) for each in snapshot.load_balancers.values()}
    for record in snapshot.records:
        targets = ", ".join(sorted(_plain(target) for target in record.targets))
        told[f"record {record.name} {record.set_identifier or ''} weight {record.weight} → {targets}"] += 1
    for listener in snapshot.listeners.values():
        place = f"{balancers.get(listener.load_balancer, 'nothing')}:{listener.port}"
        told[f"listener {place} {listener.protocol} → {_action(listener.action, names)}"] += 1
        for rule in listener.rules:
            conditions = "; ".join(sorted(_plain(str(each)) for each in rule.conditions))
            told[f"rule {rule.priority} of {place}, {conditions} → {_action(rule.action, names)}"] += 1
    for group in snapshot.target_groups.values():
        targets = "an ALB" if group.kind == "alb" and group.targets else f"{len(group.targets)} targets"
        told[f"target group {_plain(group.name)}:{group.port}: {targets}"] += 1
    told.update(balancers.values())
    return told


def misled(verdict: Verdict, config: StackConfig) -> list[str]:
    """Say where requests get other shares of the colours than the configuration asks for."""
    told: list[str] = []
    for probe in verdict.probes:
        service = config.services.get(probe.service)
        asked = (service.weights if service else None) or config.weights
        if probe.shares != asked.forward:
            shares = " · ".join(f"{colour} {share:g}" for colour, share in probe.shares.items())
            told.append(f"{probe.service}: asked for {asked}, and gets {shares or 'nothing'}")
    return list(dict.fromkeys(told))


def differences(
    asked: tuple[Counter[str], Sequence[ResourceState]], ended: tuple[Counter[str], Sequence[ResourceState]]
) -> list[str]:
    """Say what is missing of what was asked; what is left over beside it leads no traffic and is not named."""
    missing = [f"missing: {line}" for line in asked[0] - ended[0]]
    wanted, known = ({str(state.urn) for state in side} for side in (asked[1], ended[1]))
    missing += [f"unknown to the state: {urn}" for urn in sorted(wanted - known)]
    missing += [f"still in the state: {urn}" for urn in sorted(known - wanted)]
    missing += [f"not done: {state.urn}" for state in ended[1] if state.delete or state.pending_replacement]
    return missing


def left_behind(calls: Iterable[Call], before: Iterable[ResourceState], after: Iterable[ResourceState]) -> list[str]:
    """Name what was made and is known to no state in the end."""
    seen, known = _idents(before), _idents(after)
    left: list[str] = []
    for call in calls:
        new = [ident for ident in call.made if ident not in seen]
        seen.update(new)
        if new and known.isdisjoint(new):
            left.append(f"{call.operation}: {call.summary}, {new[0]}")
    return left


def _idents(states: Iterable[ResourceState]) -> set[str]:
    return set(IDENT.findall(str([(state.id, state.inputs, state.outputs) for state in states])))


def _action(action: Action, names: dict[str, str]) -> str:
    if isinstance(action, Forward):
        weights = action.weights if len(action.weights) > 1 else dict.fromkeys(action.weights, 100)
        told = ", ".join(sorted(f"{names.get(arn, 'nothing')} {weight}" for arn, weight in weights.items()))
        return f"{told}, sticky" if action.sticky else told
    return f"answers {action.status}"


def _plain(name: str) -> str:
    return GENERATED.sub("*", name)
