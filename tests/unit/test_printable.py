"""Nothing that a stranger sent is obeyed by a terminal."""

import pytest

from app.printable import printable
from core.batch import Position
from core.dead_letter import read_position, written
from core.errors import UserError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"pump-1 \xc2\xb0C", "pump-1 °C"),
        (b"\x1b[2J\x9b31m", r"\x1b[2J\x9b31m"),
        ("a\u202eb\u200bc\n\u2028", r"a\u202eb\u200bc\n\u2028"),
        (b"\xff\x00", r"\xff\x00"),
    ],
)
def test_control_bidi_and_bad_bytes_are_escaped(value: bytes | str, shown: str) -> None:
    assert printable(value) == shown


def test_what_is_long_is_cut_and_says_so() -> None:
    assert printable("x" * 30, 10) == "xxxxxxxxxx… (30 characters)"


def test_a_position_is_read_as_it_is_written() -> None:
    position = Position("readings.press", 3, 17)
    assert read_position(written(position)) == position


@pytest.mark.parametrize("text", ["", "readings.press", "readings.press/1", "t/one/2", "t/1/-2", "/1/2"])
def test_what_is_no_position_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(UserError, match="TOPIC/PARTITION/OFFSET"):
        read_position(text)
