"""Rows of a database are read as cells of a file are."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest

from core.bad_cell import BadCell
from core.batch import to_micros
from core.errors import UserError
from producer.recorded import Chunk, Recorded
from producer.row_frames import RowFrames
from tests.builders import a_machine

MACHINE = a_machine()
COLUMNS = ("time", "device", "temperature", "pressure", "fault")
NOON = datetime(2021, 3, 1, 12, tzinfo=UTC)


class Given:
    """These rows, in one piece."""

    def __init__(self, *rows: Sequence[object], columns: Sequence[str] = COLUMNS) -> None:
        self.columns = columns
        self._rows = rows

    def __str__(self) -> str:
        return "table history"

    def pieces(self) -> Iterator[Sequence[Sequence[object]]]:
        yield self._rows


def read(given: Given, bad: list[BadCell] | None = None) -> Chunk:
    (chunk,) = Recorded(given, RowFrames(given), MACHINE, {"label": "fault"}).chunks(bad)
    return chunk


def test_numbers_of_any_type_are_numbers_and_null_is_absent() -> None:
    given = Given(
        (NOON, "p1", Decimal("70.25"), 1, 0), (NOON, "p1", 70.25, None, 1), (NOON, "p1", None, Decimal("NaN"), 1)
    )
    np.testing.assert_array_equal(read(given).sensors(), [[70.25, 1], [70.25, np.nan], [np.nan, np.nan]])


def test_a_number_that_is_written_as_text_is_read_and_another_text_is_named() -> None:
    bad: list[BadCell] = []
    chunk = read(Given((NOON, "p1", "70.5", 1, 0), (NOON, "p1", "hot", 1, 0), (NOON, "p1", True, 1, 0)), bad)
    assert chunk.sensors()[0].tolist() == [70.5, 1]
    assert bad[0] == BadCell(2, "temperature", "hot", "not a number")


def test_times_are_the_same_moment_in_any_zone_and_without_one_utc() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=2)))
    for times in ([NOON, east], [NOON.replace(tzinfo=None)] * 2, [NOON.isoformat(), "2021-03-01 12:00:00"]):
        chunk = read(Given(*((time, "p1", 70, 1, 0) for time in times)))
        assert chunk.times().tolist() == [to_micros(NOON)] * 2


def test_a_time_or_a_device_that_is_null_is_a_bad_cell() -> None:
    bad: list[BadCell] = []
    chunk = read(Given((NOON, None, 70, 1, 0), (None, "p1", 70, 1, 0)), bad)
    chunk.times()
    chunk.devices()
    assert [(one.row, one.column) for one in bad] == [(2, "time"), (1, "device")]


@pytest.mark.parametrize("label", [1, True, "1", 1.0, Decimal(1)])
def test_a_label_is_told_whatever_its_type(label: object) -> None:
    faults = read(Given((NOON, 7, 70, 1, label), (NOON, 7, 70, 1, None))).faults()
    assert faults is not None
    assert faults.tolist() == [True, False]


def test_a_device_that_is_a_number_is_a_name() -> None:
    assert read(Given((NOON, 7, 70, 1, 0))).devices() == ["7"]


def test_a_missing_or_repeated_column_is_named() -> None:
    with pytest.raises(UserError, match=r"history has no column 'temperature' .* it has 'time', 'pressure': name"):
        read(Given((NOON, 70), columns=("time", "pressure")))
    with pytest.raises(UserError, match="table history has two columns 'temperature'"):
        read(Given((NOON, "p1", 70, 1, 0, 70), columns=(*COLUMNS, "temperature")))
