"""Whatever an alert is about, Telegram takes its text."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.buttons import Buttons
from alerts.render import TelegramRenderer
from core.label import Verdict
from core.ports.chat import OutboxMessage
from tests.fake_telegram.entities import plain_text

render = TelegramRenderer(Buttons("4242:secret"))
texts = st.text(max_size=100) | st.sampled_from(["&" * 1000, "<b>" * 300, "🔥" * 1000, "&amp;" * 200, "\n" * 300])
numbers = st.floats(allow_nan=False, allow_infinity=False)
sensors = st.fixed_dictionaries({"sensor": texts, "value": numbers, "low": numbers, "high": numbers, "unit": texts})
pushes = st.fixed_dictionaries(
    {
        "sensor": texts,
        "value": st.none() | numbers,
        "low": numbers,
        "high": numbers,
        "unit": texts,
        "share": st.floats(0, 1),
    }
)
said = st.fixed_dictionaries(
    {
        "label": st.integers(1, 9),
        "operator": st.integers(1, 9),
        "by": texts,
        "verdict": st.sampled_from(list(Verdict)),
        "at": st.just("2026-03-01T12:00:00+00:00"),
        "settles": st.booleans(),
    }
)
bodies = st.fixed_dictionaries(
    {
        "alert": st.integers(1, 2**63 - 1),
        "machine": texts,
        "title": texts,
        "device": texts,
        "since": st.integers(631_152_000, 4_102_444_800).map(lambda at: datetime.fromtimestamp(at, UTC).isoformat()),
        "probability": st.floats(0, 1),
        "severity": st.integers(1, 3),
        "standing_out": st.lists(sensors, max_size=6),
        "pushed": st.lists(pushes, max_size=6),
        "unexplained": texts,
        "said": st.lists(said, max_size=8),
        "model_version": st.integers(1, 10_000),
        "advice": texts,
        "by": texts,
        "verdict": st.none() | st.sampled_from(["fault", "false_alarm"]),
    }
)


@pytest.mark.bad_input("`<b>`, `&`, Markdown or a URL in a device name, text past 4096 characters")
@given(bodies, st.booleans())
def test_an_alert_is_one_that_telegram_takes(body: dict[str, object], repeat: bool) -> None:
    message = OutboxMessage(1, "telegram", "7", "alert", 1, body, None, None, "Asia/Kolkata", 1, repeat)
    assert plain_text(render(message).text, "HTML")
