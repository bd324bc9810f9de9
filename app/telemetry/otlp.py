"""Spans exported over OTLP/HTTP. OpenTelemetry is optional, and imported here alone."""

import atexit
import secrets

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, TraceFlags
from opentelemetry.trace import SpanContext as Named

from core.span import Span, SpanContext

_TIMEOUT_S = 2.0


class OtlpSpans:
    """core.ports.spans.Spans, sent from a thread of its own once in a few seconds, and at the end of the process."""

    def __init__(self, endpoint: str, process: str) -> None:
        """`endpoint`: where traces are posted to; `process`: what spans say they come from."""
        self._resource = Resource.create({"service.name": f"faultline-{process}"})
        self._queue = BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=_TIMEOUT_S))
        atexit.register(self.end)

    def end(self) -> None:
        """Send what is left, if the collector takes it within seconds."""
        self._queue.shutdown()  # type: ignore[no-untyped-call]  # the library does not annotate it

    def named(self, parent: SpanContext | None) -> SpanContext:
        """Random, as the standard wants it."""
        return SpanContext(parent.trace if parent else _random(16), _random(8))

    def record(self, span: Span) -> None:
        """Put it into the queue that the exporter's thread empties."""
        parent = _named(span.parent) if span.parent else None
        self._queue.on_end(
            ReadableSpan(
                span.name,
                _named(span.context),
                parent,
                self._resource,
                span.attributes,
                links=[Link(_named(link)) for link in span.links],
                kind=SpanKind[span.kind.upper()],
                start_time=span.began,
                end_time=max(span.began, span.ended),
            )
        )


def _named(context: SpanContext) -> Named:
    return Named(context.trace, context.span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _random(size: int) -> int:
    return int.from_bytes(secrets.token_bytes(size)) or 1
