"""One entry behind each topology, for the tests of components."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from components.bluegreen import BlueGreen, BlueGreenArgs, Placement
from components.gates.model import GateSettings
from components.model import AccessLogs, Entry, Service, Zone
from components.traffic import Colour, Weights
from tests.recording import Recording, Registered, record

BLUE, GREEN = Colour.BLUE, Colour.GREEN
CERTIFICATE = "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d"
CLIENTS, OPERATORS = IPv4Network("10.0.0.0/8"), IPv4Network("10.1.0.0/16")


def entry(**changes: Any) -> Entry:
    given: dict[str, Any] = {
        "host": "dkms.example.cn",
        "certificate_arn": CERTIFICATE,
        "client_cidrs": (CLIENTS,),
        "operator_cidrs": (OPERATORS,),
        "zone": Zone(name="example.cn"),
    }
    return Entry(**given | changes)


def arguments(
    colours: tuple[Colour, ...] = (BLUE, GREEN),
    green: int = 0,
    services: Mapping[str, Service] | None = None,
    **more: Any,
) -> BlueGreenArgs:
    given: dict[str, Any] = {
        "entry": entry(),
        "placement": Placement(
            vpc_id="vpc-1", nlb_subnet_ids=["subnet-1", "subnet-2"], alb_subnet_ids=["subnet-1", "subnet-2"]
        ),
        "zone_id": "Z1",
        "gates": GateSettings().resolve("cn-north-1", prod=True),
        "access_logs": AccessLogs(bucket="logs"),
        "tags": {"Team": "dkms"},
    }
    return BlueGreenArgs(
        colours=colours,
        weights=Weights(blue=100 - green, green=green),
        services=services or {"dkms": Service()},
        **given | more,
    )


_built: dict[str, Recording] = {}


def built(topology: type[BlueGreen], *args: Any, preview: bool = False, **kwargs: Any) -> Recording:
    """A recording of the topology with `arguments(...)`; the same one for the same arguments."""
    key = repr((topology, args, preview, kwargs))
    if key not in _built:
        _built[key] = record(lambda: topology("dkms", arguments(*args, **kwargs)), preview=preview)
    return _built[key]


def forwarded(action_of: Registered) -> dict[str, int]:
    """Name and weight of the target groups that a listener's default action, or a rule, forwards to."""
    (action,) = action_of.inputs["defaultActions" if action_of.kind == "Listener" else "actions"]
    assert set(action) == {"type", "forward"}
    return {group["arn"].rpartition("/")[2]: group["weight"] for group in action["forward"]["targetGroups"]}


def part(whole: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """Of a resource's inputs, the keys that an expectation is about; a key that is missing stays so."""
    return {key: whole[key] for key in like if key in whole}
