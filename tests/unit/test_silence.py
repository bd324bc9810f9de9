"""Who is silent: by event time, and only while we know all that the log holds."""

import numpy as np
import pytest

from consumer.past import Past
from core.silence import NEVER, Heard, LastReading, Why, judge_silence, why_judge
from tests.builders import a_machine

SECOND = 1_000_000
LIMIT = 600.0
MACHINE = a_machine(silent_after=LIMIT)


def heard(*seconds: int, resumed: int = NEVER) -> Heard:
    """Devices 1, 2 … that were last heard at these seconds, at offsets 10, 20 …"""
    count = len(seconds)
    times = np.array(seconds, dtype=np.int64) * SECOND
    return Heard(np.arange(1, count + 1), times, np.arange(1, count + 1) * 10, resumed)


def test_a_device_that_is_too_far_behind_the_others_is_silent() -> None:
    silence = judge_silence(heard(1000, 400, 399), 1000 * SECOND, LIMIT, set())
    assert silence.fell_silent == [LastReading(3, 399 * SECOND, 30)]
    assert silence.speaks_again == []


def test_silence_is_said_once() -> None:
    assert judge_silence(heard(1000, 0), 1000 * SECOND, LIMIT, {2}).fell_silent == []


def test_a_device_that_speaks_again_is_silent_no_more() -> None:
    silence = judge_silence(heard(1000, 990), 1000 * SECOND, LIMIT, {2, 77})
    assert silence.speaks_again == [LastReading(2, 990 * SECOND, 20)]


def test_old_readings_that_come_late_end_no_silence() -> None:
    assert judge_silence(heard(1000, 100), 1000 * SECOND, LIMIT, {2}).speaks_again == []


def test_after_a_weekend_each_device_has_the_limit_anew() -> None:
    monday = heard(100_000, 500, resumed=99_500 * SECOND)
    assert judge_silence(monday, 100_000 * SECOND, LIMIT, set()).fell_silent == []
    assert judge_silence(monday, 100_101 * SECOND, LIMIT, set()).fell_silent == [LastReading(2, 500 * SECOND, 20)]
    assert judge_silence(monday, 100_000 * SECOND, LIMIT, {2}).speaks_again == [], "silent on Friday, silent on Monday"


@pytest.mark.parametrize(
    ("next_offset", "end", "why"), [(7, None, Why.END_UNKNOWN), (7, 8, Why.LAGGING), (7, 7, Why.JUDGED)]
)
def test_while_we_lag_nobody_is_called_silent(next_offset: int, end: int | None, why: Why) -> None:
    assert why_judge(next_offset, end) is why


def test_what_was_heard_does_not_depend_on_batches() -> None:
    devices = np.array([3, 4, 3, 4, 3])
    times = np.array([0, 10, 2000, 2010, 1990], dtype=np.int64) * SECOND
    sensors, good = np.full((5, 2), 70.0), np.zeros(5, dtype=np.int16)
    whole, parts = Past(MACHINE), Past(MACHINE)
    whole.take(whole.look(devices, np.arange(5), times, sensors, good))
    for row in range(5):
        one = slice(row, row + 1)
        parts.take(parts.look(devices[one], np.arange(5)[one], times[one], sensors[one], good[one]))
    assert str(whole.heard()) == str(parts.heard())
    everyone, watermark = whole.heard()
    assert (everyone.times // SECOND).tolist() == [2000, 2010]
    assert everyone.offsets.tolist() == [4, 3]
    assert everyone.resumed == 2000 * SECOND
    assert watermark == 2010 * SECOND
