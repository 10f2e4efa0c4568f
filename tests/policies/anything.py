"""A provider of any type of resource: takes what it is given, and gives it an id, an ARN and what is read of it."""

import hashlib
import json

from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

KINDS = {"TargetGroup": "targetgroup", "LoadBalancer": "loadbalancer/app", "Listener": "listener/app/one/0a"}


class Anything(sdk.Provider):
    async def check_config(self, request):
        return sdk.CheckResponse(inputs=request.new_inputs)

    async def diff_config(self, request):
        return sdk.DiffResponse()

    async def configure(self, request):
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True, accept_resources=True)

    async def check(self, request):
        return sdk.CheckResponse(inputs=request.new_inputs)

    async def create(self, request):
        if request.preview:
            unknown = PropertyValue(rpc.UNKNOWN)
            return sdk.CreateResponse("", {"arn": unknown, "name": unknown, **request.properties})
        arn = self._arn(request.urn)
        return sdk.CreateResponse(arn, {"name": PropertyValue(request.name), **request.properties, "arn": _text(arn)})

    async def read(self, request):
        state = {**request.properties, "arn": _text(request.resource_id)}
        return sdk.ReadResponse(request.resource_id, state, dict(request.properties))

    async def invoke(self, request):
        return sdk.InvokeResponse({"text": _text(json.dumps({}))})

    def _arn(self, urn: str) -> str:
        kind, name = urn.rpartition("::")[0].rpartition(":")[2], urn.rpartition("::")[2]
        number = hashlib.sha256(urn.encode()).hexdigest()[:16]
        place = KINDS.get(kind, kind.lower())
        return f"arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:{place}/{name}/{number}"


def _text(value: str) -> PropertyValue:
    return PropertyValue(value)
