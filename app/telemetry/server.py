"""A small HTTP server in threads of its own: whoever asks, and however slowly, the process works on."""

import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

_log = logging.getLogger(__name__)

_MOST = 16
"""Connections at a time; with one more the oldest is closed, so that idle ones keep nobody out."""
_PATIENCE_S = 5.0
_LARGEST = 1_000_000


class Answer(NamedTuple):
    """What is answered to a request."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


Routes = Mapping[str, Callable[[], Answer]]
"""What is asked for, by path."""
Posts = Mapping[str, Callable[[str, bytes], Answer]]
"""What is brought, by path: told who says to bring it (the header `Authorization`), and what."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: "TelemetryServer"

    def do_GET(self) -> None:  # the library's name
        self._say(self._answer())

    def do_POST(self) -> None:  # the library's name
        self._say(self._posted())

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def version_string(self) -> str:
        return "faultline"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """Say nothing: four requests a minute are no news."""

    def _answer(self) -> Answer:
        route = self.server.routes.get(self.path.partition("?")[0])
        if route is None:
            return Answer(404, f"there are {', '.join(self.server.routes)}\n".encode())
        return self._whatever_happens(route)

    def _posted(self) -> Answer:
        take = self.server.posts.get(self.path)
        if take is None:
            return Answer(404, b"nothing is taken there\n")
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > _LARGEST:
            return Answer(413, f"a body of a length that is told, and of {_LARGEST} bytes at most\n".encode())
        body = self.rfile.read(int(size))
        return self._whatever_happens(partial(take, self.headers.get("Authorization", ""), body))

    def _whatever_happens(self, answer: Callable[[], Answer]) -> Answer:
        try:
            return answer()
        except Exception:  # noqa: BLE001  # whatever fails here is no reason to stop working
            _log.exception("%s cannot be answered", self.path)
            return Answer(500, b"this cannot be said now; the log says why\n")


class TelemetryServer(ThreadingHTTPServer):
    """Answers requests by path until it is closed."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, routes: Routes, posts: Posts) -> None:
        """Port 0 takes a free one. OSError where it cannot listen there."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.routes, self.posts = routes, posts
        self._open: dict[Any, None] = {}
        self._lock = threading.Lock()
        super().__init__((host, port), _Handler)

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self.serve_forever, name="telemetry", daemon=True).start()

    def server_bind(self) -> None:
        """Without asking a name server for our name, as the library does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, and keep the connections few."""
        with self._lock:
            self._open[request] = None
            if len(self._open) > _MOST:
                oldest = next(iter(self._open))
                del self._open[oldest]
                _close(oldest)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Its answer was given, or its patience is over."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's trouble."""
        _log.debug("a request was not answered", exc_info=True)


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it
    except OSError:
        _log.debug("it was closed already")
