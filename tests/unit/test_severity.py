import pytest

from core.alert_policy import AlertPolicy
from core.numbers import lasting
from core.severity import Graded, Severity, graded

POLICY = AlertPolicy(medium_probability=0.5, high_probability=0.9, medium_after=600, high_after=3600)


@pytest.mark.parametrize(
    ("probability", "seconds", "expected"),
    [
        (0.30, 20, Graded(Severity.LOW, "it has lasted 20 s only, 30 % likely a fault")),
        (0.50, 20, Graded(Severity.MEDIUM, "50 % likely a fault")),
        (0.90, 20, Graded(Severity.HIGH, "90 % likely a fault")),
        (0.30, 600, Graded(Severity.MEDIUM, "it has lasted 10 min")),
        (0.50, 3600, Graded(Severity.HIGH, "it has lasted 1 h")),
        (0.95, 86_400, Graded(Severity.HIGH, "95 % likely a fault")),
        (0.00, 7200, Graded(Severity.HIGH, "it has lasted 2 h")),
    ],
)
def test_severity_is_the_higher_of_probability_and_duration(
    probability: float, seconds: float, expected: Graded
) -> None:
    assert graded(probability, seconds, POLICY) == expected


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (187_200, "2 d 4 h"),
    ],
)
def test_a_duration_is_told_in_its_largest_units(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
