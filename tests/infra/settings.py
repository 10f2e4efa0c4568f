"""A stack's configuration as Pulumi hands it over, to be bent by tests."""

import json
from copy import deepcopy
from typing import Any

from infra.config import StackConfig, parse

CERTIFICATE = "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d"
_GOOD: dict[str, Any] = {
    "aws:region": "cn-north-1",
    "dkms:topology": "shared-nlb",
    "dkms:active": "blue",
    "dkms:clusters": {"blue": {"version": "1.30"}, "green": {"version": "1.33"}},
    "dkms:entry": {
        "host": "dkms.example.cn",
        "certificateArn": CERTIFICATE,
        "clientCidrs": ["10.0.0.0/8"],
        "operatorCidrs": ["10.1.0.0/16"],
        "zone": {"name": "example.cn"},
    },
    "dkms:network": {"zones": ["cn-north-1a", "cn-north-1b"]},
}
ABSENT = object()


def settings(changes: dict[str, Any] | None = None) -> dict[str, str]:
    """The good configuration with values set or, where `ABSENT`, removed at dotted keys (`dkms:entry.port`)."""
    nested = deepcopy(_GOOD)
    for key, value in (changes or {}).items():
        *way, last = key.split(".")
        here = nested
        for step in way:
            here = here.setdefault(step, {})
        if value is ABSENT:
            del here[last]
        else:
            here[last] = value
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in nested.items()}


def config(changes: dict[str, Any] | None = None) -> StackConfig:
    return parse(settings(changes))
