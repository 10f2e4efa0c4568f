"""Actions and conditions of listeners, between the provider's words and the API's."""

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.providers.aws.resource import given
from rehearsal.providers.values import Props

__all__ = ["read_actions", "read_conditions", "write_actions", "write_conditions"]

_CONFIGS = {"fixedResponse": "FixedResponseConfig", "redirect": "RedirectConfig"}
_VALUES = {
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "httpHeader": ("http-header", "HttpHeaderConfig"),
    "httpRequestMethod": ("http-request-method", "HttpRequestMethodConfig"),
    "pathPattern": ("path-pattern", "PathPatternConfig"),
    "queryStrings": ("query-string", "QueryStringConfig"),
    "sourceIp": ("source-ip", "SourceIpConfig"),
}


def _pascal(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key[0].upper() + key[1:]: value for key, value in values.items() if value is not None}


def _camel(values: Mapping[str, Any]) -> Props:
    return {key[0].lower() + key[1:]: value for key, value in values.items() if value is not None}


def write_actions(actions: Sequence[Props]) -> list[dict[str, Any]]:
    """Write actions for a call, exactly as they are given: a single target group, or a weighted forward."""
    return [_write_action(action) for action in actions]


def _write_action(action: Props) -> dict[str, Any]:
    forward = action.get("forward")
    return {
        "Type": action["type"],
        **given(
            Order=action.get("order"),
            TargetGroupArn=action.get("targetGroupArn"),
            ForwardConfig=_write_forward(forward) if forward else None,
        ),
        **{config: _pascal(action[key]) for key, config in _CONFIGS.items() if action.get(key)},
    }


def _write_forward(forward: Props) -> dict[str, Any]:
    groups = [given(TargetGroupArn=group["arn"], Weight=group.get("weight")) for group in forward["targetGroups"]]
    stickiness = forward.get("stickiness")
    config = stickiness and given(Enabled=stickiness.get("enabled", False), DurationSeconds=stickiness.get("duration"))
    return {"TargetGroups": groups, **given(TargetGroupStickinessConfig=config)}


def read_actions(actions: Sequence[Mapping[str, Any]]) -> list[Props]:
    """Read actions, in each of the ways in which AWS says them."""
    return [_read_action(action) for action in actions]


def _read_action(action: Mapping[str, Any]) -> Props:
    forward = action.get("ForwardConfig")
    return {
        "type": action["Type"],
        **given(
            order=action.get("Order"),
            targetGroupArn=action.get("TargetGroupArn"),
            forward=_read_forward(forward) if forward else None,
        ),
        **{key: _camel(action[config]) for key, config in _CONFIGS.items() if config in action},
    }


def _read_forward(forward: Mapping[str, Any]) -> Props:
    groups = [{"arn": group["TargetGroupArn"], "weight": group.get("Weight", 1)} for group in forward["TargetGroups"]]
    sticky = forward.get("TargetGroupStickinessConfig")
    stickiness = sticky and given(enabled=sticky.get("Enabled", False), duration=sticky.get("DurationSeconds"))
    return {"targetGroups": groups, **given(stickiness=stickiness)}


def write_conditions(conditions: Sequence[Props]) -> list[dict[str, Any]]:
    """Write the conditions of a rule for a call."""
    return [
        {"Field": field, config: _write_condition(key, condition[key])}
        for condition in conditions
        for key, (field, config) in _VALUES.items()
        if condition.get(key)
    ]


def _write_condition(key: str, values: Any) -> dict[str, Any]:  # noqa: ANN401 a mapping or a list of them
    return {"Values": [_pascal(pair) for pair in values]} if key == "queryStrings" else _pascal(values)


def read_conditions(conditions: Sequence[Mapping[str, Any]]) -> list[Props]:
    """Read the conditions of a rule."""
    keys = {field: (key, config) for key, (field, config) in _VALUES.items()}
    read: list[Props] = []
    for condition in conditions:
        key, config = keys[condition["Field"]]
        # Old rules say their values beside the field instead of in the configuration of the field.
        values = condition.get(config) or {"Values": condition["Values"]}
        pairs = [_camel(pair) for pair in values["Values"]] if key == "queryStrings" else _camel(values)
        read.append({key: pairs})
    return read
