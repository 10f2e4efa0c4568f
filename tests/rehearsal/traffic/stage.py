"""A data plane in a thread, and clients that are as plain as can be."""

import asyncio
import socket
import ssl
import threading
import time
from contextlib import suppress

from rehearsal.oracle.state import Snapshot
from rehearsal.traffic.plane.data_plane import CLOSING, DataPlane
from tests.rehearsal.chains import NAME, arn

SPEED = 1000


class Connection:
    """One connection, on which requests follow each other."""

    def __init__(self, address, context=None):
        plain = socket.create_connection(address, timeout=5)
        self.socket = context.wrap_socket(plain, server_hostname=NAME) if context else plain

    def get(self, path="/v1/keys", **headers):
        """Send a request and return its status and headers; None if the connection breaks."""
        lines = [f"GET {path} HTTP/1.1", *(f"{k.replace('_', '-')}: {v}" for k, v in {"host": NAME, **headers}.items())]
        try:
            self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
            return self.read()
        except (ConnectionError, ssl.SSLError):
            return None

    def read(self):
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        status, *rest = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in rest)
        while len(body) < int(headers.get("content-length", 0)):
            body += self.socket.recv(65536)
        return int(status.split()[1]), headers

    def rest(self):
        """Read until the other side is done, or the chunk that says so."""
        data = b""
        with suppress(ConnectionError):
            while more := self.socket.recv(65536):
                data += more
                if data.endswith(b"0\r\n\r\n"):
                    return data.removesuffix(b"\r\n0\r\n\r\n")
        return data

    def colour(self, **kwargs):
        answer = self.get(**kwargs)
        return answer[1].get("x-colour", str(answer[0])) if answer else None

    def broken(self, within=0.3):
        """Tell whether the other side closes the connection soon, without anything sent."""
        self.socket.settimeout(within)
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(5)


class Stage:
    """Applies snapshots and connects to load balancers by their names."""

    speed = SPEED

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.plane = DataPlane(speed=SPEED, region="cn-north-1", hosts=[NAME])
        self._do(self.plane.open())
        self.at = 0.0
        self._connections = []
        self.trust = ssl.create_default_context(cadata=self.plane.access.ca)

    def close(self):
        self._do(self.plane.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def show(self, state, *, later=0.0, settle=CLOSING):
        """Let AWS be in a state, `later` model seconds after the last one."""
        self.at += later
        self._do(self.plane.follow(state if isinstance(state, Snapshot) else state.snapshot, self.at))
        time.sleep(settle)

    def begin(self, state):
        """Forget the last case, and wait until the pods of this one have started."""
        self.show(Snapshot())
        self.show(state)

    def where(self, kind, name, port=443):
        plane = self.plane
        return plane._site.address_of(arn(kind, name)), plane._site.port(port)

    def connect(self, kind="net", name="nlb", *, port=443, tls=False):
        return self.keep(Connection(self.where(kind, name, port), self.trust if tls else None))

    def pod(self, address):
        """Connect to a pod itself."""
        site = self.plane._site
        return self.keep(Connection((site.address_of(address), site.port(int(address.split(":")[1])))))

    def keep(self, connection):
        self._connections.append(connection)
        return connection

    def hang_up(self):
        """Close whatever was opened."""
        while self._connections:
            self._connections.pop().socket.close()

    def fresh(self, kind="net", name="nlb", **kwargs):
        """The colour that answers a new connection, or why none does."""
        try:
            return self.connect(kind, name).colour(**kwargs)
        except ConnectionRefusedError:
            return "refused"
