"""What is said of an explanation; that it adds up is in tests/properties/test_explanations.py."""

import numpy as np
import pytest

from app.trace_report import pushed
from core.explanation import Contributions, Explanation, Scale, ScoredReading, explanation
from core.prediction import ModelVersion, UsualRange
from core.severity import Severity
from tests.builders import NOON, a_machine

NAN = float("nan")


def explained(temperature: float, pressure: float, *pushes: float, scale: Scale = Scale.LOG_ODDS) -> Explanation:
    reading = ScoredReading(ModelVersion("press", 3), "press-1", NOON, (temperature, pressure), 0.873, Severity.HIGH)
    usual = {"temperature": UsualRange(50, 65, 80)}
    return explanation(a_machine(), usual, reading, Contributions(scale, -4.0, np.array([pushes])))


def test_the_strongest_push_towards_a_fault_comes_first() -> None:
    found = explained(91, 4, -6.0, 2.5)
    assert [(sensor.sensor, sensor.push) for sensor in found.sensors] == [("pressure", 2.5), ("temperature", -6.0)]
    assert found.margin == pytest.approx(-7.5)


def test_an_absent_sensor_has_no_value_but_may_push() -> None:
    assert {sensor.sensor: sensor.value for sensor in explained(91, NAN, 5.0, 0.1).sensors} == {
        "temperature": 91,
        "pressure": None,
    }


def test_each_sensor_is_told_with_value_unit_usual_range_and_push() -> None:
    assert pushed(explained(91.5, NAN, 5.25, -0.125)) == (
        "            sensor    value   usually    push\n"
        "       temperature  91.5 °C  50 to 80  +5.250\n"
        "          pressure   absent         -  -0.125\n"
        "      all together                     +1.125\n"
        "without any sensor                     -4.000\n"
        "Pushes above 0 speak for a fault. They count in log-odds: 0 stands for as likely as not, before calibration."
    )


def test_a_forest_counts_in_votes() -> None:
    assert "votes of the forest's trees" in pushed(explained(91, 4, 0.5, 0.1, scale=Scale.SHARE))
