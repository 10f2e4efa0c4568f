"""Runs the same program text on both engines, and on the embedded one in its own process, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine import EmbeddedEngine, inline
from rehearsal.engine.program import start
from rehearsal.engine.real import PulumiEngine
from rehearsal.providers.server import ProviderServer

from .harness import ENGINES, Stack
from .things import Things


@pytest.fixture(params=["inline", *ENGINES])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    things = Things()
    program = tmp_path / "program"
    program.mkdir()
    root = str(Path(__file__).parents[3])
    packages = {"test": things, "pulumi": Things()}
    if request.param != "pulumi":
        host = inline.start if request.param == "inline" else start
        yield Stack(EmbeddedEngine("p", "s", program, packages, host=host), program, things)
        return
    with (
        ProviderServer(packages) as server,
        PulumiEngine("p", "s", program, server.ports, environment={"PYTHONPATH": root}) as engine,
    ):
        yield Stack(engine, program, things)
