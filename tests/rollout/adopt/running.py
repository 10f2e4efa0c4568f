"""What a team runs today, made by raw calls on an embedded AWS, for the command to find."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from infra.config import StackConfig, parse
from rehearsal.as_is import AsIs, Made, build
from rehearsal.aws import EmbeddedAws
from rehearsal.furnish import furnish
from rehearsal.stack_file import flatten

HOST, ZONE = "dkms.dev.example.cn", "Z0DEV"
CERTIFICATE = "arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d"
SETTINGS: Mapping[str, Any] = {
    "aws:region": "cn-north-1",
    "dkms:topology": "shared-nlb",
    "dkms:active": "blue",
    "dkms:clusters": {"blue": {"existing": "dkms-old"}},
    "dkms:entry": {
        "host": HOST,
        "certificateArn": CERTIFICATE,
        "clientCidrs": ["10.0.0.0/8"],
        "operatorCidrs": ["10.9.0.0/16"],
        "zone": {"name": "dev.example.cn", "id": ZONE},
    },
    "dkms:network": {
        "vpcId": "vpc-0a1b",
        "subnets": {"cn-north-1a": {"private": "subnet-0a"}, "cn-north-1b": {"private": "subnet-0b"}},
    },
}
"""Where it runs; of this only what the network, the zone and the cluster are made from is ever seen by the command."""
GIVEN = ("--host", HOST, "--region", "cn-north-1", "--clients", "10.0.0.0/8", "--operators", "10.9.0.0/16")


def place() -> StackConfig:
    return parse(flatten(SETTINGS, "what runs"), "what runs")


@contextmanager
def running(spec: AsIs | None = None) -> Iterator[tuple[EmbeddedAws, Made]]:
    config = place()
    with EmbeddedAws.start(config.region) as aws:
        furnish(aws, config)
        made = build(aws, config, spec or AsIs(), "dkms-old")
        aws.advance(600)
        yield aws, made
