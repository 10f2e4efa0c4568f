"""Listeners and their rules: where traffic is switched."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from rehearsal.providers.aws.actions import read_actions, read_conditions, write_actions, write_conditions
from rehearsal.providers.aws.attributes import Attribute, Attributes
from rehearsal.providers.aws.elb import ElbResourceType
from rehearsal.providers.aws.resource import Created, given, tag_list
from rehearsal.providers.values import Props

__all__ = ["Listener", "ListenerRule"]

_ATTRIBUTES = Attributes({"tcpIdleTimeoutSeconds": Attribute("tcp.idle_timeout.seconds", 350, int)})


class Listener(ElbResourceType):
    """A listener; every change but another load balancer is one ModifyListener."""

    pulumi_type = "aws:lb/listener:Listener"
    replaces = frozenset({"loadBalancerArn"})
    updates = frozenset({"alpnPolicy", "certificateArn", "defaultActions", "port", "protocol"}) | {
        "sslPolicy",
        "tags",
        *_ATTRIBUTES.inputs,
    }
    outputs = frozenset({"arn", "tagsAll"})
    chosen = frozenset({"protocol", "sslPolicy", "tcpIdleTimeoutSeconds"})

    @override
    def create(self, inputs: Props) -> Created:
        listener = self.aws.client("elbv2").create_listener(
            LoadBalancerArn=inputs["loadBalancerArn"],
            **_settings(inputs),
            **given(Tags=tag_list(inputs.get("tags")) or None),
        )["Listeners"][0]
        self._set_attributes(listener["ListenerArn"], {}, inputs)
        return Created(listener["ListenerArn"], _listener(listener) | self.foreseen(inputs))

    def _set_attributes(self, arn: str, old: Props, new: Props) -> None:
        changes = _ATTRIBUTES.changes(old, new)
        if changes:
            self.aws.client("elbv2").modify_listener_attributes(ListenerArn=arn, Attributes=changes)

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        listener = self.find("describe_listeners", "Listeners", "ListenerNotFound", ListenerArns=[id_])
        if listener is None:
            return None
        described = self.aws.client("elbv2").describe_listener_attributes(ListenerArn=id_)
        return _ATTRIBUTES.values(described["Attributes"]) | _listener(listener) | self.tags(id_)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        if changed - {"tags", *_ATTRIBUTES.inputs}:
            settings = _settings(new)
            if "defaultActions" not in changed:
                del settings["DefaultActions"]
            self.aws.client("elbv2").modify_listener(ListenerArn=id_, **settings)
        self._set_attributes(id_, old, new)
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("elbv2").delete_listener(ListenerArn=id_)


def _settings(inputs: Props) -> dict[str, Any]:
    certificate, alpn = inputs.get("certificateArn"), inputs.get("alpnPolicy")
    return given(
        Port=inputs.get("port"),
        Protocol=inputs.get("protocol"),
        SslPolicy=inputs.get("sslPolicy"),
        Certificates=[{"CertificateArn": certificate}] if certificate else None,
        AlpnPolicy=[alpn] if alpn else None,
        DefaultActions=write_actions(inputs["defaultActions"]),
    )


def _listener(listener: Mapping[str, Any]) -> Props:
    certificates: list[dict[str, str]] = listener.get("Certificates") or [{}]
    return given(
        arn=listener["ListenerArn"],
        loadBalancerArn=listener["LoadBalancerArn"],
        port=listener.get("Port"),
        protocol=listener.get("Protocol"),
        sslPolicy=listener.get("SslPolicy") or None,
        certificateArn=certificates[0].get("CertificateArn"),
        defaultActions=read_actions(listener["DefaultActions"]),
    )


class ListenerRule(ElbResourceType):
    """A rule of an ALB's listener; conditions and actions change by one ModifyRule."""

    pulumi_type = "aws:lb/listenerRule:ListenerRule"
    replaces = frozenset({"listenerArn"})
    updates = frozenset({"actions", "conditions", "priority", "tags"})
    outputs = frozenset({"arn", "tagsAll"})
    chosen = frozenset({"priority"})
    sets = frozenset({"conditions"})

    @override
    def create(self, inputs: Props) -> Created:
        rule = self.aws.client("elbv2").create_rule(
            ListenerArn=inputs["listenerArn"],
            Priority=inputs.get("priority") or self._next_priority(inputs["listenerArn"]),
            Conditions=write_conditions(inputs["conditions"]),
            Actions=write_actions(inputs["actions"]),
            **given(Tags=tag_list(inputs.get("tags")) or None),
        )["Rules"][0]
        return Created(rule["RuleArn"], _rule(rule) | self.foreseen(inputs))

    def _next_priority(self, listener_arn: str) -> int:
        rules = self.aws.client("elbv2").describe_rules(ListenerArn=listener_arn)["Rules"]
        return 1 + max((int(rule["Priority"]) for rule in rules if not rule["IsDefault"]), default=0)

    @override
    def read(self, id_: str, state: Props) -> Props | None:
        rule = self.find("describe_rules", "Rules", "RuleNotFound", RuleArns=[id_])
        return rule and _rule(rule) | self.tags(id_)

    @override
    def update(self, id_: str, old: Props, new: Props, changed: set[str]) -> None:
        elb = self.aws.client("elbv2")
        if "priority" in changed:
            elb.set_rule_priorities(RulePriorities=[{"RuleArn": id_, "Priority": new["priority"]}])
        contents = given(
            Conditions=write_conditions(new["conditions"]) if "conditions" in changed else None,
            Actions=write_actions(new["actions"]) if "actions" in changed else None,
        )
        if contents:
            elb.modify_rule(RuleArn=id_, **contents)
        self.retag(id_, old, new)

    @override
    def delete(self, id_: str, state: Props) -> None:
        self.aws.client("elbv2").delete_rule(RuleArn=id_)


def _rule(rule: Mapping[str, Any]) -> Props:
    arn = rule["RuleArn"]
    return {
        "arn": arn,
        "listenerArn": arn.replace(":listener-rule/", ":listener/").rpartition("/")[0],
        "priority": int(rule["Priority"]),
        "actions": read_actions(rule["Actions"]),
        "conditions": read_conditions(rule["Conditions"]),
    }
