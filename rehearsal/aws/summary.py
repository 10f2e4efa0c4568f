"""One line about a mutating call, in the words of a rehearsal; written before the call is carried out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from moto.core.exceptions import ServiceException

from rehearsal.aws.inventory import COLOUR_TAG, Inventory
from rehearsal.aws.protocol import Operation
from rehearsal.aws.refusals import Params

__all__ = ["summarise"]

_LONGEST = 64
_NOISE = ("Token", "Reference", "Document", "Description")
"""Longer values, and parameters with these names, say nothing in one line."""


def summarise(operation: Operation, held: Inventory) -> str:
    """Say what a call asks for; of a call that moves traffic, where to."""
    tell = _TELLERS.get(operation.name)
    verb = _words(operation.name)
    try:
        return tell(held, verb, operation.params) if tell else _plainly(verb, operation.params)
    except ServiceException:  # it names what does not exist: AWS is about to refuse it
        return _plainly(verb, operation.params)


def _words(operation: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", operation).lower()


def _plainly(verb: str, params: Params) -> str:
    """Add the first two names or ids among the parameters, or the first of a list of them."""
    told = [value for key, value in params.items() if not key.endswith(_NOISE)]
    names = [_short(value) for value in told if isinstance(value, str)]
    short = [name for name in names if name and len(name) <= _LONGEST]
    lists = [cast("list[object]", value) for value in told if isinstance(value, list)]
    firsts = [_short(value[0]) for value in lists if value and isinstance(value[0], str)]
    return " ".join([verb, *(short[:2] or firsts)])


def _short(name: str) -> str:
    """Reduce an ARN to the name in it: …:listener/net/NAME/ID/ID, …:targetgroup/NAME/ID, …:role/NAME."""
    if not name.startswith("arn:"):
        return name
    return re.sub(r"(/[0-9a-f]{16})+$", "", name).rpartition("/")[2]


def _balancer(_: Inventory, verb: str, params: Params) -> str:
    arn = params.get("LoadBalancerArn", "")
    kind = "NLB" if "/net/" in arn or params.get("Type") == "network" else "ALB"
    return f"{verb.split()[0]} {kind} {_short(arn) or params['Name']}"


def _listener(held: Inventory, verb: str, params: Params) -> str:
    if "LoadBalancerArn" in params:
        name, port, told = _short(params["LoadBalancerArn"]), params["Port"], ""
    else:
        listener = held.listener(params["ListenerArn"])
        name, port = _short(listener.load_balancer_arn), listener.port
        now = {"Port": listener.port, "Protocol": listener.protocol}
        changes = {key: params[key] for key in now if key in params and str(params[key]) != str(now[key])}
        told = "".join(f", {key.lower()} {value}" for key, value in changes.items())
    what = verb.removeprefix("modify ")
    return f"{what} {name}:{port}{told}{_action(held, params.get('DefaultActions', []))}"


def _rule(held: Inventory, verb: str, params: Params) -> str:
    if "ListenerArn" in params:
        listener, priority = held.listener(params["ListenerArn"]), params["Priority"]
    else:
        rule = held.rule(params["RuleArn"])
        listener, priority = held.listener(rule.listener_arn), rule.priority
    place = f"{_short(listener.load_balancer_arn)}:{listener.port}"
    what = verb.removeprefix("modify ")
    return f"{what} {priority} of {place}{_action(held, params.get('Actions', []))}"


def _action(held: Inventory, actions: Sequence[Mapping[str, Any]]) -> str:
    if not actions:
        return ""
    last = actions[-1]
    groups = last.get("ForwardConfig", {}).get("TargetGroups") or (
        [{"TargetGroupArn": last["TargetGroupArn"]}] if "TargetGroupArn" in last else []
    )
    if not groups:
        return f" → {last['Type']}"
    parts = [
        f"{_label(held, group['TargetGroupArn'])} {group.get('Weight', 1) if len(groups) > 1 else 100}"
        for group in groups
    ]
    return f" → {', '.join(parts)}"


def _label(held: Inventory, group: str) -> str:
    """Call a target group by its colour, where it is tagged with one, and by its name elsewhere."""
    return held.elbv2.tagging_service.get_tag_dict_for_resource(group).get(COLOUR_TAG) or _short(group)


def _targets(_: Inventory, verb: str, params: Params) -> str:
    targets = params["Targets"]
    what = _short(targets[0]["Id"]) if len(targets) == 1 else f"{len(targets)} targets"
    preposition = "in" if verb.startswith("register") else "from"
    return f"{verb.split()[0]} {what} {preposition} {_short(params['TargetGroupArn'])}"


def _records(_: Inventory, __: str, params: Params) -> str:
    changes = params["ChangeBatch"]["Changes"]
    written = {_key(each["ResourceRecordSet"]) for each in changes if each["Action"] != "DELETE"}
    told: list[str] = []
    for change in changes:
        record = change["ResourceRecordSet"]
        name = " ".join(filter(None, (record["Name"].rstrip("."), record.get("SetIdentifier"))))
        if change["Action"] == "DELETE":
            if _key(record) not in written:
                told.append(f"delete record {name}")
            continue
        weight = f" weight {record['Weight']}" if "Weight" in record else ""
        alias = record.get("AliasTarget", {}).get("DNSName")
        values = alias or ", ".join(each["Value"] for each in record.get("ResourceRecords", []))
        told.append(f"record {name}{weight} → {values.split('.')[0] if alias else values}")
    return "; ".join(told)


def _alarm(_: Inventory, __: str, params: Params) -> str:
    only = {"Metric": params, "Stat": params.get("Statistic") or params.get("ExtendedStatistic")}
    queries: list[Params] = params.get("Metrics") or [{"MetricStat": only}]
    watched = next((query for query in queries if query.get("ReturnData", True)), queries[0])
    stat = watched.get("MetricStat", {})
    what = watched.get("Expression") or f"{stat.get('Stat')} of {stat.get('Metric', {}).get('MetricName')}"
    comparison = re.sub("(Than|Or|To)", r" \1 ", params.get("ComparisonOperator", "").removesuffix("Threshold"))
    periods = params.get("EvaluationPeriods")
    when = f"{' '.join(comparison.lower().split())} {params.get('Threshold', 0):g}"
    return f"put alarm {params['AlarmName']}: {what} {when}, {params.get('DatapointsToAlarm', periods)} of {periods}"


def _alarms(_: Inventory, verb: str, params: Params) -> str:
    return f"{verb} {', '.join(params['AlarmNames'])}"


def _alarm_state(_: Inventory, __: str, params: Params) -> str:
    return f"set alarm {params['AlarmName']} to {params['StateValue']}"


def _key(record: Mapping[str, Any]) -> tuple[str, str]:
    return record["Name"].rstrip("."), record["Type"]


_TELLERS: dict[str, Callable[[Inventory, str, Params], str]] = {
    "CreateLoadBalancer": _balancer,
    "DeleteLoadBalancer": _balancer,
    "CreateListener": _listener,
    "ModifyListener": _listener,
    "DeleteListener": _listener,
    "CreateRule": _rule,
    "ModifyRule": _rule,
    "DeleteRule": _rule,
    "RegisterTargets": _targets,
    "DeregisterTargets": _targets,
    "ChangeResourceRecordSets": _records,
    "PutMetricAlarm": _alarm,
    "DeleteAlarms": _alarms,
    "SetAlarmState": _alarm_state,
}
