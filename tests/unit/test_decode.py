import json
import uuid
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.fetched import Fetched
from core.batch import Batch, Quality, to_micros
from core.machine import Machine
from core.ports.stream import TopicPartition
from tests.builders import NOON, a_machine, a_reading, encoded, fetched

HERE = TopicPartition("readings.press", 0)


def decoded(messages: Fetched, machine: Machine | None = None, expected: int = 0) -> Batch:
    return Decoder(machine or a_machine()).decode(messages, {HERE: expected}, {HERE: RecentIds()})


def reason(value: bytes | None, key: bytes | None = b"press-1") -> str:
    batch = decoded(fetched([encoded(a_reading()), value, encoded(a_reading())], key=key))
    assert len(batch) == 2, "the neighbours are unharmed"
    (letter,) = batch.dead_letters
    assert (letter.value, letter.position.offset) == (value, 1)
    return f"{letter.stage}: {letter.reason}"


def with_field(name: str, value: str) -> bytes:
    """A reading whose field is replaced by raw JSON text."""
    reading: dict[str, Any] = a_reading()
    reading[name] = "HERE"
    return encoded(reading).replace(b'"HERE"', value.encode())


def test_a_reading_becomes_a_row_of_columns() -> None:
    reading = a_reading(temperature=71.25, pressure=3.5)
    batch = decoded(fetched([encoded(reading)], first_offset=5), expected=5)
    assert batch.devices == ["press-1"]
    assert batch.ids[0].tobytes() == uuid.UUID(reading["id"]).bytes
    assert batch.times.tolist() == [to_micros(NOON)]
    assert batch.sensors.tolist() == [[71.25, 3.5]]
    assert batch.quality.tolist() == [Quality.GOOD]
    assert [(run.next_offset, run.gaps, run.dead, run.duplicates) for run in batch.runs] == [(6, [], 0, 0)]


def test_a_time_keeps_its_microseconds_in_any_zone() -> None:
    reading = a_reading() | {"time": "2099-12-31T23:59:59.999999+05:30"}
    assert decoded(fetched([encoded(reading)])).times.tolist() == [
        to_micros(datetime(2099, 12, 31, 18, 29, 59, 999999, tzinfo=UTC))
    ]


def test_an_absent_optional_sensor_is_nan_and_good() -> None:
    batch = decoded(fetched([encoded(a_reading(temperature=70))]))
    assert np.isnan(batch.sensors[0, 1])
    assert batch.quality.tolist() == [Quality.GOOD]


@pytest.mark.parametrize("sensors", [{"pressure": 3.0}, {"temperature": None}])
def test_a_required_sensor_that_is_missing_or_null_is_doubtful(sensors: dict[str, float | None]) -> None:
    reading = a_reading() | {"sensors": sensors}
    assert decoded(fetched([encoded(reading)])).quality.tolist() == [Quality.SENSOR_MISSING]


@pytest.mark.parametrize("celsius", [-50.1, 400.1, 1e308, 2**63])
def test_a_value_out_of_the_physical_range_is_doubtful(celsius: float) -> None:
    assert decoded(fetched([encoded(a_reading(temperature=celsius))])).quality.tolist() == [Quality.OUT_OF_RANGE]


def test_unknown_fields_and_sensors_are_kept_raw_and_not_scored() -> None:
    reading = a_reading(temperature=70) | {"operator": 'said ":"'}
    reading["sensors"]["noise"] = 4.25
    batch = decoded(fetched([encoded(a_reading()), encoded(reading)]))
    ((row, extra),) = batch.extras
    assert row == 1
    assert json.loads(extra) == {"operator": 'said ":"', "sensors": {"noise": 4.25}}


def test_an_unknown_field_may_hold_anything() -> None:
    value = encoded(a_reading())[:-1] + b', "x": [1e999, "\xff"]}'
    batch = decoded(fetched([value]))
    assert batch.dead_letters == []
    assert b"1e999" in batch.extras[0][1]


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"separators": (",", ":")}, {"separators": (" , ", " : ")}])
def test_a_messages_white_space_makes_no_unknown_field(layout: dict[str, Any]) -> None:
    assert decoded(fetched([json.dumps(a_reading(temperature=70, pressure=3), **layout).encode()])).extras == []


