"""The data plane as a process of its own: what AWS's load balancers and DNS, and the pods, are to clients."""

import json
import subprocess
import sys
from collections.abc import Sequence

from components.errors import BlueGreenError
from rehearsal.aws import EmbeddedAws
from rehearsal.traffic.access import Access

__all__ = ["Plane"]


class Plane:
    """The parent's side of the process. It follows the embedded AWS by itself and ends with this process."""

    def __init__(self, process: subprocess.Popen[str], access: Access) -> None:
        self.access = access
        """How clients reach it."""
        self._process = process

    @classmethod
    def start(cls, aws: EmbeddedAws, *, speed: float, hosts: Sequence[str]) -> "Plane":
        """Start the process, and return once it serves what AWS holds now.

        `speed` is model seconds per real second, as the clock of `aws` has it; `hosts` are the names that certificates
        are for, wildcards among them. BlueGreenError if it does not start; its own words are on standard error then.
        """
        arguments = [str(aws.port), aws.region, str(speed), json.dumps(list(hosts))]
        command = [sys.executable, "-P", "-m", "rehearsal.traffic.plane", *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        line: str = process.stdout.readline() if process.stdout else ""
        if not line:
            process.communicate()
            raise BlueGreenError("the data plane did not start; its error is above")
        return cls(process, Access.model_validate_json(line))

    @property
    def pid(self) -> int:
        """The process; Envoy is its child."""
        return self._process.pid

    def __enter__(self) -> "Plane":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, and Envoy with it."""
        self._process.communicate()
