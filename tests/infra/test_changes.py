import pytest

from infra.changes import not_in_one_update
from tests.infra.settings import config


def changed(before: dict[str, object], after: dict[str, object]) -> list[str]:
    found = not_in_one_update(config({"dkms:services": before}), config({"dkms:services": after}))
    return [f"{key}: {text.partition(';')[0]}" for key, text in found]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"dkms": {"port": 9000}}, ["services.dkms.port: 8080 → 9000"]),
        ({"dkms": {"namespace": "keys"}}, ["services.dkms.namespace: default → keys"]),
        (
            {"dkms": {"namespace": "keys", "port": 9000}},
            ["services.dkms.port: 8080 → 9000", "services.dkms.namespace: default → keys"],
        ),
        ({"dkms": {"port": 8080, "namespace": "default", "healthPath": "/ready"}}, []),
        ({"keys": {"port": 9000, "namespace": "keys"}}, []),
    ],
)
def test_new_pods_of_a_service_come_by_another_service(after: dict[str, object], expected: list[str]) -> None:
    why = " takes its pods out of traffic before the new ones are healthy"
    assert changed({"dkms": {}}, after) == [f"{change}{why}" for change in expected]


def test_the_way_out_is_told() -> None:
    ((_, text),) = not_in_one_update(config(), config({"dkms:services": {"dkms": {"port": 9000}}}))
    assert text.endswith(
        "add a service of another name with port 9000 and a host of its own, give it the hosts of dkms in a later "
        "update, and then remove dkms"
    )
