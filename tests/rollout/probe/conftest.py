from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from rehearsal.aws import EmbeddedAws
from rehearsal.aws.client import GATES
from tests.rollout.adopt.running import running

EVERYTHING: JsonValue = {"Statement": [{"Sid": "All", "Action": ["*"], "Resource": ["*"]}]}


@pytest.fixture(scope="module")
def region() -> Iterator[EmbeddedAws]:
    with running() as (aws, _):
        yield aws


@pytest.fixture
def aws(region: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    for key, value in region.environment().items():
        monkeypatch.setenv(key, value)
    yield region
    region.trouble(None)
    region.allow(GATES, EVERYTHING)
