"""A machine that sends one request over and over: what it remembers of names, and the connections that it keeps."""

import asyncio
import ssl
from dataclasses import dataclass
from time import monotonic

from rehearsal.oracle.verdict import Probe
from rehearsal.traffic.access import SOURCE_HEADER, Access
from rehearsal.traffic.clients.connection import Answer, Connection, RequestError
from rehearsal.traffic.clients.resolver import Resolver
from rehearsal.traffic.recording import ClientKind, Failure, Sample

__all__ = ["HABITS", "TIMEOUT", "Habit", "Machine", "Network"]

TIMEOUT = 10.0
"""Real seconds that a request may take, looking up and connecting included."""

_IDLE = 300.0
"""Model seconds without a request after which a client gives up a connection; an NLB forgets it after 350."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of client treats names and connections. Times are model seconds."""

    kind: ClientKind
    keeps: float = 0
    """How long a connection is used for one request after the other; 0 for a single one."""
    remembers: float | None = None
    """How long an address is used without looking it up again; None for its TTL."""
    fails_over: bool = False
    """Whether a request whose connection fails goes to the other region."""
    streams: float = 0
    """How long its response lasts; 0 for the usual short one."""


HABITS = {
    habit.kind: habit
    for habit in (
        Habit(ClientKind.FRESH),
        # 15 minutes, as in Microsoft's guidelines for .NET, whose pool looks no name up while a connection lives:
        # https://learn.microsoft.com/en-us/dotnet/fundamentals/networking/http/httpclient-guidelines
        Habit(ClientKind.POOLED, keeps=900),
        # A JVM may keep an address for as long as it runs. The drain before a colour is retired allows for 3600 s, so
        # these clients forget it, and what they opened to it, before that is over.
        # https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/jvm-ttl-dns.html
        Habit(ClientKind.STUBBORN, keeps=3000, remembers=3000, fails_over=True),
        Habit(ClientKind.STREAMING, streams=600),
    )
}


@dataclass(frozen=True)
class Network:
    """What all machines share."""

    access: Access
    resolver: Resolver
    tls: ssl.SSLContext | None
    speed: float
    epoch: float

    def now(self) -> float:
        """Return the model's time."""
        return self.speed * (monotonic() - self.epoch)


@dataclass
class _Encounter:
    """What one request met on its way."""

    reset: bool = False
    peer: bool = False


class Machine:
    """One client. `phase` (0-1) is the part of their life that its first address and connection still have.

    Without that, machines that start together would do everything together for ever.
    """

    def __init__(self, habit: Habit, probe: Probe, network: Network, *, phase: float = 1) -> None:
        self._habit, self._probe, self._network, self._phase = habit, probe, network, phase
        self._host = probe.host or probe.entry
        self._request = _request(probe, self._host, habit.streams)
        self._timeout = TIMEOUT + habit.streams / network.speed
        self._address, self._address_until = "", 0.0
        self._idle: list[tuple[float, Connection]] = []
        """Connections between two requests, and since when; the one used last comes last."""

    async def send(self, due: float) -> Sample:
        """Send one request that was due at a moment (`time.monotonic()`), and tell what it met."""
        met = _Encounter()
        at = self._network.now()
        answer = Answer(0, "")
        failure: Failure = ""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._exchange(met)
        except TimeoutError:
            failure = "timeout"
        except RequestError as error:
            failure = error.why
        return Sample(
            at=round(at, 3),
            kind=self._habit.kind,
            service=self._probe.service,
            colour=answer.colour,
            latency=round(1000 * (monotonic() - due), 3),
            failure=failure or ("status" if answer.status >= 500 else ""),
            status=answer.status,
            reset=met.reset,
            peer=met.peer,
        )

    def close(self) -> None:
        """Close what is kept."""
        for _, connection in self._idle:
            connection.close()

    async def _exchange(self, met: _Encounter) -> Answer:
        """Send the request, and if this client does so, to the other region when that fails."""
        try:
            return await self._send(met)
        except RequestError as error:
            met.reset = met.reset or error.why in ("reset", "truncated")
            if not self._habit.fails_over:
                raise
        self._address_until = 0
        met.peer = True
        return await self._ask(await self._open(*self._network.access.peer))

    async def _send(self, met: _Encounter) -> Answer:
        """Send the request on a connection that is kept, if there is one; once more on a new one if it was lost."""
        connection = self._kept(met)
        if connection:
            try:
                return await self._ask(connection)
            except RequestError as error:
                if error.why != "reset":
                    raise
                met.reset = True
        return await self._ask(await self._connect())

    async def _ask(self, connection: Connection) -> Answer:
        whole = False
        try:
            answer = await connection.get(self._request)
            whole = True
        finally:
            now = self._network.now()
            if whole and connection.lasting and now < connection.until:
                self._idle.append((now, connection))
            else:
                connection.close()
        return answer

    def _kept(self, met: _Encounter) -> Connection | None:
        now = self._network.now()
        while self._idle:
            since, connection = self._idle.pop()
            if now >= connection.until or now - since >= _IDLE:
                connection.close()
            elif connection.closed:
                met.reset = True
            else:
                return connection
        return None

    async def _connect(self) -> Connection:
        await self._look_up()
        offset = self._network.access.port_offset
        connection = await self._open(self._address, self._probe.port + offset)
        until = self._network.now() + self._habit.keeps * self._take_phase()
        connection.until = min(until, self._address_until) if self._habit.remembers else until
        return connection

    async def _open(self, address: str, port: int) -> Connection:
        connection = await Connection.open(address, port, tls=self._network.tls, name=self._host)
        connection.until = 0
        return connection

    async def _look_up(self) -> None:
        if self._network.now() < self._address_until:
            return
        self._address, ttl = await self._network.resolver.look_up(self._probe.entry)
        remembered = self._habit.remembers
        life = ttl if remembered is None else remembered * self._take_phase()
        self._address_until = self._network.now() + life

    def _take_phase(self) -> float:
        phase, self._phase = self._phase, 1.0
        return phase


def _request(probe: Probe, host: str, streams: float) -> bytes:
    path = f"{probe.path.rstrip('/')}/stream?seconds={streams:g}" if streams else probe.path
    headers = {"host": host, "user-agent": "bluegreen-rehearsal", SOURCE_HEADER: probe.source_ip, **probe.headers}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()
