"""A threaded HTTP/1.1 server with keep-alive, on loopback."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from rehearsal.aws.gateway import Gateway

__all__ = ["serve"]

_OWN_HEADERS = frozenset({"content-length", "date", "server", "status", "connection"})


def serve(gateway: Gateway, listening: socket.socket) -> None:
    """Answer what comes in on a socket, on threads of its own, for as long as the process lives."""

    class Handler(BaseHTTPRequestHandler):
        """werkzeug's closes every connection, which doubles what a short call costs."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # headers and body leave in one packet

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = gateway.answer(self.command, self.path, dict(self.headers.items()), body)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _OWN_HEADERS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server calls

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Date answers by the model's clock, so that callers can ask for the metrics of the last minutes."""
            return super().date_time_string(gateway.date.timestamp() if timestamp is None else timestamp)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Stay quiet: the tape says what happened."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
