import pytest

from rehearsal.report.figures import Figures
from rehearsal.report.page import render
from rehearsal.traffic.recording import Recording
from tests.rehearsal.report.recordings import TOPOLOGIES, recording


@pytest.fixture(scope="session")
def recordings() -> list[Recording]:
    return [recording(topology) for topology in TOPOLOGIES]


@pytest.fixture(scope="session")
def figures(recordings: list[Recording]) -> list[Figures]:
    return [Figures(each) for each in recordings]


@pytest.fixture(scope="session")
def failing() -> Recording:
    return recording("shared-nlb", failing=True)


@pytest.fixture(scope="session")
def page(recordings: list[Recording]) -> str:
    return render(recordings)
