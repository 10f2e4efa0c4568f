import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from components.gates.reading import GateError, Reader

DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": "not authorized to perform: cloudwatch:DescribeAlarms"}},
    "DescribeAlarms",
)


class Refusing:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def call(**_: object) -> None:
            raise self._error

        return call


@pytest.mark.parametrize("error", [DENIED, NoCredentialsError()])
def test_what_aws_refuses_is_one_line_that_says_what_is_needed(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "_client", lambda *_: Refusing(error))
    reader = Reader("cn-north-1")
    for read in (
        lambda: reader.alarms(["a"]),
        lambda: reader.targets("arn"),
        lambda: reader.forward("arn"),
        lambda: reader.records("Z1", "a.example.cn"),
    ):
        with pytest.raises(GateError) as told:
            read()
        assert str(told.value).startswith(f"{error}; the gates need elasticloadbalancing:Describe*, ")
        assert "\n" not in str(told.value)


class Names:
    """CloudWatch, as far as it takes names."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def describe_alarms(self, AlarmNames: list[str], MaxRecords: int) -> dict[str, Any]:  # noqa: N803
        assert len(AlarmNames) <= MaxRecords == 100
        self.asked.append(AlarmNames)
        return {"MetricAlarms": [{"AlarmName": name, "StateValue": "OK"} for name in AlarmNames]}


def test_alarms_are_asked_for_a_hundred_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    names, cloudwatch = [f"alarm-{number}" for number in range(250)], Names()
    monkeypatch.setattr(Reader, "_client", lambda *_: cloudwatch)
    assert [each.name for each in Reader("cn-north-1").alarms(names)] == names
    assert [len(page) for page in cloudwatch.asked] == [100, 100, 50]


def test_a_reader_has_one_client_of_each_service_which_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Session:
        def __init__(self, **_: object) -> None:
            """Whatever the region and the profile."""

        def client(self, *_: object, **__: object) -> Names:
            client = Names()
            made.append(weakref.ref(client))
            return client

    def ask_at_once() -> None:
        reader = Reader("cn-north-1")
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda _: reader.alarms(["a"]), range(8)))

    monkeypatch.setattr(boto3, "Session", Session)
    ask_at_once()
    assert len(made) == 1
    gc.collect()
    assert made[0]() is None
