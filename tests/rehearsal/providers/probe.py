"""A provider of which tests ask what others never do."""

import asyncio
import threading

from pulumi.provider.experimental import provider as sdk
from typing_extensions import override

from components.errors import BlueGreenError
from rehearsal.providers.loops import peer
from rehearsal.providers.servicer import UpdateRequest


class Probe(sdk.Provider):
    """Creates what is told by its name."""

    def __init__(self) -> None:
        self.meeting = threading.Barrier(8, timeout=10)
        self.begun, self.given_up = threading.Event(), threading.Event()

    @override
    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        match request.name:
            case "refused":
                raise BlueGreenError("no such thing; ask for another")
            case "broken":
                raise ValueError("a defect")
            case "together":
                self.meeting.wait()
            case "endless":
                self.begun.set()
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    self.given_up.set()
                    raise
        await asyncio.sleep(0)
        return sdk.CreateResponse(peer(), request.properties)

    @override
    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        if request.name == "refused":
            raise BlueGreenError("no such change")
        return sdk.DiffResponse(changes=None)

    @override
    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        assert isinstance(request, UpdateRequest)
        return sdk.UpdateResponse(request.old_inputs)
