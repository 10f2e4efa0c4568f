"""Properties of resources as untrusted input: no policy ends in an exception, and none overlooks a shared ALB."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st
from pulumi.runtime import rpc

from policies.pack import POLICIES
from rehearsal.engine.analyzer import Analyzer
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import Urn
from tests.fuzz.configurations import places
from tests.fuzz.hostile import values
from tests.policies.build import (
    BINDING,
    CLUSTER,
    GROUP,
    INGRESS,
    LB,
    LISTENER,
    RECORD,
    RULE,
    SECURITY_GROUP,
    forward,
    group_arn,
)

ANALYZER = Analyzer(POLICIES)
PROVIDER = "pulumi:providers:kubernetes"
UNKNOWN = rpc.UNKNOWN

SPLIT = {
    "protocol": "HTTPS",
    "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "defaultActions": forward(blue=90, green=10),
}
GOOD: dict[str, dict[str, Any]] = {
    LB: {
        "arn": "arn:1",
        "loadBalancerType": "network",
        "internal": False,
        "securityGroups": ["sg-1"],
        "subnets": ["a", "b"],
        "subnetMappings": [],
        "accessLogs": {"enabled": True},
        "enableDeletionProtection": True,
        "tags": {"bluegreen:public": "true"},
    },
    LISTENER: SPLIT | {"loadBalancerArn": "arn:1", "arn": "arn:2"},
    RULE: {"listenerArn": "arn:2", "actions": [*forward(a=90, b=10), {"type": "forward", "targetGroupArn": "arn"}]},
    GROUP: {"arn": group_arn("blue"), "tags": {"bluegreen:retiring": "true"}},
    RECORD: {"zoneId": "Z1", "name": "a.cn", "type": "A", "weightedRoutingPolicies": [{"weight": 100}]},
    SECURITY_GROUP: {"id": "sg-1", "ingress": [{"cidrBlocks": ["10.0.0.0/8"], "ipv6CidrBlocks": ["::/1"]}]},
    INGRESS: {"securityGroupId": "sg-1", "cidrIpv4": "10.0.0.0/8", "cidrIpv6": None, "type": "ingress"},
    CLUSTER: {"version": "1.30", "vpcConfig": {"subnetIds": ["a", "b"]}, "tags": {"bluegreen:colour": "blue"}},
    BINDING: {"spec": {"targetGroupARN": group_arn("blue"), "serviceRef": {"port": 80}}},
    PROVIDER: {"kubeconfig": "{}", "context": "c", "cluster": "x"},
    "bluegreen:index:SharedALB": {},
}  # fmt: skip


def state(type_: str, name: str, inputs: dict[str, Any], **more: Any) -> ResourceState:
    """A resource in prod; what cannot be JSON reaches no policy."""
    known = json.loads(json.dumps(inputs, allow_nan=True))
    return ResourceState(
        urn=Urn(f"urn:pulumi:prod-bj::dkms::{type_}::{name}"), custom=True, inputs=known, outputs=known, **more
    )


@st.composite
def bent(draw: st.DrawFn, type_: str) -> dict[str, Any]:
    made = deepcopy(GOOD[type_])
    for _ in range(draw(st.integers(0, 3))):
        spots = list(places(made))
        holder, key = draw(st.sampled_from(spots)) if spots else (made, "tags")
        holder[key] = draw(st.just(UNKNOWN) | st.just([UNKNOWN]) | st.just([{"a": 1}]) | values)
    return made


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_policy_of_one_resource_always_comes_to_an_end(type_: str, data: st.DataObject) -> None:
    inputs = data.draw(bent(type_))
    note(str(inputs)[:1000])
    ANALYZER.analyze(state(type_, "it", inputs))


@given(st.data())
def test_a_policy_of_the_stack_always_comes_to_an_end(data: st.DataObject) -> None:
    found = [
        state(type_, f"it-{place}", data.draw(bent(type_))) for place, type_ in enumerate([*GOOD, RECORD, BINDING])
    ]
    providers = [each for each in found if each.type == PROVIDER]
    filled = [replace(each, provider=f"{providers[0].urn}::1") if each.type == BINDING else each for each in found]
    note("\n".join(f"{each.urn}: {str(each.outputs)[:300]}" for each in filled))
    ANALYZER.analyze_stack(filled)


@given(bent(LISTENER), values)
def test_nothing_beside_it_hides_an_alb_that_splits(bent: dict[str, Any], value: Any) -> None:
    inputs = {**bent, "x": value, "protocol": "HTTPS", "defaultActions": SPLIT["defaultActions"]}
    assert "shared-alb-in-prod" in {found.policy for found in ANALYZER.analyze(state(LISTENER, "it", inputs))}
