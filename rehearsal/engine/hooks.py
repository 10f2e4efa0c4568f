"""Resource hooks: functions of the program that the engine calls before and after an operation."""

import json
import threading
from dataclasses import dataclass
from typing import cast

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from rehearsal.engine.calls import RefusalError, call
from rehearsal.engine.urn import Urn
from rehearsal.engine.values import Properties, to_struct

__all__ = ["Hooks", "Subject"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a hook is told. None where a side does not exist: there is no old one before a create."""

    urn: Urn
    id: str
    new_inputs: Properties | None = None
    old_inputs: Properties | None = None
    new_outputs: Properties | None = None
    old_outputs: Properties | None = None


class Hooks:
    """The hooks that the program has registered in this run, by name."""

    def __init__(self, *, preview: bool) -> None:
        self._preview = preview
        self._hooks: dict[str, resource_pb2.RegisterResourceHookRequest] = {}
        self._channels: dict[str, grpc.Channel] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Hang up on the program."""
        for channel in self._channels.values():
            channel.close()

    def register(self, hook: resource_pb2.RegisterResourceHookRequest) -> None:
        """Take note of a hook; names are unique in a program."""
        with self._lock:
            if hook.name in self._hooks:
                raise RefusalError(f"resource hook already registered for name {json.dumps(hook.name)}")
            self._hooks[hook.name] = hook

    def run(self, names: list[str], kind: str, subject: Subject) -> list[str]:
        """Call hooks in order, in a preview only those that ask for it.

        Returns a warning for each failure that its hook declares harmless. Raises RefusalError for any other; the
        hooks after it are not called.
        """
        warnings = list[str]()
        for name in names:
            hook = self._hooks.get(name)
            if hook is None:
                raise RefusalError(f"hook {json.dumps(name)} was not registered")
            if self._preview and not hook.on_dry_run:
                continue
            if error := self._call(hook, subject):
                if not hook.ignore_errors:
                    when = kind.partition("_")[0]
                    raise RefusalError(f"{when} hook {json.dumps(name)} failed: {error}")
                warnings.append(f"{kind} hook {json.dumps(name)} failed: {error}")
        return warnings

    def _call(self, hook: resource_pb2.RegisterResourceHookRequest, subject: Subject) -> str:
        request = resource_pb2.ResourceHookRequest(
            urn=subject.urn,
            id=subject.id,
            name=subject.urn.name,
            type=subject.urn.type,
            new_inputs=_struct(subject.new_inputs),
            old_inputs=_struct(subject.old_inputs),
            new_outputs=_struct(subject.new_outputs),
            old_outputs=_struct(subject.old_outputs),
        )
        callback = cast("callback_pb2.Callback", hook.callback)  # a type the SDK leaves open
        stub = callback_pb2_grpc.CallbacksStub(self._channel(callback.target))
        answer = call(
            stub,
            "Invoke",
            callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString()),
            callback_pb2.CallbackInvokeResponse,
        )
        return resource_pb2.ResourceHookResponse.FromString(answer.response).error

    def _channel(self, target: str) -> grpc.Channel:
        with self._lock:
            if target not in self._channels:
                self._channels[target] = grpc.insecure_channel(target)
            return self._channels[target]


def _struct(properties: Properties | None) -> Struct | None:
    return None if properties is None else to_struct(properties)
