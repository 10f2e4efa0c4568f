"""The clients as a process of its own: many machines of four kinds that send at a fixed rate, whatever comes back."""

import os
import subprocess
import sys
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import IO, Literal

from components.errors import BlueGreenError
from rehearsal.oracle.verdict import Probe
from rehearsal.traffic.access import Access
from rehearsal.traffic.clients.wire import SAMPLES, Order
from rehearsal.traffic.recording import Sample

__all__ = ["Clients"]


class Clients:
    """The parent's side of the process, which ends with this one.

    Samples wait in a file without a name until somebody collects them, so the parent does nothing for them meanwhile.
    """

    def __init__(self, process: subprocess.Popen[bytes], samples: IO[bytes]) -> None:
        self._process, self._samples = process, samples
        self._collected = 0
        """Bytes of the file that have been read."""
        self._rest: list[Sample] = []
        """What was still to be collected when it was closed."""

    @classmethod
    def start(
        cls,
        access: Access,
        probes: Sequence[Probe],
        *,
        scheme: Literal["http", "https"],
        speed: float,
        rate: float,
        epoch: float,
    ) -> "Clients":
        """Start to send these requests by turns; the first leave when the process is up, about half a second later.

        `rate` is requests per real second, of all clients together. Model time passes at `speed` model seconds per
        real second and began at `epoch`, by `time.monotonic()`.
        """
        order = Order(access=access, probes=tuple(probes), scheme=scheme, speed=speed, rate=rate, epoch=epoch)
        command = [sys.executable, "-P", "-m", "rehearsal.traffic.clients"]  # -P: not from where one stands
        samples = TemporaryFile()  # noqa: SIM115 - closed by `close`
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=samples)  # noqa: S603 - our own
        if process.stdin:
            process.stdin.write(order.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        return cls(process, samples)

    def __enter__(self) -> "Clients":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Send nothing more, and wait for what is in flight: at most for a stream and the time that a request has."""
        self._process.communicate()
        if not self._samples.closed:
            self._rest = self._read()
            self._samples.close()

    def collect(self) -> list[Sample]:
        """Return the requests that ended since the last call, in the order in which they ended, also after `close`.

        BlueGreenError if the process has died.
        """
        if self._process.poll():
            raise BlueGreenError("the clients of the rehearsal died; their error is above")
        if not self._samples.closed:
            return self._read()
        rest, self._rest = self._rest, []
        return rest

    def _read(self) -> list[Sample]:
        file = self._samples.fileno()
        new = os.pread(file, os.fstat(file).st_size - self._collected, self._collected)
        whole = new[: new.rfind(b"\n") + 1]
        self._collected += len(whole)
        return [sample for line in whole.splitlines() for sample in SAMPLES.validate_json(line)]
