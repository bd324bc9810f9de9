"""A service that people read and cannot answer in: apprise's own JSON, on a server of the tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Room(NamedTuple):
    """Where messages end up."""

    url: str
    messages: list[dict[str, str]]


@contextmanager
def room_of_json() -> Iterator[Room]:
    """A service that takes JSON, except under /closed."""
    messages: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.startswith("/closed"):
                self.send_error(403)
                return
            messages.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002  # the name in the class above
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Room(f"json://127.0.0.1:{server.server_port}", messages)
        server.shutdown()
        thread.join()