@pytest.mark.parametrize(
    "value",
    [b"", b"null", b"[]", b'"text"', b"17", b"{", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"{}x", b"\xff\xfe\xfd"],
)
def test_what_is_no_json_object_is_a_dead_letter(value: bytes) -> None:
    assert reason(value).startswith("decode: ")


@pytest.mark.parametrize(
    "number",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "1" + "0" * 400,
        '"70"',
        "true",
        "[70]",
        "{}",
        '"٧٠"',
        "0x10",
        "+1",
        "01",
    ],
)
def test_a_sensor_that_is_no_number_is_a_dead_letter(number: str) -> None:
    assert reason(with_field("sensors", f'{{"temperature": {number}}}')).startswith("decode: ")


@pytest.mark.parametrize("field", ["id", "device", "time", "sensors"])
def test_a_missing_field_is_named(field: str) -> None:
    reading = a_reading()
    del reading[field]
    assert f"`{field}`" in reason(encoded(reading))


@pytest.mark.parametrize(
    "time", ["2026-03-01T12:00:00", "1989-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "noon", "0001-01-01T00:00:00Z"]
)
def test_a_time_without_zone_or_out_of_reason_is_a_dead_letter(time: str) -> None:
    assert "time" in reason(with_field("time", f'"{time}"'))


def test_an_unreadable_id_is_a_dead_letter() -> None:
    assert "$.id" in reason(with_field("id", '"17"'))


def test_nesting_without_end_is_a_dead_letter() -> None:
    assert reason(b'{"x":' + b"[" * 100_000) == "decode: nested too deeply"


def test_a_tombstone_is_counted_as_one() -> None:
    assert reason(None) == "decode: tombstone"


@pytest.mark.parametrize(
    "name", ["", "  ", "a\u0000b", "tab\t", "\u202eevil", "zero\u200bwidth", "x" * 10_000, "line\u2028"]
)
def test_a_device_name_that_could_deceive_is_a_dead_letter(name: str) -> None:
    value = encoded(a_reading(device=name))
    messages = fetched([value], key=name.encode("utf-8", "surrogatepass"))
    (letter,) = decoded(messages).dead_letters
    assert letter.reason.startswith("device:")


def test_a_key_that_is_not_the_device_is_a_dead_letter() -> None:
    (letter,) = decoded(fetched([encoded(a_reading())], key=b"press-2")).dead_letters
    assert letter.reason == "key: is not the device's name"


def test_where_the_key_says_nothing_any_will_do() -> None:
    machine = a_machine(key="any")
    assert len(decoded(fetched([encoded(a_reading())], key=b"press-2"), machine)) == 1


def test_the_same_id_again_is_a_duplicate() -> None:
    once = encoded(a_reading())
    batch = decoded(fetched([once, encoded(a_reading()), once]))
    assert batch.offsets.tolist() == [0, 1]
    assert batch.runs[0].duplicates == 1


def test_holes_in_the_log_are_gaps() -> None:
    messages = fetched([encoded(a_reading())] * 3)._replace(offsets=np.array([7, 8, 12]))
    batch = Decoder(a_machine()).decode(messages, {HERE: 5}, {HERE: RecentIds()})
    (run,) = batch.runs
    assert (run.gaps, run.next_offset) == ([(5, 2), (9, 3)], 13)


def test_partitions_keep_their_own_accounts() -> None:
    values = [encoded(a_reading()), b"bad", encoded(a_reading()), encoded(a_reading())]
    messages = fetched(values)._replace(partitions=np.array([0, 0, 1, 1]), offsets=np.array([4, 5, 0, 1]))
    other = TopicPartition("readings.press", 1)
    batch = Decoder(a_machine()).decode(messages, {HERE: 4, other: 0}, {HERE: RecentIds(), other: RecentIds()})
    assert [(run.partition, run.rows, run.next_offset, run.dead) for run in batch.runs] == [
        (0, slice(0, 1), 6, 1),
        (1, slice(1, 3), 2, 0),
    ]


def test_a_batch_may_be_all_poison() -> None:
    batch = decoded(fetched([b"bad"] * 4))
    assert len(batch) == 0
    assert (batch.runs[0].dead, batch.runs[0].next_offset) == (4, 4)
