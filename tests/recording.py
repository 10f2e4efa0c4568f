"""Runs a Pulumi program against a monitor that writes down every registration, and answers as AWS would."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import configure, mocks, rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

from rehearsal.engine.program import settled
from rehearsal.quiet import hush

PROJECT, STACK = "dkms", "test"
UNKNOWN = "<unknown>"
ACCOUNT = "123456789012"
REGION = "cn-north-1"

# What the program reads of its resources, apart from their ids and ARNs.
OUTPUTS: dict[str, dict[str, object]] = {
    "aws:iam/role:Role": {"name": "{name}"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"name": "{name}"},
    "aws:lb/targetGroup:TargetGroup": {"arnSuffix": "targetgroup/{name}"},
    "aws:lb/loadBalancer:LoadBalancer": {"arnSuffix": "app/{name}", "dnsName": "{name}.elb.example", "zoneId": "ZELB"},
    "aws:route53/zone:Zone": {"zoneId": "ZNEW"},
    "eks:index:Cluster": {"clusterSecurityGroupId": "sg-{name}", "kubeconfigJson": '{{"cluster":"{name}"}}'},
}


@dataclass(frozen=True)
class Registered:
    """One RegisterResource request, as plain data."""

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    parent: str
    dependencies: frozenset[str]
    protect: bool
    provider: str
    providers: Mapping[str, str]
    aliases: tuple[str, ...]
    ignore_changes: tuple[str, ...]
    remote: bool
    hooks: Mapping[str, list[str]] = field(default_factory=dict)
    """Names of the hooks by their moment, such as `before_update`."""
    import_id: str = ""
    retain: bool = False

    @property
    def kind(self) -> str:
        """The last part of the type: `Listener`."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Recording:
    """All that one run of a program registered."""

    resources: Mapping[str, Registered]
    outputs: Mapping[str, Mapping[str, Any]]
    """By URN, what components and the stack registered as their outputs."""
    calls: tuple[tuple[str, Mapping[str, Any]], ...]
    """Functions that the program called, such as `aws:eks/getCluster:getCluster`, with their arguments."""
    read: Mapping[str, str]
    """Name → id of what the program only looked at, each with its kind: `LoadBalancer dkms-nlb`."""

    @property
    def stack_outputs(self) -> Mapping[str, Any]:
        """What the program exports."""
        return next(outputs for urn, outputs in self.outputs.items() if "::pulumi:pulumi:Stack::" in urn)

    def of(self, kind: str) -> list[Registered]:
        """All resources of a kind, by name."""
        return sorted((each for each in self.resources.values() if each.kind == kind), key=lambda each: each.name)

    def one(self, kind: str, name: str) -> Registered:
        """The only resource of this kind and name."""
        (found,) = [each for each in self.of(kind) if each.name == name]
        return found

    def listing(self) -> list[tuple[str, str]]:
        """Kind and name of everything, sorted."""
        return sorted((each.kind, each.name) for each in self.resources.values())

    def children(self, parent: Registered) -> list[tuple[str, str]]:
        """Kind and name of a component's own children, sorted."""
        return sorted((each.kind, each.name) for each in self.resources.values() if each.parent == parent.urn)

    def comes_before(self, first: Registered, then: Registered) -> bool:
        """Whether `then` waits for `first`, directly or through others."""
        seen, ahead = set[str](), [then.urn]
        while ahead:
            each = self.resources[ahead.pop()]
            for urn in each.dependencies | ({each.provider.rpartition("::")[0]} if each.provider else set()):
                if urn == first.urn:
                    return True
                if urn not in seen and urn in self.resources:
                    seen.add(urn)
                    ahead.append(urn)
        return False

    def changed_from(self, before: "Recording") -> dict[tuple[str, str], set[str]]:
        """What an update from `before` to this changes in place: the keys of inputs and options, by kind and name."""
        changes: dict[tuple[str, str], set[str]] = {}
        for urn in before.resources.keys() & self.resources.keys():
            old, new = before.resources[urn], self.resources[urn]
            keys = {key for key in old.inputs.keys() | new.inputs.keys() if old.inputs.get(key) != new.inputs.get(key)}
            if old.protect != new.protect:
                keys.add("protect")
            if keys:
                changes[new.kind, new.name] = keys
        return changes

    def added_to(self, before: "Recording") -> list[tuple[str, str]]:
        """What an update from `before` to this creates."""
        new = self.resources.keys() - before.resources.keys()
        return sorted((self.resources[urn].kind, self.resources[urn].name) for urn in new)


