"""The rehearsal's side of the embedded AWS: starts the process, and talks to it."""

from __future__ import annotations

import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config
from pydantic import BaseModel, JsonValue
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

from components.errors import BlueGreenError
from rehearsal.aws import wire
from rehearsal.aws.checkpoints import WAKE
from rehearsal.aws.wire import Call, Checkpoint, Followed, Trouble
from rehearsal.oracle import Probe, Verdict
from rehearsal.oracle.state import Pod, Snapshot

__all__ = ["CONTROLLER", "DEPLOY", "GATES", "EmbeddedAws"]

DEPLOY, GATES, CONTROLLER = "deploy", "gates", "controller"
"""Callers, by their access key ids: Pulumi's provider of AWS, the program itself, the controller in a cluster."""


class EmbeddedAws:
    """An AWS region of China in a process of its own, on loopback, without an account.

    Its account is 123456789012, its partition aws-cn. The process ends with this one, whatever
    ends it. Model time starts at 0 and moves by `advance`, and by itself only with a `speed`.
    """

    def __init__(
        self,
        port: int,
        region: str,
        *,
        process: subprocess.Popen[str] | None = None,
        speed: float = 0,
        epoch: float = 0,
        caller: str = "rehearsal",
    ) -> None:
        self.region = region
        self._caller = caller
        self.speed = speed
        """Model seconds per real second that pass by themselves."""
        self.epoch = epoch
        """When the clock started, by `time.monotonic()` of any process; with `advance` it is not the whole time."""
        self._process = process
        self.port = port
        """Of every service, on 127.0.0.1."""
        self._pool = HTTPConnectionPool("127.0.0.1", self.port, maxsize=8)
        self._clients: dict[str, Any] = {}

    @classmethod
    def start(cls, region: str, *, speed: float = 0) -> EmbeddedAws:
        """Start a region; `speed` is model seconds per real second that pass by themselves."""
        command = [sys.executable, "-P", "-m", "rehearsal.aws", region, str(speed)]  # -P: not from where one stands
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        line: str = process.stdout.readline() if process.stdout else ""
        ready = line.split()
        if not ready:
            raise BlueGreenError(f"the embedded AWS of {region} did not start; its error is above")
        return cls(int(ready[0]), region, process=process, speed=speed, epoch=float(ready[1]))

    @classmethod
    def attach(cls, port: int, region: str, caller: str = "rehearsal") -> EmbeddedAws:
        """Talk, as a caller, to a region that another process started, and leave it running in the end."""
        return cls(port, region, caller=caller)

    @property
    def endpoint(self) -> str:
        """The endpoint of every service."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> EmbeddedAws:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        for client in self._clients.values():
            client.close()
        self._pool.close()
        if self._process:
            self._process.communicate()

    def environment(self) -> dict[str, str]:
        """Return what boto3, the AWS CLI or Pulumi's AWS provider need to talk to this region."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": GATES,
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "BLUEGREEN_CLOCK": f"{self.endpoint}{wire.PREFIX}{wire.WAIT}",
        }

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Return a boto3 client of this region; the same one for the same service."""
        if service not in self._clients:
            self._clients[service] = boto3.client(  # pyright: ignore[reportUnknownMemberType] - as above
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=self._caller,
                aws_secret_access_key="rehearsal",  # noqa: S106 - any is accepted
                config=Config(retries={"mode": "standard", "total_max_attempts": 25}),  # as Pulumi's provider has it
            )
        return self._clients[service]

    def claim(self, ident: str) -> None:
        """Give the next new VPC, subnet or hosted zone this id, for what a stack expects to find."""
        self._post("claim", wire.Claim(ident=ident))

    def calls(self, since: int = 0) -> list[Call]:
        """Return the mutating calls with a number greater than `since`, in order."""
        return wire.CALLS.validate_json(self._post("calls", wire.Since(number=since)))

    @property
    def called(self) -> int:
        """How many mutating calls there have been."""
        last = self.calls(since=-1)
        return last[0].number if last else 0

    def snapshot(self) -> Snapshot:
        """Return everything that routing depends on, with its state of health now."""
        return self.follow().snapshot

    def follow(self, version: int = 0, wait: float = 0) -> Followed:
        """Return the state of AWS as soon as it is not this version's, at the latest after `wait` real seconds."""
        return Followed.model_validate_json(self._post("follow", wire.Follow(version=version, wait=wait)))

    def checkpoint(self) -> Checkpoint:
        """Keep a copy of AWS as it is now, to go back to with `restore`, more than once."""
        return Checkpoint.model_validate_json(self._post("checkpoint", wire.Since()))

    def keep_checkpoints(self, *, on: bool) -> list[Checkpoint]:
        """Keep a copy after every mutating call and every `keep` from now on, or no longer; returns those until now."""
        return wire.CHECKPOINTS.validate_json(self._post("checkpoints", wire.Checkpoints(on=on)))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Be as at a checkpoint, with all that is kept here, at the same address. Clients dial anew by themselves."""
        with suppress(HTTPError):  # whoever leaves does not answer
            self._pool.request("POST", f"{wire.PREFIX}leave", retries=False)
        with socket.create_connection(("127.0.0.1", checkpoint.port)) as line:
            line.sendall(WAKE)
            if line.recv(1) != WAKE:
                raise BlueGreenError("the embedded AWS could not go back to a checkpoint; its error is above")

    def forget(self, checkpoint: Checkpoint) -> None:
        """Let go of a checkpoint."""
        socket.create_connection(("127.0.0.1", checkpoint.port)).close()

    def document(self, name: str) -> bytes:
        """Return what was kept under a name; nothing if nothing was."""
        return self._post("document", wire.Document(name=name))

    def keep(self, name: str, content: bytes) -> None:
        """Keep something of others, such as what a cluster holds, for as long as the region lives."""
        self._post("keep", wire.Document(name=name, content=b64encode(content)))

    def allow(self, caller: str, policy: JsonValue) -> None:
        """Refuse what this policy does not give a caller from now on; others go on as before."""
        self._post("allow", wire.Allow(caller=caller, policy=policy))

    def seen(self, caller: str) -> list[tuple[str, str]]:
        """Return IAM's actions and resources that a caller has needed."""
        return wire.SEEN.validate_json(self._post("seen", wire.Caller(caller=caller)))

    def trouble(self, trouble: Trouble | None) -> None:
        """Let a call that is still to come meet trouble; None ends it."""
        self._post("trouble", trouble)

    @property
    def holds(self) -> bool:
        """Whether the answer of a `HELD` call is kept back now."""
        return wire.Held.model_validate_json(self._post("held", None)).held

    def let_go(self) -> None:
        """Let the answer go that a `HELD` kept back."""
        self._post("let-go", None)

    def throttle(self, every: int) -> None:
        """Refuse every n-th mutating call with Throttling from now on; 0 ends it."""
        self._post("throttle", wire.Throttle(every=every))

    def ask(self, probes: Sequence[Probe]) -> Verdict:
        """Judge these requests from now on, before any client sends them."""
        return self._judged("ask", wire.Ask(probes=list(probes), watch=False))

    def watch(self, probes: Sequence[Probe]) -> Verdict:
        """Let clients start to send these requests: what they lose counts from now on."""
        return self._judged("ask", wire.Ask(probes=list(probes), watch=True))

    def verdict(self) -> Verdict:
        """Return the oracle's word on the present state."""
        return self._judged("verdict", wire.Since())

    def advance(self, seconds: float) -> Verdict:
        """Let model time pass, and judge the state after it."""
        return self._judged("advance", wire.Seconds(seconds=seconds))

    def add_pods(self, pods: Iterable[Pod]) -> Verdict:
        """Run pods of a cluster; the security group follows from it, and so does a colour that is `none`."""
        return self._judged("add-pods", wire.Pods(pods=list(pods)))

    def remove_pods(self, addresses: Iterable[str]) -> Verdict:
        """Stop the pods at these addresses (`ip:port`)."""
        return self._judged("remove-pods", wire.Addresses(addresses=list(addresses)))

    def set_healthy(self, addresses: Iterable[str], *, healthy: bool) -> Verdict:
        """Make the pods at these addresses (`ip:port`) pass or fail their health checks."""
        return self._judged("set-healthy", wire.Addresses(addresses=list(addresses), healthy=healthy))

    def crash(self, addresses: Iterable[str], *, restart: float) -> Verdict:
        """Let the pods at these addresses (`ip:port`) die, and be restarted after so many model seconds."""
        return self._judged("crash", wire.Crash(addresses=list(addresses), restart=restart))

    def disturb(
        self, addresses: Iterable[str], *, error_share: float | None = None, latency: float | None = None
    ) -> Verdict:
        """Make the pods at these addresses answer a share (0-1) of requests with 500, or after `latency` seconds.

        Their health checks pass all the same, so that only metrics tell. What is not given stays as it is.
        """
        body = wire.Disturb(addresses=list(addresses), error_share=error_share, latency=latency)
        return self._judged("disturb", body)

    def _judged(self, path: str, body: BaseModel) -> Verdict:
        return Verdict.model_validate_json(self._post(path, body))

    def _post(self, path: str, body: BaseModel | None) -> bytes:
        answer = self._pool.request("POST", wire.PREFIX + path, body=body.model_dump_json() if body else b"")
        if answer.status != 200:
            raise BlueGreenError(f"the embedded AWS could not carry out {path}: {answer.data.decode()}")
        return answer.data
