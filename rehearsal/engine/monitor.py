"""The gRPC services that the program and its components talk to: messages in, messages out."""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc
from typing_extensions import override

from components.errors import BlueGreenError
from rehearsal.engine.calls import RefusalError
from rehearsal.engine.construct import construct
from rehearsal.engine.deployment import Deployment
from rehearsal.engine.goal import Goal
from rehearsal.engine.results import Severity
from rehearsal.engine.run import Run, StoppedError
from rehearsal.engine.services import Services
from rehearsal.engine.state import ResourceState
from rehearsal.engine.urn import package_of
from rehearsal.engine.values import Properties, from_struct, to_struct

__all__ = ["FEATURES", "EngineService", "MonitorService"]

_GET_RESOURCE = "pulumi:pulumi:getResource"

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
)
"""What the SDK may ask of this engine; the rest (transforms, error hooks, parameterised packages) it then refuses."""

_FEATURE_IDS = {
    resource_pb2.ResourceMonitorFeature.Name(feature).removeprefix("RESOURCE_MONITOR_FEATURE_").replace("_", "").lower()
    for feature in FEATURES
}
"""The same for an SDK that asks for them one by one: the one for Node.js says `deletedWith`."""

_Answer = TypeVar("_Answer")


class MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    """Pulumi's ResourceMonitor: what a program registers, reads and invokes."""

    def __init__(self, deployment: Deployment, info: resource_pb2.DeploymentInfo, engine: "EngineService") -> None:
        self._deployment = deployment
        self._run = deployment.run
        self._info = info
        self.services = Services(self, engine)
        self.ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        """Gets 0 as soon as the program has no more to register."""
        self.finished = threading.Event()
        """Lets the program exit, which waits for the hooks of deletions."""

    def _answer(self, context: grpc.ServicerContext, work: Callable[[], _Answer]) -> _Answer:
        """Do the work; a failure of the run reaches the program as the monitor's end, as in Pulumi."""
        try:
            return work()
        except StoppedError:
            context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")
        except RefusalError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except BlueGreenError as error:
            self._run.fail(str(error))
            context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")

    @override
    def GetDeploymentInfo(self, request: Empty, context: grpc.ServicerContext) -> resource_pb2.DeploymentInfo:
        return self._info

    @override
    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest, context: grpc.ServicerContext
    ) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id.lower() in _FEATURE_IDS)

    @override
    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        return self._answer(context, lambda: self._register(Goal.of(request)))

    def _register(self, goal: Goal) -> resource_pb2.RegisterResourceResponse:
        if goal.remote:
            return construct(self._deployment, goal, self._info, self.services)
        state = self._deployment.register(goal)
        # A local component's former outputs may refer to resources that are not registered yet.
        outputs = state.outputs if goal.custom else {}
        return resource_pb2.RegisterResourceResponse(urn=state.urn, id=state.id, object=to_struct(outputs))

    @override
    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> Empty:
        outputs = from_struct(request.outputs)
        self._answer(context, lambda: self._deployment.register_outputs(request.urn, outputs))
        return Empty()

    @override
    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        def read() -> resource_pb2.ReadResourceResponse:
            state = self._deployment.read(Goal.of_read(request), request.id)
            return resource_pb2.ReadResourceResponse(urn=state.urn, id=state.id, properties=to_struct(state.outputs))

        return self._answer(context, read)

    @override
    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        return self._answer(context, lambda: self._invoke(request))

    def _invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        self._run.go_on()
        args = from_struct(request.args)
        provider = request.provider or self._deployment.default_provider(package_of(request.tok), request.version)
        if request.tok == _GET_RESOURCE:
            return _response(_described(self._deployment.lookup(str(args["urn"]))))
        if self._deployment.awaits(request.dependsOn):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        result, failed = self._run.registry.get(provider).invoke(request.tok, args, preview=self._run.preview)
        return _response(result, failed)

    @override
    def RegisterResourceHook(
        self, request: resource_pb2.RegisterResourceHookRequest, context: grpc.ServicerContext
    ) -> Empty:
        self._answer(context, lambda: self._run.hooks.register(request))
        return Empty()

    @override
    def SignalAndWaitForShutdown(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        self.ended.put(0)
        self.finished.wait()
        return Empty()


def _described(state: ResourceState) -> Properties:
    return {"urn": state.urn, "id": state.id, "provider": state.provider, "state": state.outputs}


def _response(
    result: Properties, failed: Iterable[provider_pb2.CheckFailure] = ()
) -> resource_pb2.ResourceInvokeResponse:
    response = resource_pb2.ResourceInvokeResponse(failures=failed)
    getattr(response, "return").CopyFrom(to_struct(result))
    return response


_SEVERITIES: dict[engine_pb2.LogSeverity.ValueType, Severity] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


class EngineService(engine_pb2_grpc.EngineServicer):
    """Pulumi's Engine: where programs and providers log; debug lines are dropped."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._root = ""

    @override
    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> Empty:
        severity = _SEVERITIES.get(request.severity)
        # Once the run has failed, an error of the program only says that its engine has gone.
        echo = severity == "error" and self._run.stopped
        if severity and not request.ephemeral and not echo:
            self._run.report(severity, request.message, request.urn)
        return Empty()

    @override
    def GetRootResource(
        self, request: engine_pb2.GetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.GetRootResourceResponse:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    @override
    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    @override
    def RequirePulumiVersion(
        self, request: engine_pb2.RequirePulumiVersionRequest, context: grpc.ServicerContext
    ) -> engine_pb2.RequirePulumiVersionResponse:
        return engine_pb2.RequirePulumiVersionResponse()
