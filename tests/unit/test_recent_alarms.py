"""What two models would raise on the latest readings."""

import numpy as np

from core.batch import Floats
from core.comparison import Judged
from core.incident_policy import IncidentPolicy
from core.recent_alarms import Recent, RecentAlarms, no_readings, recent_alarms
from tests.builders import a_machine

POLICY = IncidentPolicy(open_after=2, of_last=3, close_after=2)


def over(threshold: float, sensors: Floats) -> Judged:
    """A model that takes degrees for a score."""
    scores = sensors[:, 0] / 100
    return Judged(scores, scores >= threshold)


def courses(*celsius: list[float], doubtful: tuple[int, ...] = ()) -> Recent:
    """Devices in turn, each with its course."""
    values = np.array(celsius).T.ravel()
    quality = np.zeros(len(values), dtype=np.int16)
    quality[list(doubtful)] = 1
    devices = np.tile(np.arange(len(celsius)), len(celsius[0]))
    return Recent(devices, np.arange(len(values)), np.column_stack([values, values]), quality)


def compared(recent: Recent) -> RecentAlarms:
    return recent_alarms(recent, POLICY, lambda rows: over(0.8, rows), lambda rows: over(0.6, rows))


def test_incidents_are_counted_and_new_ones_told_apart_device_by_device() -> None:
    hot, warm, cold = [90.0] * 6, [70.0] * 6, [20.0] * 6
    twice = [70.0, 70.0, 20.0, 20.0, 70.0, 70.0]
    assert compared(courses(hot, warm, cold)) == RecentAlarms(18, champion=1, challenger=2, new=1)
    assert compared(courses(hot, twice, cold)) == RecentAlarms(18, champion=1, challenger=3, new=2)
    only_once = [90.0, 90.0, 70.0, 20.0, 20.0, 20.0]
    assert compared(courses(only_once)) == RecentAlarms(6, champion=1, challenger=1, new=0)


def test_a_doubtful_reading_raises_nothing() -> None:
    assert compared(courses([70.0, 70.0, 20.0, 20.0], doubtful=(0,))).challenger == 0


def test_of_a_machine_that_has_not_spoken_there_is_nothing_to_compare() -> None:
    assert compared(no_readings(a_machine())) == RecentAlarms(0, 0, 0, 0)
