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


@pytest.mark.parametrize(("green", "refused"), [(0, False), (10, True)])
def test_a_colour_with_traffic_stays_in_its_cluster(green: int, refused: bool) -> None:
    traffic = {"dkms:topology": "route53", "dkms:weights": {"blue": 100 - green, "green": green}}
    before, after = config(traffic), config(traffic | {"dkms:clusters.green": {"clusterOf": "blue"}})
    for found in (not_in_one_update(before, after), not_in_one_update(after, before)):
        assert [key for key, _ in found] == (["clusters.green.clusterOf"] if refused else [])
