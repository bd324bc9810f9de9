"""The way of an alerted reading: what its parts tell, and that nothing else tells anything."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import read_settings
from app.telemetry.otlp import OtlpSpans
from app.telemetry.sends import TracedOutbox
from app.telemetry.spans import spans_of
from app.wiring import ROOT
from consumer.batch_way import TracedBatch, stage
from consumer.silence_way import TracedLook
from core.errors import NotSent, UserError
from core.span import CARRIED, HEADER, Span, SpanContext, context_of
from local.ports import choose
from producer.messages import Messages
from producer.sampled import sampled
from tests.builders import NOON, a_batch, fetched
from tests.fake_outbox import FakeOutbox
from tests.fake_spans import FakeSpans

CONTEXTS = st.builds(SpanContext, st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
PUBLISHED = int(NOON.timestamp()) * 1_000_000_000


class Clock:
    """A second passes at each look."""

    def __init__(self, now: int = PUBLISHED) -> None:
        self._now = now

    def __call__(self) -> int:
        self._now += 1_000_000_000
        return self._now


@given(CONTEXTS)
def test_what_is_written_into_a_header_is_read_from_it(context: SpanContext) -> None:
    assert context_of(context.written) == context_of(context.written.encode()) == context


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        b"\xff",
        "00-" + "1" * 32 + "-" + "2" * 16,
        "00-" + "0" * 32 + "-" + "2" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "2" * 16 + "-00",
    ],
    ids=["none", "empty", "no text", "cut", "no trace", "no span", "not recorded by its sender"],
)
def test_a_header_that_names_no_recorded_span_begins_nothing(header: str | bytes | None) -> None:
    assert context_of(header) is None


def test_a_collector_that_is_away_costs_spans_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    (port,) = choose(["nobody"], {}, {}).values()
    spans = OtlpSpans(f"http://127.0.0.1:{port}/v1/traces", "test")
    for _ in range(600):
        spans.record(Span("fetch", spans.named(None), None, 1, 2, {"offset": 1}))
    spans.end()
    assert "export" in caplog.text, "the log says it"


def a_way(spans: FakeSpans, headers: Sequence[tuple[str, bytes | None]] = ()) -> TracedBatch:
    messages = fetched([b"{}"] * 3, 10)._replace(headers=lambda row: headers if row == 1 else ())
    return TracedBatch(spans, messages, Clock())


def names(spans: Sequence[Span]) -> list[str]:
    return [span.name for span in spans]


def test_each_span_of_an_alerted_reading_lies_under_the_one_before_it_and_the_first_under_its_senders() -> None:
    spans, sender = FakeSpans(), SpanContext(7, 8)
    way = a_way(spans, [("truth", b"0"), (HEADER, sender.written.encode())])
    for name in ("decode", "score", "store"):
        with way.stage(name):
            last = way.alerted(0, 11) if name == "store" else None
    way.stored()
    assert names(spans.recorded) == ["fetch", "decode", "score", "store"]
    parents = [span.parent for span in spans.recorded]
    assert parents == [sender, *(span.context for span in spans.recorded[:-1])]
    assert {span.context.trace for span in spans.recorded} == {sender.trace}
    assert spans.recorded[-1].context == last, "what is told goes on under the storing"
    assert spans.recorded[0].began == PUBLISHED
    assert spans.recorded[0].attributes["messaging.kafka.offset"] == 11


def test_an_alerted_reading_without_a_header_begins_a_trace() -> None:
    spans = FakeSpans()
    way = a_way(spans)
    with way.stage("store"):
        context = way.alerted(0, 10)
    way.stored()
    assert names(spans.recorded) == ["fetch", "store"]
    assert spans.recorded[0].parent is None
    assert {span.context.trace for span in spans.recorded} == {context.trace}


def test_a_transaction_that_is_tried_again_gives_the_alert_the_same_context_and_tells_it_once() -> None:
    spans = FakeSpans()
    way = a_way(spans)

    def store() -> SpanContext:
        with way.stage("store"):
            return way.alerted(0, 12)

    assert store() == store()
    way.stored()
    assert names(spans.recorded) == ["fetch", "store"]


def test_readings_that_raise_no_alert_tell_nothing() -> None:
    spans = FakeSpans()
    way = a_way(spans)
    with way.stage("store"):
        pass
    way.stored()
    assert spans.recorded == []


def test_batches_without_a_way_pass_a_stage_unnoticed() -> None:
    with stage("score", [a_batch(2)]):
        assert a_batch(2).way is None


@given(st.lists(st.integers(0, 7), max_size=12), st.integers(1, 9))
def test_one_message_in_so_many_carries_a_trace_and_nothing_else_changes(sizes: list[int], every: int) -> None:
    spans = FakeSpans()
    batches = [Messages("readings.press", [b"k"] * n, [b"v"] * n, [[("truth", b"0")]] * n, 0.0) for n in sizes]
    out = list(sampled(batches, every, spans, Clock()))
    assert [one._replace(headers=()) for one in out] == [one._replace(headers=()) for one in batches]
    headers = [dict(header) for one in out for header in one.headers]
    carried = [row for row, header in enumerate(headers) if HEADER in header]
    assert carried == list(range(0, sum(sizes), every))
    assert all(header["truth"] == b"0" for header in headers)
    assert [span.context.written.encode() for span in spans.recorded] == [headers[row][HEADER] for row in carried]


def test_each_try_to_send_such_an_alert_is_a_span_and_no_other_message_is() -> None:
    outbox, spans = FakeOutbox(), FakeSpans()
    traced, parent = TracedOutbox(outbox, spans, Clock()), SpanContext(5, 6)
    outbox.put("Anna")
    plain = traced.claim(["telegram"], "me")
    assert plain is not None
    traced.sent(plain, "1")
    assert spans.recorded == []
    outbox.put("Ben", kind="alert", body={HEADER: parent.written})
    for _ in range(2):
        outbox.now += 100
        message = traced.claim(["telegram"], "me")
        assert message is not None
        traced.failed(message, NotSent("later")) if not spans.recorded else traced.sent(message, "2")
    assert [span.attributes["outcome"] for span in spans.recorded] == ["NotSent", "sent"]
    assert {span.parent for span in spans.recorded} == {parent}
    assert all(span.began < span.ended for span in spans.recorded)


def test_a_digest_is_sent_in_the_trace_of_each_of_its_alerts_and_linked_to_them() -> None:
    outbox, spans = FakeOutbox(), FakeSpans()
    traced, parents = TracedOutbox(outbox, spans, Clock()), {3: SpanContext(5, 6), 4: SpanContext(7, 8)}
    outbox.put("Anna", kind="digest", body={CARRIED: {str(alert): way.written for alert, way in parents.items()}})
    message = traced.claim(["telegram"], "me")
    assert message is not None
    traced.sent(message, "1")
    digest, *sends = spans.recorded
    assert (digest.name, digest.parent, digest.attributes["alerts"]) == ("digest", None, 2)
    assert list(digest.links) == list(parents.values())
    assert {send.attributes["alert"]: send.parent for send in sends} == parents
    assert all(send.name == "send" and send.links == (digest.context,) for send in sends)
    assert all((send.began, send.ended) == (digest.began, digest.ended) for send in sends)


def test_a_digest_links_to_no_more_alerts_than_a_collector_takes_and_is_in_the_trace_of_each() -> None:
    outbox, spans = FakeOutbox(), FakeSpans()
    traced = TracedOutbox(outbox, spans, Clock())
    parents = {str(alert): SpanContext(alert, 1).written for alert in range(1, 201)}
    outbox.put("Anna", kind="digest", body={CARRIED: parents})
    message = traced.claim(["telegram"], "me")
    assert message is not None
    traced.failed(message, NotSent("later"))
    assert len(spans.recorded[0].links) == 128
    assert {span.context.trace for span in spans.recorded[1:]} == set(range(1, 201))


def test_an_edit_of_a_digest_and_one_of_alerts_without_spans_tell_nothing() -> None:
    outbox, spans = FakeOutbox(), FakeSpans()
    traced = TracedOutbox(outbox, spans, Clock())
    outbox.put("Anna", kind="digest", body={CARRIED: {}})
    first = traced.claim(["telegram"], "me")
    assert first is not None
    traced.sent(first, "1")
    outbox.put("Anna", kind="answered", edits=first.id, body={CARRIED: {"3": SpanContext(5, 6).written}})
    outbox.now += 100
    edit = traced.claim(["telegram"], "me")
    assert edit is not None
    assert (edit.kind, edit.edits) == ("digest", "1")
    traced.sent(edit, "1")
    assert spans.recorded == []


def test_a_look_that_finds_silence_begins_a_trace_for_each_device_and_one_that_finds_none_tells_nothing() -> None:
    spans, clock = FakeSpans(), Clock()
    look = TracedLook(spans, "readings.press", clock)
    look.stored()
    assert spans.recorded == []
    found = [look.alerted(0, offset) for offset in (7, 9)]
    assert look.alerted(0, 7) == found[0], "however often it is asked"
    look.stored()
    assert [(span.name, span.context, span.parent) for span in spans.recorded] == [
        ("silence", found[0], None),
        ("silence", found[1], None),
    ]
    assert len({context.trace for context in found}) == 2
    assert [span.attributes["messaging.kafka.offset"] for span in spans.recorded] == [7, 9]
    assert all(span.began < span.ended for span in spans.recorded)


def test_without_an_endpoint_nothing_of_opentelemetry_is_loaded() -> None:
    program = (
        "import sys; from app.settings import read_settings; from app.telemetry.spans import spans_of;"
        "assert spans_of(read_settings({}), 'consumer') is None;"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


def test_an_endpoint_that_is_no_address_is_refused() -> None:
    with pytest.raises(UserError, match="OTEL_EXPORTER_OTLP_ENDPOINT is wrong: it must begin with http"):
        read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"})


def test_where_opentelemetry_is_not_installed_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "app.telemetry.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(UserError, match=r"not installed.*requirements-spans\.txt"):
        spans_of(read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}), "consumer")
