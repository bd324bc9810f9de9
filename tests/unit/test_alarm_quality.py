"""The figures that control rooms judge their alarms by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alarm_quality import Alarm, Devices, Load, Verdicts, alarm_quality, in_flood
from core.label import Verdict

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=2)


def alarm(minute: float, device: str = "press-1", answer: tuple[float, Verdict] | None = None, **fields: Any) -> Alarm:
    """An alarm, perhaps answered so many minutes later."""
    at = START + timedelta(minutes=minute)
    given_at, verdict = (at + timedelta(minutes=answer[0]), answer[1]) if answer else (None, None)
    usual: dict[str, Any] = {"until": at, "sensors": ("temperature",), "model_version": 3, "operators": ("ann",)}
    return Alarm(machine="press", device=device, at=at, answered_at=given_at, verdict=verdict, **usual | fields)


def test_an_operators_load_is_counted_in_periods_of_ten_minutes() -> None:
    alarms = [alarm(0), alarm(9.99), alarm(10), alarm(2879.9, operators=("ann", "ben"))]
    ann, ben = alarm_quality(alarms, START, END).operators
    assert ann == Load("ann", 4, 4 / 288, 2, 0.0)
    assert ben == Load("ben", 1, 1 / 288, 1, 0.0)


@pytest.mark.parametrize(
    ("counts", "flood"),
    [
        ([0, 10, 0], [0, 0, 0]),
        ([11, 5, 5, 4, 5, 0], [1, 1, 1, 0, 0, 0]),
        ([4, 12, 11, 9, 0, 11], [0, 1, 1, 1, 0, 1]),
    ],
)
def test_a_flood_begins_above_ten_alarms_and_ends_below_five(counts: list[int], flood: list[int]) -> None:
    assert in_flood(np.array(counts)).tolist() == flood


@given(st.lists(st.integers(0, 30), min_size=1))
def test_every_period_above_ten_is_a_flood_and_none_below_five(counts: list[int]) -> None:
    flood = in_flood(np.array(counts)).tolist()
    assert all(flood[period] for period, count in enumerate(counts) if count > 10)
    assert not any(flood[period] for period, count in enumerate(counts) if count < 5)


def test_a_flood_is_part_of_its_operators_time() -> None:
    (load,) = alarm_quality([alarm(minute / 2) for minute in range(11)], START, END).operators
    assert (load.most_in_10_minutes, load.in_flood) == (11, 1 / 288)


def test_a_device_that_raises_three_within_ten_minutes_chatters_wherever_they_lie() -> None:
    alarms = [alarm(minute) for minute in (9, 12, 18.9, 40)] + [alarm(minute, "press-2") for minute in (0, 5, 10)]
    assert alarm_quality(alarms, START, END).chattering == [Devices("press", "press-1", 3)]


def test_an_alarm_that_is_open_for_more_than_a_day_is_stale() -> None:
    alarms = [
        alarm(0, "press-1", until=None),
        alarm(0, "press-2", until=START + timedelta(hours=25)),
        alarm(0, "press-3", until=START + timedelta(hours=23)),
        alarm(60 * 25, "press-4", until=None),
        alarm(-60 * 24 * 9, "press-5", until=None),
    ]
    quality = alarm_quality(alarms, START, END)
    assert [one.device for one in quality.stale] == ["press-1", "press-2", "press-5"]
    assert quality.alarms == 4, "what is older counts for nothing else"


def test_the_ten_devices_with_the_most_alarms_are_named() -> None:
    alarms = [alarm(60 * number, f"press-{device:02}") for device in range(12) for number in range(device + 1)]
    worst = alarm_quality(alarms, START, END).worst
    assert [(one.device, one.alarms) for one in worst[:2]] == [("press-11", 12), ("press-10", 11)]
    assert len(worst) == 10


def test_the_time_to_answer_is_that_of_the_answered_ones() -> None:
    alarms = [alarm(0, answer=(minutes, Verdict.NOT_SURE)) for minutes in range(1, 12)] + [alarm(0)]
    quality = alarm_quality(alarms, START, END)
    assert (quality.alarms, quality.unanswered) == (12, 1)
    assert (quality.seconds_to_answer_median, quality.seconds_to_answer_p90) == (360, 600)


def test_false_alarms_are_counted_among_those_that_were_judged() -> None:
    false, real, unsure = Verdict.FALSE_ALARM, Verdict.FAULT, Verdict.NOT_SURE
    alarms = [
        alarm(0, answer=(1, false), sensors=("temperature", "vibration")),
        alarm(0, answer=(1, real), sensors=("vibration",), model_version=4),
        alarm(0, answer=(1, unsure)),
        alarm(0),
    ]
    quality = alarm_quality(alarms, START, END)
    assert quality.by_machine == [Verdicts("press", 2, 1, 0.5)]
    assert quality.by_sensor == [Verdicts("temperature", 1, 1, 1.0), Verdicts("vibration", 2, 1, 0.5)]
    assert quality.by_model_version == [Verdicts("press v3", 1, 1, 1.0), Verdicts("press v4", 1, 0, 0.0)]


def test_without_alarms_there_is_nothing_to_judge() -> None:
    quality = alarm_quality([], START, END)
    assert (quality.alarms, quality.operators, quality.seconds_to_answer_median) == (0, [], None)
