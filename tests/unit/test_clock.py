"""Times as a machine's devices write them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch, from_micros
from core.ports.stream import TopicPartition
from tests.builders import a_machine, a_reading, encoded, fetched

HERE = TopicPartition("readings.press", 0)


def decoded(time: object, **machine: Any) -> Batch:
    message = encoded(a_reading() | {"time": time})
    return Decoder(a_machine(**machine)).decode(fetched([message]), {HERE: 0}, {HERE: RecentIds()})


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-03-01T12:00:00.000001", datetime(2026, 3, 1, 11, 0, 0, 1, tzinfo=UTC)),
        ("2026-07-01T12:00:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_zone_is_read_in_the_machines(time: str, utc: datetime) -> None:
    (found,) = decoded(time, time_zone="Europe/Berlin").times.tolist()
    assert from_micros(found) == utc


@pytest.mark.parametrize(
    ("time", "machine"),
    [
        ("2026-03-01@13:00:00", {"time_format": "%Y-%m-%d@%H:%M:%S", "time_zone": "Europe/Berlin"}),
        ("01/03/2026 12:00 +0000", {"time_format": "%d/%m/%Y %H:%M %z"}),
    ],
)
def test_a_time_is_read_as_the_machine_writes_it(time: str, machine: dict[str, str]) -> None:
    (found,) = decoded(time, **machine).times.tolist()
    assert from_micros(found) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "time",
    ["2026-03-01T13:00:00", "2026-03-01@13:00", "٢٠٢٦-03-01@13:00:00", "2026-02-30@13:00:00", "", 17, None, "\ud800"],
)
def test_a_time_that_is_written_otherwise_is_a_dead_letter(time: object) -> None:
    batch = decoded(time, time_format="%Y-%m-%d@%H:%M:%S", time_zone="Europe/Berlin")
    (letter,) = batch.dead_letters
    assert letter.stage == "decode"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1989-12-30T23:59:59"])
def test_a_year_out_of_reason_is_a_dead_letter_in_any_zone(time: str) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"):
        (letter,) = decoded(time, time_zone=zone).dead_letters
        assert letter.reason.startswith("time: the year")
