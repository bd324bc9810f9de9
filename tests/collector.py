"""A collector of spans, as OpenTelemetry's is to those who send: OTLP over HTTP, protobuf."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class Arrived(NamedTuple):
    """A span as it was sent."""

    service: str
    name: str
    kind: int
    trace: bytes
    span: bytes
    parent: bytes
    began: int
    ended: int
    attributes: Mapping[str, str | int]
    links: Sequence[tuple[bytes, bytes]]
    """Trace and span each."""


class Collector:
    """What arrived so far, and where to send it to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._spans: list[Arrived] = []

    def take(self, body: bytes) -> None:
        """Spans come."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            self._spans += [
                Arrived(
                    {pair.key: pair.value.string_value for pair in of.resource.attributes}["service.name"],
                    span.name,
                    span.kind,
                    span.trace_id,
                    span.span_id,
                    span.parent_span_id,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    {pair.key: pair.value.string_value or pair.value.int_value for pair in span.attributes},
                    [(link.trace_id, link.span_id) for link in span.links],
                )
                for of in request.resource_spans
                for scope in of.scope_spans
                for span in scope.spans
            ]

    def all(self) -> Sequence[Arrived]:
        """Everything."""
        with self._lock:
            return list(self._spans)

    def named(self, name: str) -> Sequence[Arrived]:
        """Those of this name."""
        return [span for span in self.all() if span.name == name]

    def way_to(self, last: Arrived) -> Sequence[Arrived]:
        """From the root of its trace to this span, each under the one before it."""
        known = {(span.trace, span.span): span for span in self.all()}
        way = [last]
        while (parent := known.get((last.trace, way[0].parent))) is not None:
            way.insert(0, parent)
        return way


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens on this machine."""

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield collector
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
