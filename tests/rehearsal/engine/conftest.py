"""Runs the same program text on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine import EmbeddedEngine
from rehearsal.engine.real import PulumiEngine, pulumi_on_path
from rehearsal.providers.server import ProviderServer

from .harness import Stack
from .things import Things

ENGINES = [
    "embedded",
    pytest.param(
        "pulumi",
        marks=[
            pytest.mark.real_pulumi,
            pytest.mark.skipif(not pulumi_on_path(), reason="pulumi is not on PATH"),
        ],
    ),
]


@pytest.fixture(params=ENGINES)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    things = Things()
    program = tmp_path / "program"
    program.mkdir()
    root = str(Path(__file__).parents[3])
    with ProviderServer({"test": things}) as server:
        if request.param == "embedded":
            yield Stack(EmbeddedEngine("p", "s", program, server.ports), program, things)
        else:
            environment = {"PYTHONPATH": root}
            with PulumiEngine("p", "s", program, server.ports, environment=environment) as engine:
                yield Stack(engine, program, things)
