from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.incident import HEALTHY, Closed, DeviceState, Judgement, Opened, judge
from core.incident_policy import IncidentPolicy
from tests.builders import a_batch, predictions

TWO_OF_THREE = IncidentPolicy(open_after=2, of_last=3, close_after=3)
NAN = float("nan")


def judged(
    scores: Sequence[float], states: Mapping[int, DeviceState] | None = None, policy: IncidentPolicy = TWO_OF_THREE
) -> Judgement:
    devices = np.full(len(scores), 7, dtype=np.int64)
    return judge(a_batch(len(scores)), devices, predictions(scores), states or {}, policy)


def test_a_single_fault_opens_nothing() -> None:
    assert judged([0.1, 0.9, 0.1, 0.1, 0.1]).events == []


def test_two_faults_of_the_last_three_open_an_incident() -> None:
    (event,) = judged([0.9, 0.1, 0.9]).events
    assert isinstance(event, Opened)
    assert (event.at.offset, event.state.since.offset if event.state.since else None, event.row) == (2, 0, 2)


def test_an_open_incident_is_not_opened_again() -> None:
    assert len(judged([0.9] * 20).events) == 1


def test_three_normal_readings_in_a_row_close_it() -> None:
    opened, closed = judged([0.9, 0.8, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1]).events
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    assert closed.at.offset == 7
    assert (closed.state.faults, closed.state.peak) == (3, 0.9)
    assert closed.state.last is not None
    assert closed.state.last.offset == 4


def test_a_device_is_healthy_again_once_its_window_is_clear() -> None:
    assert judged([0.9, 0.1, 0.1, 0.1]).states == {}, "as it was before"


def test_a_reading_that_was_not_scored_says_nothing_about_the_machine() -> None:
    (event,) = judged([0.9, NAN, NAN, NAN, 0.9]).events
    assert isinstance(event, Opened)


def test_healthy_devices_are_not_even_looked_at() -> None:
    assert judged([0.1] * 50) == Judgement()


def test_what_is_remembered_decides_with_what_comes() -> None:
    first = judged([0.9])
    (event,) = judged([0.9], first.states).events
    assert isinstance(event, Opened)


def test_devices_do_not_disturb_each_other() -> None:
    batch, scores = a_batch(4), predictions([0.9, 0.9, 0.9, 0.9])
    judgement = judge(batch, np.array([1, 2, 3, 4]), scores, {}, TWO_OF_THREE)
    assert judgement.events == []
    assert set(judgement.states) == {1, 2, 3, 4}


def test_how_long_it_lasts_never_falls_where_a_clock_is_put_back() -> None:
    batch, devices = a_batch(4), np.full(4, 7, dtype=np.int64)
    clocks = replace(batch, times=batch.times + np.array([0, 500_000_000, 60_000_000, 0]))
    (state,) = judge(clocks, devices, predictions([0.9] * 4), {}, TWO_OF_THREE).states.values()
    assert state.lasted == 501.0
    assert HEALTHY.lasted == 0.0


@pytest.mark.parametrize("k", [1, 2, 5])
def test_k_faults_in_a_row_open(k: int) -> None:
    policy = IncidentPolicy(open_after=k, of_last=5, close_after=3)
    assert judged([0.9] * (k - 1), policy=policy).events == []
    assert len(judged([0.9] * k, policy=policy).events) == 1
