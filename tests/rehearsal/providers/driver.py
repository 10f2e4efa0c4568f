"""Speaks to a provider as an engine does, over gRPC, one resource at a time."""

import json
from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rehearsal.providers.values import Props, properties, props


@dataclass(frozen=True)
class Diff:
    changed: list[str]
    replaces: list[str]
    paths: dict[str, str]
    delete_before_replace: bool


class Instance:
    """One provider instance of an engine: a connection of its own, configured once."""

    def __init__(self, port: int, **config: Any) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.configured = self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(config)))

    def close(self) -> None:
        self._channel.close()

    def resource(self, token: str, name: str, *, seed: bytes = b"") -> "Resource":
        return Resource(self.stub, f"urn:pulumi:s::p::{token}::{name}", seed)

    def create(self, token: str, name: str, /, **inputs: Any) -> "Resource":
        resource = self.resource(token, name)
        resource.create(**inputs)
        return resource

    def invoke(self, token: str, **args: Any) -> Props:
        reply = self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=struct(args)))
        return plain(getattr(reply, "return"))


@dataclass
class Resource:
    stub: Any
    urn: str
    seed: bytes
    id: str = ""
    inputs: Props = field(default_factory=dict)
    state: Props = field(default_factory=dict)

    def check(self, **inputs: Any) -> Props:
        reply = self.stub.Check(
            provider_pb2.CheckRequest(urn=self.urn, olds=struct(self.inputs), news=struct(inputs), randomSeed=self.seed)
        )
        if reply.failures:
            raise ValueError("; ".join(f"{failure.property}: {failure.reason}" for failure in reply.failures))
        return plain(reply.inputs)

    def preview(self, **inputs: Any) -> Props:
        properties_ = struct(self.check(**inputs))
        reply = self.stub.Create(provider_pb2.CreateRequest(urn=self.urn, properties=properties_, preview=True))
        return plain(reply.properties)

    def create(self, **inputs: Any) -> Props:
        self.inputs = self.check(**inputs)
        reply = self.stub.Create(provider_pb2.CreateRequest(urn=self.urn, properties=struct(self.inputs)))
        self.id, self.state = reply.id, plain(reply.properties)
        return self.state

    def diff(self, **inputs: Any) -> Diff:
        news = self.check(**inputs)
        reply = self.stub.Diff(
            provider_pb2.DiffRequest(
                id=self.id,
                urn=self.urn,
                olds=struct(self.state),
                old_inputs=struct(self.inputs),
                news=struct(news),
            )
        )
        kind = provider_pb2.PropertyDiff.Kind.Name
        paths = {path: kind(change.kind) for path, change in sorted(reply.detailedDiff.items())}
        assert (reply.changes == provider_pb2.DiffResponse.DIFF_SOME) == bool(reply.diffs)
        return Diff(list(reply.diffs), list(reply.replaces), paths, reply.deleteBeforeReplace)

    def update(self, *, preview: bool = False, **inputs: Any) -> Props:
        news = self.check(**inputs)
        reply = self.stub.Update(
            provider_pb2.UpdateRequest(
                id=self.id,
                urn=self.urn,
                olds=struct(self.state),
                old_inputs=struct(self.inputs),
                news=struct(news),
                preview=preview,
            )
        )
        if not preview:
            self.inputs, self.state = news, plain(reply.properties)
        return plain(reply.properties)

    def read(self) -> Props | None:
        """Refresh; the inputs as AWS has them now, or None where the resource is gone."""
        reply = self.stub.Read(
            provider_pb2.ReadRequest(
                id=self.id, urn=self.urn, properties=struct(self.state), inputs=struct(self.inputs)
            )
        )
        return plain(reply.inputs) if reply.id else None

    def adopt(self, id_: str) -> Props:
        """Read it as an import does, with nothing but its id."""
        reply = self.stub.Read(provider_pb2.ReadRequest(id=id_, urn=self.urn))
        self.id, self.state, self.inputs = reply.id, plain(reply.properties), plain(reply.inputs)
        return self.state

    def delete(self) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=self.id, urn=self.urn, properties=struct(self.state)))


def struct(values: Props) -> Any:
    return PropertyValue.marshal_map(properties(values))


def plain(values: Any) -> Props:
    return props(PropertyValue.unmarshal_map(values))


def policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
