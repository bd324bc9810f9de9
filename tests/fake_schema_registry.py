"""A small HTTP server that speaks what we use of a Schema Registry's interface; no registry is at hand for tests."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class FakeSchemaRegistry:
    """Answers while it is `serving`."""

    def __init__(self, login: str = "") -> None:
        self.schemas: dict[int, Mapping[str, object]] = {}
        """What it says of each number."""
        self.subjects: dict[str, int] = {}
        self.asked: list[str] = []
        self.login = login
        """`user:password`, where it lets only those in."""

    def knows(self, number: int, schema: Mapping[str, object]) -> None:
        """A JSON Schema."""
        self.schemas[number] = {"schemaType": "JSON", "schema": json.dumps(schema)}

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Its URL."""
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def get(self, path: str) -> Mapping[str, object] | None:
        """None: 404."""
        match path.strip("/").split("/"):
            case ["schemas", "ids", number]:
                return self.schemas.get(int(number))
            case ["subjects", subject, "versions", "latest"] if unquote(subject) in self.subjects:
                return {"id": self.subjects[unquote(subject)]}
            case _:
                return None

    def post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object] | None:
        """None: 404."""
        match path.strip("/").split("/"):
            case ["subjects", subject, "versions"]:
                number = 1 + max(self.schemas, default=0)
                self.schemas[number], self.subjects[unquote(subject)] = body, number
                return {"id": number}
            case _:
                return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                registry.asked.append(self.path)
                self._answer(registry.get(self.path))

            def do_POST(self) -> None:  # as above
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(registry.post(self.path, body))

            def _answer(self, found: Mapping[str, object] | None) -> None:
                expected = f"Basic {b64encode(registry.login.encode()).decode()}"
                allowed = not registry.login or self.headers["Authorization"] == expected
                content = json.dumps(found or {"error_code": 40403, "message": "not found"}).encode()
                self.send_response((200 if found else 404) if allowed else 401)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content if allowed else b"")

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
