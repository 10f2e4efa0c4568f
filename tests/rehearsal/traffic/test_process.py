"""The data plane as a process: it follows whoever answers as the embedded AWS does, and ends with its parent."""

import os
import signal
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.errors import BlueGreenError
from rehearsal.aws.wire import Follow, Followed
from rehearsal.oracle.state import Snapshot
from rehearsal.traffic.access import available
from rehearsal.traffic.plane import Plane
from tests.rehearsal.chains import NAME, shared_nlb

if available():
    pytest.skip(available(), allow_module_level=True)

from rehearsal.traffic.dns_wire import Query, pack_query, read_reply
from tests.rehearsal.traffic.stage import Connection


class Handler(BaseHTTPRequestHandler):
    """Answers `follow` as the embedded AWS does: at once if there is news, later if there is none."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = Follow.model_validate_json(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.changed:
            server.changed.wait_for(lambda: server.state.version != asked.version, asked.wait)
            body = server.state.model_dump_json().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def running(snapshot, speed=1000):
    """Start a plane that follows a region; yields the plane, and a function that changes the region's state."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.changed = threading.Condition()
    server.state = Followed(version=1, at=0, snapshot=snapshot)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def show(snapshot):
        with server.changed:
            server.state = Followed(version=server.state.version + 1, at=server.state.at + 1, snapshot=snapshot)
            server.changed.notify_all()

    region = SimpleNamespace(port=server.server_port, region="cn-northwest-1")
    try:
        with Plane.start(region, speed=speed, hosts=[NAME, f"*.{NAME}"]) as plane:
            yield plane, show
    finally:
        server.shutdown()
        server.server_close()


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ends(pid):
    """Tell whether a process is gone soon, or only waits for somebody to ask how it ended."""
    stat = Path(f"/proc/{pid}/stat")
    return eventually(lambda: not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z")


def peer(plane):
    connection = Connection(plane.access.peer, ssl.create_default_context(cadata=plane.access.ca))
    try:
        return connection.get()[1]["x-region"]
    finally:
        connection.socket.close()


def colour(plane):
    """Look the name of an NLB up, connect to it, and return the colour that answers."""
    with socket.socket(type=socket.SOCK_DGRAM) as resolver:
        resolver.settimeout(5)
        resolver.sendto(pack_query(Query(1, "nlb.elb", "A")), ("127.0.0.1", plane.access.dns))
        reply = read_reply(resolver.recv(4096))
    if not reply.resources:
        return None
    try:
        connection = Connection((reply.resources[-1].value, 443 + plane.access.port_offset))
    except ConnectionRefusedError:
        return None
    try:
        return connection.colour()
    finally:
        connection.socket.close()


def eventually(ask, within=5):
    deadline = time.monotonic() + within
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_it_serves_once_started_and_ends_with_all_that_it_started():
    with running(Snapshot()) as (plane, show):
        (envoy,) = children(plane.pid)
        assert peer(plane) == "cn-north-1"
        show(shared_nlb(blue=100).snapshot)
        assert eventually(lambda: colour(plane) == "blue")
        show(shared_nlb(green=100).snapshot)
        assert eventually(lambda: colour(plane) == "green")
    assert ends(envoy)


def test_a_plane_that_cannot_start_says_so():
    with pytest.raises(BlueGreenError, match="did not start"):
        Plane.start(SimpleNamespace(port=1, region="cn-north-1"), speed=1, hosts=[NAME])


def test_envoy_ends_when_the_plane_is_killed(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # it cannot remove its files
    with running(Snapshot()) as (plane, _):
        (envoy,) = children(plane.pid)
        os.kill(plane.pid, signal.SIGKILL)
        assert ends(envoy)
