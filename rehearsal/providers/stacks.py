"""The `pulumi` provider as far as a program meets it: outputs of other stacks, which the Pulumi CLI reads itself."""

import json
from collections.abc import Mapping

from pulumi.provider.experimental import provider as sdk
from pydantic import JsonValue
from typing_extensions import override

from rehearsal.providers.errors import ProviderError
from rehearsal.providers.kubernetes.held import Store
from rehearsal.providers.values import Props, properties

__all__ = ["StackProvider", "publish"]


def publish(store: Store, stack: str, outputs: Mapping[str, JsonValue]) -> None:
    """Let a stack by its full name have been deployed, with these outputs."""
    store.keep(_document(stack), json.dumps(outputs).encode())


class StackProvider(sdk.Provider):
    """Answers a `StackReference`; a resource that a reference stands for the engine looks up itself."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @override
    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        return sdk.ConfigureResponse(supports_preview=True)

    @override
    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        outputs = self._store.document(_document(request.resource_id))
        if not outputs:
            raise ProviderError(f"unknown stack {request.resource_id!r}")
        found: Props = {"name": request.resource_id, "outputs": json.loads(outputs), "secretOutputNames": []}
        return sdk.ReadResponse(request.resource_id, properties(found), request.inputs)


def _document(stack: str) -> str:
    return f"outputs of {stack}"
