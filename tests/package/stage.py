"""An example on an engine with the package's provider, in an embedded AWS that has the network it asks for."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ruamel.yaml
from typing_extensions import override

from package.provider import BlueGreenProvider
from rehearsal.aws import Call, EmbeddedAws
from rehearsal.engine import EmbeddedEngine, Engine, Result
from rehearsal.engine.program import Host, start
from rehearsal.engine.real import PulumiEngine
from rehearsal.generated import load
from rehearsal.oracle import Probe
from rehearsal.providers import Providers

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/yaml/Pulumi.yaml"
PROGRAM = Path(__file__).parent / "program"
REGION = "cn-north-1"
YAML = ruamel.yaml.YAML(typ="safe")


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


class Stage(ABC):
    """Runs an example, with changes."""

    port: int
    """Of its entry."""

    def __init__(self, aws: EmbeddedAws, engine: Engine) -> None:
        self.aws, self._engine = aws, engine
        self._config = network(aws)

    @abstractmethod
    def write(self) -> None:
        """Put the program where the engine runs it."""

    @abstractmethod
    def weigh(self, blue: int, green: int) -> None:
        """Change the weights in the program."""

    def preview(self) -> Result:
        self.write()
        return self._engine.preview(self._config)

    def up(self) -> Result:
        self.write()
        return self._engine.up(self._config)

    def created(self) -> Result:
        """Make all of it, as a preview without a call has said."""
        calls = len(self.aws.calls())
        previewed = self.preview()
        assert previewed.error is None
        assert len(self.aws.calls()) == calls
        made = self.up()
        assert made.error is None
        assert {step.urn for step in made.steps} == {step.urn for step in previewed.steps}
        return made

    def destroy(self) -> Result:
        return self._engine.destroy()

    def to(self, blue: int, green: int) -> tuple[Result, list[Call]]:
        """Shift; returns what became of it, and the mutating calls that it made."""
        self.weigh(blue, green)
        calls = self.aws.calls()
        result = self.up()
        return result, self.aws.calls(len(calls))

    def shares(self) -> dict[str, float]:
        (probe,) = self.aws.ask([Probe(service="keys", entry="keys.example.cn", port=self.port)]).probes
        assert probe.lost == 0, probe.reasons
        return probe.shares

    def pods(self, colour: str) -> list[str]:
        return [at for at, pod in self.aws.snapshot().pods.items() if pod.colour == colour]

    def settle(self) -> None:
        self.aws.advance(600)


class YamlStage(Stage):
    """The example in YAML."""

    port = 8443

    def __init__(self, aws: EmbeddedAws, engine: Engine, file: Path) -> None:
        super().__init__(aws, engine)
        self._file = file
        self.program: dict[str, Any] = YAML.load(EXAMPLE.read_text(encoding="utf-8"))

    @property
    def traffic(self) -> dict[str, Any]:
        return self.program["resources"]["traffic"]["properties"]

    @override
    def write(self) -> None:
        self._file.write_text(json.dumps(self.program), encoding="utf-8")  # JSON is YAML

    @override
    def weigh(self, blue: int, green: int) -> None:
        self.traffic["weights"] = {"blue": blue, "green": green}


@contextmanager
def running(
    engine: str, program: Path, *, environment: Mapping[str, str], host: Host = start, runtime: str = "python"
) -> Iterator[tuple[EmbeddedAws, Engine]]:
    load()
    with (
        EmbeddedAws.start(REGION) as aws,
        Providers(aws, {"bluegreen": BlueGreenProvider()}) as providers,
        patch.dict(os.environ, aws.environment()),  # gates of the package's provider read AWS from here,
        patch("boto3.DEFAULT_SESSION", None),  # and boto3 keeps what it has read
    ):
        environment = {**aws.environment(), **environment}
        if engine == "embedded":
            yield aws, EmbeddedEngine("keys", "dev", program, providers.packages, environment=environment, host=host)
            return
        with PulumiEngine("keys", "dev", program, providers.ports, environment=environment, runtime=runtime) as pulumi:
            yield aws, pulumi


@contextmanager
def staged(engine: str, directory: Path) -> Iterator[YamlStage]:
    file = directory / "program.yaml"
    environment = {"YAML_PROGRAM": str(file), "PYTHONPATH": str(ROOT)}
    with running(engine, PROGRAM, environment=environment) as (aws, pulumi):
        yield YamlStage(aws, pulumi, file)
