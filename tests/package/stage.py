"""An example on an engine with the package's provider, in an embedded AWS that has the network it asks for."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ruamel.yaml

from package.provider import BlueGreenProvider
from rehearsal.aws import Call, EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Engine, Result
from rehearsal.engine.real import PulumiEngine
from rehearsal.oracle import Probe
from rehearsal.providers import Providers

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/yaml/Pulumi.yaml"
PROGRAM = Path(__file__).parent / "program"
REGION = "cn-north-1"
YAML = ruamel.yaml.YAML(typ="safe")
KEYS = Probe(service="keys", entry="keys.example.cn", port=8443)


def network(aws: EmbeddedAws) -> dict[str, str]:
    """A VPC with a subnet in two zones, and a hosted zone: the configuration of an example."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, AvailabilityZone=f"{REGION}{zone}", CidrBlock=f"10.0.{place * 16}.0/20")
        for place, zone in enumerate("ab")
    ]
    ids = [made["Subnet"]["SubnetId"] for made in subnets]
    place = {"VPCRegion": REGION, "VPCId": vpc}
    made_zone = aws.client("route53").create_hosted_zone(Name="example.cn", CallerReference="keys", VPC=place)
    zone = made_zone["HostedZone"]["Id"].rpartition("/")[2]
    return {"aws:region": REGION, "keys:vpcId": vpc, "keys:zoneId": zone, "keys:subnetIds": json.dumps(ids)}


class Stage:
    """Runs the example, with changes."""

    def __init__(self, aws: EmbeddedAws, engine: Engine, file: Path) -> None:
        self.aws, self._engine, self._file = aws, engine, file
        self._config = network(aws)
        self.program: dict[str, Any] = YAML.load(EXAMPLE.read_text(encoding="utf-8"))

    @property
    def traffic(self) -> dict[str, Any]:
        return self.program["resources"]["traffic"]["properties"]

    def preview(self) -> Result:
        return self._engine.preview(self._written())

    def up(self) -> Result:
        return self._engine.up(self._written())

    def destroy(self) -> Result:
        return self._engine.destroy()

    def to(self, blue: int, green: int) -> tuple[Result, list[Call]]:
        """Shift; returns what became of it, and the mutating calls that it made."""
        self.traffic["weights"] = {"blue": blue, "green": green}
        calls = self.aws.calls()
        result = self.up()
        return result, self.aws.calls(len(calls))

    def _written(self) -> Mapping[str, str]:
        self._file.write_text(json.dumps(self.program), encoding="utf-8")  # JSON is YAML
        return self._config

    def shares(self) -> dict[str, float]:
        (probe,) = self.aws.ask([KEYS]).probes
        assert probe.lost == 0, probe.reasons
        return probe.shares

    def pods(self, colour: str) -> list[str]:
        return [at for at, pod in self.aws.snapshot().pods.items() if pod.colour == colour]

    def settle(self) -> None:
        self.aws.advance(600)


@contextmanager
def staged(engine: str, directory: Path) -> Iterator[Stage]:
    file = directory / "program.yaml"
    with EmbeddedAws.start(REGION) as aws, Providers(aws, {"bluegreen": BlueGreenProvider}) as providers:
        environment = {**aws.environment(), "YAML_PROGRAM": str(file), "PYTHONPATH": str(ROOT)}
        if engine == "embedded":
            yield Stage(aws, EmbeddedEngine("keys", "dev", PROGRAM, providers.ports, environment=environment), file)
            return
        with PulumiEngine("keys", "dev", PROGRAM, providers.ports, environment=environment) as pulumi:
            yield Stage(aws, pulumi, file)
