"""What people look at and publish again, whatever strangers wrote into it."""

from datetime import UTC, datetime

import pytest

from core.dead_letter import MOST_REPLAYS, REPLAY_TIMES, KeptLetter, replay_headers, why_not_replayed


def a_letter(times: bytes | None) -> KeptLetter:
    return KeptLetter(
        topic_id=1,
        topic="readings.press",
        partition=0,
        offset=7,
        machine="press",
        stage="decode",
        reason="bad",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        key=b"press-1",
        value=b"{}",
        headers=[] if times is None else [(REPLAY_TIMES, times)],
        value_size=2,
        value_sha256=None,
    )


@pytest.mark.parametrize("times", [b"9" * 5000, b"9999", b"-1", b"", b"\xff", b"three", "٣".encode(), None])
def test_a_count_that_cannot_be_ours_counts_as_none(times: bytes | None) -> None:
    letter = a_letter(times)
    assert letter.times == 0
    assert dict(replay_headers(letter))[REPLAY_TIMES] == b"1"


def test_a_message_that_was_replayed_too_often_is_left() -> None:
    assert why_not_replayed(a_letter(str(MOST_REPLAYS - 1).encode())) is None
    assert "export it" in (why_not_replayed(a_letter(str(MOST_REPLAYS).encode())) or "")
