"""The HTTP side: Bot API methods, controls and the page."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fake_telegram.calls import Calls, wait_for_hang_up
from tests.fake_telegram.control import CONTROLS, Fault, Faults
from tests.fake_telegram.methods import METHODS
from tests.fake_telegram.page import page
from tests.fake_telegram.refusal import Refused
from tests.fake_telegram.world import World

TOKEN = "4242:made-for-tests"


class FakeTelegram(ThreadingHTTPServer):
    """The server; `serve_forever` runs it."""

    daemon_threads = True

    def __init__(self, host: str, port: int, token: str = TOKEN, state_file: Path | None = None) -> None:
        self.token = token
        self.world = World.load(int(token.partition(":")[0]), state_file)
        self.faults = Faults()
        self.calls = Calls()
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where the other side was killed: tests do that."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


def _parts(kind: str, raw: bytes) -> Iterator[tuple[str, str]]:
    """Name and content of each part of a form that carries files; a byte of a file is a character."""
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + raw)
    for part in form.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes), "a form has no parts in parts"
        is_file = part.get_filename() is not None
        yield (
            str(part.get_param("name", header="content-disposition")),
            content.decode("latin-1" if is_file else "utf-8"),
        )


class _Broken(Exception):
    """Hang up without an answer."""


class _Handler(BaseHTTPRequestHandler):
    server: FakeTelegram
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: the token is in the path."""

    def _answer(self) -> None:
        place = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        arguments = {**dict(parse_qsl(place.query)), **self._body(self.rfile.read(length))}
        parts = place.path.strip("/").split("/")
        try:
            if parts == [""]:
                self._write(200, page(self.server.world).encode(), "text/html; charset=utf-8")
            elif parts[0] == "control":
                self._control(parts[-1], arguments)
            else:
                self._write_json(200, {"ok": True, "result": self._call(parts, arguments)})
        except Refused as refused:
            self._write_json(refused.code, refused.answer)
        except (_Broken, BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _body(self, raw: bytes) -> dict[str, Any]:
        if self.headers.get("Content-Type", "").startswith("application/json"):
            found: dict[str, Any] = json.loads(raw or b"{}")
            return found
        if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            return dict(_parts(self.headers["Content-Type"], raw))
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))

    def _call(self, parts: list[str], arguments: dict[str, Any]) -> Any:
        if len(parts) != 2 or parts[0] != f"bot{self.server.token}":
            raise Refused(401, "Unauthorized")
        method = METHODS.get(parts[1])
        if method is None:
            raise Refused(404, "Not Found")
        call = self.server.calls.begin(parts[1], arguments)
        try:
            with self.server.world.changed:
                fault = self.server.faults.take(parts[1])
                call.fault = fault.kind if fault else ""
                _before(fault)
                result = method(self.server.world, arguments)
                self.server.world.save()
            self._after(fault)
        finally:
            call.ended = time.monotonic()
        return result

    def _after(self, fault: Fault | None) -> None:
        match fault:
            case Fault(kind="lost"):
                raise _Broken
            case Fault(kind="hang", seconds=seconds):
                wait_for_hang_up(self.connection, seconds)

    def _control(self, what: str, asked: dict[str, Any]) -> None:
        with self.server.world.changed:
            if what == "messages":
                result: Any = self.server.world.as_json()
            elif what == "updates":
                result = self.server.world.updates
            elif what == "webhook":
                result = self.server.world.webhook
            elif what == "calls":
                result = [asdict(call) for call in self.server.calls.all]
            elif what == "fault":
                self.server.faults.waiting.append(Fault(**asked))
                result = True
            else:
                result = CONTROLS[what](self.server.world, asked)
                self.server.world.save()
        if self.headers.get("Content-Type", "").startswith("application/x-www-form"):
            self.send_response(303)  # a person's form: back to the page
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._write_json(200, result)

    def _write_json(self, code: int, content: Any) -> None:
        self._write(code, json.dumps(content).encode(), "application/json")

    def _write(self, code: int, body: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _before(fault: Fault | None) -> None:
    match fault:
        case Fault(kind="flood", seconds=seconds):
            raise Refused(429, f"Too Many Requests: retry after {seconds:g}", retry_after=int(seconds))
        case Fault(kind="blocked"):
            raise Refused(403, "Forbidden: bot was blocked by the user")
        case Fault(kind="error"):
            raise Refused(500, "Internal Server Error")
        case Fault(kind="drop"):
            raise _Broken
