import pytest

from components.errors import ConfigError
from components.gates.model import Healthy, Thresholds
from infra.config import parse
from tests.infra.settings import config, settings


@pytest.mark.parametrize(
    ("prod", "bake", "first_step"),
    [(True, 600, 25), (False, 300, 100)],
)
def test_the_defaults_of_an_environment(prod: bool, bake: int, first_step: int) -> None:
    gates = config().gates.resolve("cn-north-1", prod=prod)
    assert (gates.bake, gates.first_step, gates.silence_fails) == (bake, first_step, True)
    assert (gates.region, gates.profile) == ("cn-north-1", None)
    assert (gates.healthy, gates.thresholds) == (Healthy(per_zone=1, share=50), Thresholds())


def test_what_a_stack_says_counts_in_every_environment() -> None:
    said = {
        "bake": "30m",
        "firstStep": 60,
        "silence": "passes",
        "healthy": {"perZone": 2, "share": 0},
        "alarms": {"errors": 0.1, "latency": 0.25, "unhealthy": 1},
    }
    for prod in (True, False):
        gates = config({"dkms:gates": said}).gates.resolve("cn-north-1", prod=prod, profile="prod")
        assert (gates.bake, gates.first_step, gates.silence_fails, gates.profile) == (1800, 60, False, "prod")
        assert gates.healthy == Healthy(per_zone=2, share=0)
        assert gates.thresholds == Thresholds(errors=0.1, latency=0.25, unhealthy=1)


@pytest.mark.parametrize(
    ("given", "seconds"), [(0, 0), ("0", 0), (180, 180), ("600", 600), ("200s", 200), ("10m", 600), ("2h", 7200)]
)
def test_a_bake_is_in_seconds_or_says_its_unit(given: object, seconds: int) -> None:
    assert config({"dkms:gates": {"bake": given}}).gates.resolve("cn-north-1", prod=True).bake == seconds


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ("10m", "gates: 10m is not a mapping; write {key: value}"),
        ({"bakes": 600}, "gates.bakes: is unknown; did you mean bake?"),
        ({"bake": "ten minutes"}, "gates.bake: ten minutes is not a time; write seconds, such as 600, or 10m"),
        ({"bake": True}, "gates.bake: true is not a time; write seconds, such as 600, or 10m"),
        ({"bake": 1.5}, "gates.bake: 1.5 is not a whole number"),
        ({"bake": -1}, "gates.bake: -1 is too small; at least 0"),
        ({"bake": "7h"}, "gates.bake: 7h is too large; at most 21600"),
        ({"bake": 60}, "gates.bake: 60 s is over before metrics arrive; give at least 180, or 0 to watch none"),
        ({"firstStep": 0}, "gates.firstStep: 0 is too small; at least 1"),
        ({"firstStep": 101}, "gates.firstStep: 101 is too large; at most 100"),
        ({"firstStep": "all"}, "gates.firstStep: all is not a whole number"),
        ({"silence": "maybe"}, "gates.silence: maybe is unknown; write fails or passes"),
        ({"silence": True}, "gates.silence: true is unknown; write fails or passes"),
        ({"healthy": 1}, "gates.healthy: 1 is not a mapping; write {key: value}"),
        ({"healthy": {"zone": 1}}, "gates.healthy.zone: is unknown; the keys here are perZone, share"),
        ({"healthy": {"perZone": -1}}, "gates.healthy.perZone: -1 is too small; at least 0"),
        ({"healthy": {"share": 101}}, "gates.healthy.share: 101 is too large; at most 100"),
        ({"alarms": []}, "gates.alarms: [] is not a mapping; write {key: value}"),
        ({"alarms": {"errors": 100}}, "gates.alarms.errors: 100 is too large; less than 100"),
        ({"alarms": {"errors": "few"}}, "gates.alarms.errors: few is not a number"),
        ({"alarms": {"latency": 0}}, "gates.alarms.latency: 0 is too small; more than 0"),
        ({"alarms": {"unhealthy": -1}}, "gates.alarms.unhealthy: -1 is too small; at least 0"),
        ({"alarms": {"error": 1}}, "gates.alarms.error: is unknown; did you mean errors?"),
    ],
)
def test_gates_that_mean_nothing_are_refused(gates: object, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(settings({"dkms:gates": gates}), "Pulumi.test.yaml")
    assert str(error.value) == f"Pulumi.test.yaml: dkms:{expected}"
