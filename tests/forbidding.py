"""An AWS that forbids whatever it is asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

__all__ = ["forbidding"]

_BODY = json.dumps({"__type": "AccessDeniedException", "message": "nobody is not authorized to perform this"}).encode()


class _Forbidding(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.send_header("Content-Length", str(len(_BODY)))
        self.send_header("x-amzn-query-error", "AccessDenied;Sender")
        self.end_headers()
        self.wfile.write(_BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def forbidding() -> Iterator[str]:
    """Serve, for the block, at the URL that it gets."""
    with HTTPServer(("127.0.0.1", 0), _Forbidding) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
