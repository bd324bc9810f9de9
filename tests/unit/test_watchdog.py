"""A model that hangs is noticed by counting seconds within one of its calls."""

import threading

import pytest

from consumer.deadline import TookTooLong, within
from consumer.watchdog import Watchdog
from core.prediction import ModelVersion
from tests.processes import PATIENCE_S

V1 = ModelVersion("press", 1)


def test_a_call_that_goes_on_past_the_limit_is_reported_with_its_version() -> None:
    hung: list[ModelVersion] = []
    watchdog = Watchdog(3, hung.append)
    with watchdog.scoring(V1):
        for expected in ([], [], [], [V1]):
            watchdog.look(1)
            assert hung == expected


def test_many_calls_one_after_the_other_are_not_a_hang() -> None:
    hung: list[ModelVersion] = []
    watchdog = Watchdog(3, hung.append)
    for _ in range(10):
        with watchdog.scoring(V1):
            watchdog.look(1)
    for _ in range(10):
        watchdog.look(1)
    assert hung == []


def test_the_watchdog_looks_by_itself() -> None:
    noticed = threading.Event()
    watchdog = Watchdog(1, lambda _: noticed.set())
    watchdog.start()
    try:
        with watchdog.scoring(V1):
            assert noticed.wait(PATIENCE_S)
    finally:
        watchdog.stop()


def test_work_that_ends_in_time_gives_its_result_or_its_error() -> None:
    assert within(30, lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        within(30, lambda: 1 // 0)


def test_work_that_does_not_end_is_left_behind() -> None:
    forever = threading.Event()
    with pytest.raises(TookTooLong, match=r"not done within 0\.01 s"):
        within(0.01, forever.wait)
    forever.set()
