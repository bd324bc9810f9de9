"""Sensors that cannot be right: when people hear of it, and in what words."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from consumer.doubts import doubts_of
from consumer.past import Look, Past
from core.batch import MOST, Quality
from core.incident import Closed, Opened
from core.incident_policy import SensorFaultPolicy
from core.machine import Machine
from core.ports.stream import TopicPartition
from core.quality_check import QualityCheck
from core.sensor import Sensor
from core.sensor_fault import SensorJudgement, judge_sensors
from tests.builders import a_batch, a_machine

ABSENT = float("nan")
GOOD = [70.0, 3.0]
MACHINE = a_machine(
    sensors=(
        Sensor("temperature", (50, 80), unit="°C", minimum=-50, maximum=400),
        Sensor("pressure", (2, 6), unit="bar", minimum=0, stuck_after=3, advice="Bleed the pressure line."),
    ),
    sensor_faults=SensorFaultPolicy(open_after=2, of_last=3, close_after=2),
)


def varied(count: int) -> list[list[float]]:
    """Good readings, none like the one before."""
    return [[70.0, 3.0 + number / 100] for number in range(count)]


def judged(
    readings: Sequence[Sequence[float]], machine: Machine = MACHINE, quality: Quality = Quality.GOOD
) -> SensorJudgement:
    """The readings of one device; `quality`: what else is doubtful about each of them."""
    batch = a_batch(len(readings), machine=machine, sensors=readings)
    devices = np.full(len(readings), 7, dtype=np.int64)
    flags = QualityCheck(machine).flags(batch.sensors) | np.int16(quality)
    look: Look = Past(machine).look(devices, batch.offsets, batch.times, batch.sensors, flags)
    batch = replace(batch, quality=look.quality)
    doubts = doubts_of(batch, {TopicPartition(batch.topic, 0): look}, machine)
    return judge_sensors(batch, devices, doubts, {}, machine)


def reasons(readings: Sequence[Sequence[float]], machine: Machine = MACHINE) -> tuple[str, ...]:
    (finding,) = judged(readings, machine).findings.values()
    return finding.reasons


def test_a_single_doubtful_reading_opens_nothing() -> None:
    assert judged([*varied(3), [ABSENT, 3.5], *varied(3)]).judgement.events == []


def test_a_missing_sensor_is_named_with_how_often() -> None:
    assert reasons([*varied(3), [ABSENT, 3.5], [70.0, 3.6], [ABSENT, 3.7]]) == (
        "temperature was missing in 2 of the last 3 readings",
    )


def test_a_sensor_out_of_its_limits_is_named_with_them_and_what_it_reads() -> None:
    assert reasons([[900.0, 3.5], [911.0, 3.6]]) == (
        "temperature was outside -50 to 400 °C in 2 of the last 3 readings, now 911 °C",
    )


@pytest.mark.parametrize(
    ("minimum", "maximum", "value", "words"),
    [
        (0.0, MOST, -1.0, "below 0 bar"),
        (-MOST, 9.0, 10.0, "above 9 bar"),
        (-MOST, MOST, 1e39, "outside -3e+38 to 3e+38 bar"),
    ],
)
def test_only_limits_that_the_file_gives_are_named(minimum: float, maximum: float, value: float, words: str) -> None:
    sensor = Sensor("pressure", (2, 6), unit="bar", minimum=minimum, maximum=maximum)
    (reason,) = reasons([[value]] * 2, a_machine(sensors=(sensor,), sensor_faults=MACHINE.sensor_faults))
    assert words in reason


def test_a_stuck_sensor_is_named_with_its_value_and_for_how_many_readings() -> None:
    assert reasons([*varied(4), *[[71.0, 5.25]] * 9]) == ("pressure has read exactly 5.25 bar for 4 readings",)


def test_a_sensor_that_was_stuck_and_moves_again_is_not_said_to_be_stuck_now() -> None:
    slower = replace_policy(open_after=3)
    stuck = [[71.0, 5.25]] * 4
    assert reasons([*varied(4), *stuck, [ABSENT, 5.5]], slower) == (
        "temperature was missing in 1 of the last 3 readings",
        "pressure was stuck in 2 of the last 3 readings",
    )


def test_several_sensors_at_once_are_one_incident_that_names_them_all() -> None:
    found = judged([[ABSENT, -1.0], [ABSENT, -2.0], [ABSENT, -3.0]])
    assert [type(event) for event in found.judgement.events] == [Opened]
    ((_, finding),) = found.findings.items()
    assert finding.reasons == (
        "temperature was missing in 2 of the last 3 readings",
        "pressure was below 0 bar in 2 of the last 3 readings, now -2 bar",
    )


def test_the_advice_of_the_sensor_is_given_where_the_file_has_one() -> None:
    (of_pressure,) = judged([[70.0, -1.0]] * 2).findings.values()
    (of_temperature,) = judged([[ABSENT, 3.0], [ABSENT, 3.1]]).findings.values()
    meanwhile = "Until it reads right, nobody watches this device for faults."
    assert of_pressure.advice == f"Bleed the pressure line. {meanwhile}"
    assert of_temperature.advice == f"Check the sensor, its plug and its cable. {meanwhile}"


def test_it_is_over_after_so_many_good_readings_in_a_row() -> None:
    found = judged([[ABSENT, 3.5]] * 2 + varied(1) + [[ABSENT, 3.5]] + varied(5))
    opened, closed = found.judgement.events
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    assert (opened.at.offset, closed.at.offset, closed.state.faults) == (1, 5, 3)
    assert found.states == {}, "nothing is remembered of sensors that are well"


@pytest.mark.parametrize("quality", [Quality.FUTURE, Quality.LATE])
def test_a_reading_of_a_wrong_time_says_nothing_about_its_sensors(quality: Quality) -> None:
    assert judged([[ABSENT, 3.5]] * 5, quality=quality).judgement.events == []


def test_healthy_readings_are_not_even_looked_at() -> None:
    assert judged(varied(50)) == SensorJudgement()


def replace_policy(**changes: int) -> Machine:
    policy = {"open_after": 2, "of_last": 3, "close_after": 2, **changes}
    return a_machine(sensors=MACHINE.sensors, sensor_faults=SensorFaultPolicy(**policy))