def record(
    program: Callable[[], object],
    *,
    preview: bool = False,
    existing: Mapping[str, str] | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recording:
    """Run `program` as a stack's program.

    `existing` are the clusters that EKS has, with their versions, and `stacks` the outputs of other stacks.
    """
    monitor = _Monitor(preview=preview, existing=existing or {}, stacks=stacks or {})
    hush()

    async def to_its_end() -> None:
        program()
        await settled()

    async def run() -> None:
        await run_in_stack(to_its_end)

    def fresh() -> None:
        configure(
            mocks.MockSettings(
                monitor=monitor,
                monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
                engine=mocks.MockEngine(None),
                project=PROJECT,
                stack=STACK,
                dry_run=preview,
                organization="organization",
                callbacks=None,
                outputs=set(),  # without those of a program that failed before this one
            )
        )
        asyncio.run(run())

    # The runtime keeps its root resource in a context variable: each run starts without one.
    contextvars.Context().run(fresh)
    return Recording(dict(monitor.registered), dict(monitor.outputs), tuple(monitor.calls), dict(monitor.read))


@dataclass
class _Monitor(mocks.MockMonitor):
    preview: bool
    existing: Mapping[str, str]
    stacks: Mapping[str, Mapping[str, Any]]
    registered: dict[str, Registered] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    states: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        urn = _urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        each = Registered(
            type=request.type,
            name=request.name,
            urn=urn,
            inputs=_plain(json_format.MessageToDict(request.object)),
            parent=request.parent,
            dependencies=frozenset(request.dependencies),
            protect=request.protect,
            provider=request.provider,
            providers=dict(request.providers),
            aliases=tuple(str(alias) for alias in request.aliases),
            ignore_changes=tuple(request.ignoreChanges),
            remote=request.remote,
            hooks={moment.name: list(names) for moment, names in request.hooks.ListFields()},
            import_id=request.importId,
            retain=request.retainOnDelete,
        )
        with self.lock:
            assert urn not in self.registered, f"Duplicate resource URN '{urn}'"
            self.registered[urn] = each
        identity = f"{each.name}-id" if request.custom and not self.preview else ""
        state = json_format.MessageToDict(request.object) | self._computed(each)
        self.states[urn] = (identity, state)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=_struct(state))

    def _computed(self, each: Registered) -> dict[str, Any]:
        known = {key: str(text).format(name=each.name) for key, text in OUTPUTS.get(each.type, {}).items()}
        if each.type.startswith("aws:"):
            known["arn"] = f"arn:aws-cn:test:{REGION}:{ACCOUNT}:{each.kind}/{each.name}"
        computed: dict[str, Any] = dict.fromkeys(known, rpc.UNKNOWN) if self.preview else known
        if each.type == "eks:index:Cluster":
            computed["eksCluster"] = self._inner_cluster(each)
        return computed

    def _inner_cluster(self, component: Registered) -> dict[str, str]:
        """A remote component's outputs refer to resources, which the program then asks for by URN."""
        urn = _urn(component.urn, "aws:eks/cluster:Cluster", f"{component.name}-eksCluster")
        name = rpc.UNKNOWN if self.preview else f"{component.name}-cluster"
        known = {"endpoint": f"https://{name}.eks.example", "certificateAuthority": {"data": "Q0E="}}
        computed = dict.fromkeys(known, rpc.UNKNOWN) if self.preview else known
        state = {"name": name, "version": component.inputs["version"], **computed}
        self.states[urn] = ("" if self.preview else name, state)
        return {rpc._special_sig_key: rpc._special_resource_sig, "urn": urn}

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        self.read[f"{request.type.rpartition(':')[2]} {request.name}"] = request.id
        outputs = {key: str(text).format(name=request.name) for key, text in OUTPUTS.get(request.type, {}).items()}
        if request.type == "pulumi:pulumi:StackReference":
            outputs = {"name": request.id, "outputs": self.stacks[request.id], "secretOutputNames": []}
        answer = _struct(outputs | {"arn": request.id})
        return resource_pb2.ReadResourceResponse(
            urn=_urn(request.parent, request.type, request.name), properties=answer
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        self.outputs[request.urn] = _plain(json_format.MessageToDict(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the name of the RPC
        given = json_format.MessageToDict(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            identity, state = self.states[given["urn"]]
            answer = {"urn": given["urn"], "id": identity, "state": state}
        else:
            self.calls.append((request.tok, _plain(given)))
            if request.tok == "aws:index/getCallerIdentity:getCallerIdentity":
                return resource_pb2.ResourceInvokeResponse(**{"return": _struct({"accountId": ACCOUNT})})
            assert request.tok == "aws:eks/getCluster:getCluster", request.tok
            answer = {
                "name": given["name"],
                "version": self.existing[given["name"]],
                "endpoint": f"https://{given['name']}.eks.example",
                "certificateAuthorities": [{"data": "Q0E="}],
                "vpcConfig": {"clusterSecurityGroupId": f"sg-{given['name']}"},
            }
        return resource_pb2.ResourceInvokeResponse(**{"return": _struct(answer)})


def _urn(parent: str, type_: str, name: str) -> str:
    above = parent.split("::")[2] if parent and "pulumi:pulumi:Stack" not in parent else ""
    return f"urn:pulumi:{STACK}::{PROJECT}::{above + '$' if above else ''}{type_}::{name}"


def _struct(plain: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(plain, struct_pb2.Struct())


def _plain(value: Any) -> Any:
    """Numbers as Python has them, unknowns as `UNKNOWN`, secrets as what they hold, references as their URN."""
    if isinstance(value, dict):
        signature = value.get(rpc._special_sig_key)
        if signature == rpc._special_resource_sig:
            return value["urn"]
        if signature == rpc._special_secret_sig:
            return _plain(value["value"])
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if value == rpc.UNKNOWN else value
