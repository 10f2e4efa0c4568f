from collections.abc import Iterator

import pytest

from rehearsal.aws import EmbeddedAws
from tests.rehearsal.aws.stage import Stage


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws.start("cn-north-1") as embedded:
        yield embedded


@pytest.fixture
def stage(aws: EmbeddedAws) -> Stage:
    """A VPC of its own for every test."""
    return Stage(aws)
