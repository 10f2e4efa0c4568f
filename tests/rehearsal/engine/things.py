"""A small provider whose every call is on record, and the SDK with which programs use it."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue, PropertyValueType, ResourceReference

from components.errors import BlueGreenError

THING = "test:index:Thing"
PAIR = "test:index:Pair"
UNKNOWN = PropertyValue(pulumi.runtime.rpc.UNKNOWN)  # the SDK cannot send PropertyValue.computed()


class Thing(pulumi.CustomResource):
    """`value` changes in place, `key` replaces, `wrong` is refused; `exclusive`: two cannot stand side by side."""

    auto: pulumi.Output[str]
    computed: pulumi.Output[str]
    value: pulumi.Output[str]

    def __init__(self, name, opts=None, **inputs):
        props = {"auto": None, "computed": None, "value": None, **inputs}
        super().__init__(THING, name, props, opts)


class Pair(pulumi.ComponentResource):
    """Two things, built by the provider."""

    left: pulumi.Output[Thing]
    joined: pulumi.Output[str]

    def __init__(self, name, opts=None, **inputs):
        super().__init__(PAIR, name, {"left": None, "joined": None, **inputs}, opts, remote=True)


class _Module:
    """Turns references to things in outputs into things, as the SDKs of packages do."""

    def version(self):
        return None

    def construct(self, name, typ, urn):
        return {THING: Thing, PAIR: Pair}[typ](name, opts=pulumi.ResourceOptions(urn=urn))


pulumi.runtime.register_resource_module("test", "index", _Module())


class ThingProvider(pulumi.ProviderResource):
    def __init__(self, name, opts=None, **inputs):
        super().__init__("test", name, inputs, opts)


class _Construction(pulumi.ComponentResource):
    def __init__(self, name, value, opts):
        super().__init__(PAIR, name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        left = Thing(f"{name}-left", value=value, opts=child)
        right = Thing(f"{name}-right", value=left.computed, opts=child)
        self.left = left
        self.joined = pulumi.Output.concat(left.computed, "&", right.computed)
        self.register_outputs({"left": left, "joined": self.joined})


def _plain(properties: Mapping[str, PropertyValue]) -> dict[str, Any]:
    return {key: value.value for key, value in properties.items()}


class Things(sdk.Provider):
    """Keeps its things in memory; refuses the calls that `refuse` lists."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.refuse: set[str] = set()
        self.together: threading.Barrier | None = None
        """Holds every creation until as many are under way."""
        self.slow: set[str] = set()
        """Names of things that take two seconds to create."""
        self.objects: dict[str, dict[str, PropertyValue]] = {}
        self.constructed = threading.Event()
        """Set when a construction has ended, well or not."""
        self._lock = threading.Lock()
        self._count = 0

    def _record(self, operation: str, name: str) -> None:
        if f"{operation} {name}" in self.refuse:
            raise BlueGreenError(f"{name} will not {operation}")
        with self._lock:
            self.calls.append(f"{operation} {name}")

    async def check_config(self, request):
        return sdk.CheckResponse(inputs=request.new_inputs)

    async def diff_config(self, request):
        before, after = _plain(request.old_inputs), _plain(request.new_inputs)
        moved = before.get("account") != after.get("account")
        return sdk.DiffResponse(changes=before != after, replaces=["account"] if moved else [])

    async def configure(self, request):
        account = _plain(request.args).get("account")
        if account:
            self.calls.append(f"configure {account}")
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True, accept_resources=True)

    async def check(self, request):
        inputs = dict(request.new_inputs)
        failures = [sdk.CheckFailure("wrong", "it says so")] if "wrong" in inputs else []
        auto = request.old_inputs.get("auto", PropertyValue(f"{request.name}-{self._next()}"))
        inputs.setdefault("auto", auto)
        return sdk.CheckResponse(inputs=inputs, failures=failures)

    def _next(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    async def diff(self, request):
        olds, news = request.old_inputs, request.new_inputs
        keys = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
        return sdk.DiffResponse(
            changes=bool(keys),
            diffs=keys,
            replaces=[key for key in keys if key == "key"],
            delete_before_replace="exclusive" in news,
        )

    def _outputs(self, inputs: Mapping[str, PropertyValue], *, preview: bool) -> dict[str, PropertyValue]:
        value = inputs.get("value", PropertyValue("nothing"))
        known = not preview and value.type is not PropertyValueType.COMPUTED
        computed = PropertyValue(f"{value.value}!") if known else UNKNOWN
        return {**inputs, "computed": computed.with_secret(value.is_secret)}

    async def create(self, request):
        if request.preview:
            return sdk.CreateResponse("", self._outputs(request.properties, preview=True))
        if self.together:
            self.together.wait(timeout=10)
        self._record("create", request.name)
        if request.name in self.slow:
            time.sleep(2)
        id_ = f"{request.name}-id-{self._next()}"
        self.objects[id_] = self._outputs(request.properties, preview=False)
        return sdk.CreateResponse(id_, self.objects[id_])

    async def update(self, request):
        if request.preview:
            return sdk.UpdateResponse(self._outputs(request.news, preview=True))
        self._record("update", request.name)
        self.objects[request.resource_id] = self._outputs(request.news, preview=False)
        return sdk.UpdateResponse(self.objects[request.resource_id])

    async def delete(self, request):
        self._record("delete", request.name)
        self.objects.pop(request.resource_id, None)

    async def read(self, request):
        self.calls.append(f"read {request.resource_id}")
        found = self.objects.get(request.resource_id)
        if found is None:
            raise BlueGreenError(f"there is no {request.resource_id}")
        inputs = {key: value for key, value in found.items() if key != "computed"}
        return sdk.ReadResponse(request.resource_id, found, inputs)

    async def invoke(self, request):
        value = _plain(request.args).get("value")
        if value == "odd":
            return sdk.InvokeResponse(failures=[sdk.CheckFailure("value", "must not be odd")])
        return sdk.InvokeResponse({"doubled": PropertyValue(f"{value}{value}")})

    async def construct(self, request):
        try:
            return await self._construct(request)
        finally:
            self.constructed.set()

    async def _construct(self, request):
        value = request.inputs["value"]
        given = pulumi.Output.unsecret(value.value) if value.is_secret else value.value
        if value.type is PropertyValueType.COMPUTED:
            given = pulumi.UNKNOWN
        pair = _Construction(request.name, given, request.options)
        joined = await pair.joined.future()
        id_ = PropertyValue(await pair.left.id.future() or "")
        left = PropertyValue(ResourceReference(urn=await pair.left.urn.future(), resource_id=id_))
        return sdk.ConstructResponse(
            urn=await pair.urn.future(),
            state={"left": left, "joined": UNKNOWN if joined is None else PropertyValue(joined)},
            state_dependencies={},
        )
