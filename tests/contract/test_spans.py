"""core.ports.spans.Spans: in memory, and over OTLP to a collector."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pytest

from app.telemetry.otlp import OtlpSpans
from core.ports.spans import Spans
from core.span import Span, SpanContext
from tests.collector import collecting
from tests.fake_spans import FakeSpans

Told = tuple[str, SpanContext, int | None, int, int, list[SpanContext]]
"""Name, context, parent, from, to, links."""


class Rig(NamedTuple):
    """Spans, and what is known of them where they go."""

    spans: Spans
    told: Callable[[], Sequence[Told]]


def in_memory() -> Iterator[Rig]:
    fake = FakeSpans()
    yield Rig(
        fake,
        lambda: [
            (one.name, one.context, one.parent and one.parent.span, one.began, one.ended, list(one.links))
            for one in fake.recorded
        ],
    )


def over_otlp() -> Iterator[Rig]:
    with collecting() as collector:
        spans = OtlpSpans(f"{collector.url}/v1/traces", "test")

        def told() -> Sequence[Told]:
            spans.end()
            return [
                (
                    one.name,
                    SpanContext(int.from_bytes(one.trace), int.from_bytes(one.span)),
                    int.from_bytes(one.parent) or None,
                    one.began,
                    one.ended,
                    [SpanContext(*map(int.from_bytes, link)) for link in one.links],
                )
                for one in collector.all()
            ]

        yield Rig(spans, told)


@pytest.fixture(params=[in_memory, over_otlp])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from request.param()


def test_a_span_is_named_within_its_parents_trace_and_without_one_begins_a_trace(rig: Rig) -> None:
    first, second = rig.spans.named(None), rig.spans.named(None)
    below = rig.spans.named(first)
    assert len({first.trace, second.trace}) == 2
    assert below.trace == first.trace
    assert len({first.span, second.span, below.span}) == 3


def test_what_is_recorded_arrives_with_its_name_its_times_its_parent_and_its_links(rig: Rig) -> None:
    first = rig.spans.named(None)
    below, other = rig.spans.named(first), rig.spans.named(None)
    rig.spans.record(Span("fetch", first, None, 1_000, 2_000, {"messaging.kafka.offset": 7}))
    rig.spans.record(Span("store", below, first, 2_000, 3_000, {}, links=(other, first)))
    assert sorted(rig.told()) == [
        ("fetch", first, None, 1_000, 2_000, []),
        ("store", below, first.span, 2_000, 3_000, [other, first]),
    ]
