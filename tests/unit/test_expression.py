from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.expression import MOST_CHARACTERS, NoExpression, parsed

SENSORS = ("speed", "torque")


def value(text: str, speed: float = 6.0, torque: float = -2.0) -> float:
    return float(parsed(text, SENSORS).evaluate([np.array([speed]), np.array([torque])])[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("speed + torque", 4),
        ("speed - torque * 2", 10),
        ("(speed - torque) * 2", 16),
        ("speed / -torque", 3),
        ("+speed * 1e-3", 0.006),
        ("abs(torque)", 2),
        ("min(speed, torque, -7)", -7),
        ("max(speed, torque) - min(1, speed)", 5),
        ("  speed  ", 6),
    ],
)
def test_an_expression_is_what_it_says(text: str, expected: float) -> None:
    assert value(text) == expected


def test_it_tells_which_sensors_it_needs() -> None:
    assert parsed("torque * 2 + torque", SENSORS).sensors == {"torque"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("speeed * 2", "no sensor named speeed; there are speed, torque"),
        ("2 * 3", "names no sensor"),
        ("", "cannot be read"),
        ("speed +", "cannot be read"),
        ("speed ** 9", "is none of numbers, sensors"),
        ("speed if torque else 1", "is none of"),
        ("speed.real", "is none of"),
        ("__import__('os').system('true')", "is none of"),
        ("(lambda: speed)()", "is none of"),
        ("[speed for speed in (1, 2)]", "is none of"),
        ("min(speed)", "is none of"),
        ("min(speed, torque, key=abs)", "is none of"),
        ("max(*speed)", "is none of"),
        ("abs(speed, torque)", "is none of"),
        ("True * speed", "is none of"),
        ("'a' * speed", "is none of"),
        ("1j * speed", "is none of"),
        ("speed * 1e999", "too large"),
        ("(" * 100 + "speed" + ")" * 100, f"at most {MOST_CHARACTERS} are read"),
        ("speed\0", "cannot be read"),
    ],
)
def test_whatever_else_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(NoExpression) as caught:
        parsed(text, SENSORS)
    assert says in str(caught.value)


def test_the_deepest_that_is_read_can_be_computed() -> None:
    assert value("-" * (MOST_CHARACTERS - 5) + "speed") == -6


@given(text=st.text(max_size=60) | st.text("speedtorqu+-*/(),. 0123minaxb[]{}:'\"\\\n", max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with suppress(NoExpression):
        parsed(text, SENSORS)
