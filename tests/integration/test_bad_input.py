"""Bad input through decoder and main loop into the real database: each kind gets what docs/bad-input.md says."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Row, text

from core.batch import Quality
from core.incident_policy import IncidentPolicy
from core.machine import Machine
from core.sensor import Sensor
from db.engine import connect
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, a_machine, a_reading, encoded
from tests.ingest import Ingest

HOT = 95.0
THREE_OF_THREE = IncidentPolicy(open_after=3, of_last=3, close_after=3)


class Press:
    """One machine with its database."""

    def __init__(self, ingest: Ingest, owner: Engine) -> None:
        self.take = ingest.take
        self._owner = owner

    def rows(self, query: str) -> Sequence[Row[Any]]:
        with self._owner.connect() as connection:
            return connection.execute(text(query)).all()

    def one(self, query: str) -> Any:
        ((value,),) = self.rows(query)
        return value

    def refuses(self, value: bytes | None, key: bytes | None = b"press-1") -> str:
        """Take the value between two good readings; the stage and reason of the dead letter it becomes."""
        self.take([encoded(a_reading()), value, encoded(a_reading())], key=key)
        assert self.one("SELECT count(*) FROM reading WHERE score = 0.7") == 2, "the neighbours are unharmed"
        (letter,) = self.rows("SELECT * FROM dead_letter")
        assert (letter.kafka_offset, letter.value and bytes(letter.value)) == (1, value), "it is kept whole"
        assert json.loads(bytes(letter.headers)) == [["truth", "bm9ybWFs"]]
        assert self.one("SELECT stored + dead_letters = next_offset FROM ingest_partition")
        return f"{letter.stage}: {letter.reason}"

    def quality(self) -> list[int]:
        """The flags of all readings; those that have one are not scored, and nothing is wrong with the machine."""
        readings = self.rows("SELECT quality, score FROM reading ORDER BY kafka_offset")
        assert all((row.quality == Quality.GOOD) == (row.score == row.score) for row in readings)
        assert self.one("SELECT count(*) FROM incident") == self.one("SELECT count(*) FROM alert") == 0
        return [row.quality for row in readings]


MakePress = Callable[..., Press]


@pytest.fixture
def make_press(database_url: str, owner: Engine) -> Iterator[MakePress]:
    """A press, with changes to its machine."""
    engine = connect(database_url, "consumer")

    def make(**changes: Any) -> Press:
        machine: Machine = a_machine(**{"incident": THREE_OF_THREE, **changes})
        store = PostgresReadingStore(engine, "test", lambda: NOON)
        store.register(machine)
        return Press(Ingest(store, machine), owner)

    yield make
    engine.dispose()


@pytest.fixture
def press(make_press: MakePress) -> Press:
    return make_press()


def with_field(name: str, raw: str) -> bytes:
    """A reading whose field is this JSON text."""
    return encoded(a_reading() | {name: "HERE"}).replace(b'"HERE"', raw.encode("utf-8", "surrogatepass"))


def with_temperature(raw: str) -> bytes:
    return with_field("sensors", f'{{"temperature": {raw}}}')


@pytest.mark.bad_input("NaN, Infinity or 1e999 as a sensor")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_nan_infinity_or_1e999_is_a_dead_letter(press: Press, number: str) -> None:
    assert press.refuses(with_temperature(number)).startswith("decode: ")


@pytest.mark.bad_input("an integer of 5000 digits as a sensor")
@pytest.mark.parametrize("digits", [310, 400, 5000])
def test_an_integer_of_5000_digits_is_a_dead_letter(press: Press, digits: int) -> None:
    assert press.refuses(with_temperature("9" * digits)).startswith("decode: ")


@pytest.mark.bad_input("a number past four bytes as a sensor")
@pytest.mark.parametrize("number", ["3.5e38", "-1e308", "9223372036854775808"])
def test_a_number_past_four_bytes_is_stored_as_out_of_range(make_press: MakePress, number: str) -> None:
    press = make_press(sensors=(Sensor("temperature", (50, 80)), Sensor("pressure", (2, 6), optional=True)))
    press.take([encoded(a_reading()), with_temperature(number)])
    last = "SELECT sensors[1] FROM reading ORDER BY kafka_offset DESC LIMIT 1"
    assert press.one(last) == float(number), "kept in full"
    past = abs(float(number)) > 3e38
    assert press.rows("SELECT quality FROM reading ORDER BY kafka_offset")[1].quality == past * Quality.OUT_OF_RANGE


@pytest.mark.bad_input("a sensor as text, true, an array, an object, or in Arabic digits")
@pytest.mark.parametrize("raw", ['"70"', "true", "false", "[70]", "{}", '"٧٠"', "٧٠", "0x46", "+70", "070", "70."])
def test_a_sensor_that_is_no_number_is_a_dead_letter(press: Press, raw: str) -> None:
    assert press.refuses(with_temperature(raw)).startswith("decode: ")


@pytest.mark.bad_input("nesting 100 000 deep")
@pytest.mark.parametrize("value", [b'{"x":' + b"[" * 100_000, b"[" * 100_000, b'{"x":' * 100_000])
def test_nesting_100_000_deep_is_a_dead_letter(press: Press, value: bytes) -> None:
    assert press.refuses(value).startswith("decode: ")


@pytest.mark.bad_input("invalid UTF-8 in a declared field, or in a field's name")
@pytest.mark.parametrize(
    ("good", "bad"),
    [(b"press-1", b"pr\xffss-1"), (b'{"id"', b'{"\xff":1,"id"'), (b'{"temp', b'{"\xff":1,"temp')],
)
def test_invalid_utf_8_is_a_dead_letter(press: Press, good: bytes, bad: bytes) -> None:
    assert press.refuses(encoded(a_reading()).replace(good, bad)).startswith("decode: ")


@pytest.mark.bad_input("UTF-16")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_a_dead_letter(press: Press, encoding: str) -> None:
    assert press.refuses(encoded(a_reading()).decode().encode(encoding)).startswith("decode: ")


@pytest.mark.bad_input("a byte order mark")
def test_a_byte_order_mark_is_a_dead_letter(press: Press) -> None:
    assert press.refuses(b"\xef\xbb\xbf" + encoded(a_reading())).startswith("decode: ")


@pytest.mark.bad_input("a lone surrogate")
@pytest.mark.parametrize("name", [r"\ud800", r"\udc00\ud800"])
def test_a_lone_surrogate_is_a_dead_letter(press: Press, name: str) -> None:
    assert press.refuses(with_field("device", f'"{name}"')).startswith("decode: ")


@pytest.mark.bad_input("a lone surrogate")
@pytest.mark.parametrize("field", ["shift", "unknown"])
def test_a_lone_surrogate_in_any_field_is_a_dead_letter(make_press: MakePress, field: str) -> None:
    assert make_press(texts=("shift",)).refuses(with_field(field, r'"\ud800"')).startswith("decode: ")


@pytest.mark.bad_input("U+0000 in text")
def test_nul_in_text_is_a_dead_letter(make_press: MakePress) -> None:
    press = make_press(texts=("shift", "remark"))
    assert (
        press.refuses(with_field("remark", r'"a\u0000b"')) == "decode: Text with the character U+0000 - at `$.remark`"
    )


@pytest.mark.bad_input("trailing garbage")
@pytest.mark.parametrize("garbage", [b"x", b"{}", b"\0", b",", b"]"])
def test_trailing_garbage_is_a_dead_letter(press: Press, garbage: bytes) -> None:
    assert press.refuses(encoded(a_reading()) + garbage).startswith("decode: ")


@pytest.mark.bad_input("an empty value")
@pytest.mark.parametrize("value", [b"", b" ", b"\n"])
def test_an_empty_value_is_a_dead_letter(press: Press, value: bytes) -> None:
    assert press.refuses(value).startswith("decode: ")


@pytest.mark.bad_input("an array, a string, a number, true or null at the top")
@pytest.mark.parametrize("value", [b"[]", b'"text"', b"17", b"true", b"null", b"[{}]"])
def test_anything_but_an_object_at_the_top_is_a_dead_letter(press: Press, value: bytes) -> None:
    assert press.refuses(value).startswith("decode: ")


@pytest.mark.bad_input("1e999, 5000 digits, invalid UTF-8 or U+0000 in an unknown field")
@pytest.mark.parametrize("raw", [b"[1e999]", b'"\xff"', rb'"\u0000"', b"9" * 5000])
def test_an_unknown_field_is_kept_as_bytes_whatever_it_holds(press: Press, raw: bytes) -> None:
    press.take([encoded(a_reading())[:-1] + b', "note": ' + raw + b"}"])
    assert press.quality() == [Quality.GOOD]
    assert bytes(press.one("SELECT raw FROM reading_extra")) == b'{"note":' + raw + b"}"


@pytest.mark.bad_input("the same field twice")
def test_of_the_same_field_twice_the_last_counts(press: Press) -> None:
    press.take([with_field("sensors", '{"temperature": 60, "temperature": 70}')])
    assert press.one("SELECT sensors[1] FROM reading") == 70


@pytest.mark.bad_input("a missing or ill-typed id, device, time or sensors")
@pytest.mark.parametrize("field", ["id", "device", "time", "sensors"])
def test_a_missing_or_ill_typed_field_is_named(press: Press, field: str) -> None:
    reading = a_reading()
    del reading[field]
    assert f"`{field}`" in press.refuses(encoded(reading))


@pytest.mark.bad_input("tombstone (null value)")
def test_a_tombstone_is_counted(press: Press) -> None:
    assert press.refuses(None) == "decode: tombstone"
    assert press.one("SELECT dead_letters FROM ingest_partition") == 1


@pytest.mark.bad_input("a required sensor null or missing")
@pytest.mark.parametrize("sensors", ['{"pressure": 3}', '{"temperature": null}', "{}"])
def test_a_required_sensor_null_or_missing_is_flagged(press: Press, sensors: str) -> None:
    press.take([with_field("sensors", sensors)])
    assert press.quality() == [Quality.SENSOR_MISSING]


@pytest.mark.bad_input("a sensor out of the physical range")
def test_a_sensor_out_of_the_physical_range_is_flagged_and_no_fault_of_the_machine(press: Press) -> None:
    press.take([encoded(a_reading(temperature=celsius)) for celsius in (400.1, 401.0, 1e6, -50.1, 400.0)])
    assert press.quality() == [Quality.OUT_OF_RANGE] * 4 + [Quality.GOOD]


@pytest.mark.bad_input("a sensor stuck for N readings (`stuck_after`)")
def test_a_sensor_stuck_for_n_readings_is_flagged_and_no_fault_of_the_machine(make_press: MakePress) -> None:
    press = make_press(sensors=(Sensor("temperature", (50, 80), stuck_after=3), Sensor("pressure", (2, 6))))
    press.take([encoded(a_reading(temperature=HOT, pressure=3.0)) for _ in range(5)])
    press.take([encoded(a_reading(temperature=HOT, pressure=3.0)), encoded(a_reading(temperature=71, pressure=3.0))])
    assert press.quality() == [0, 0, *[Quality.STUCK] * 4, 0], "also across a restart"


@pytest.mark.bad_input("an optional sensor null or missing")
@pytest.mark.parametrize("sensors", ['{"temperature": 70}', '{"temperature": 70, "pressure": null}'])
def test_an_optional_sensor_null_or_missing_is_left_to_the_model(press: Press, sensors: str) -> None:
    press.take([with_field("sensors", sensors)])
    assert press.quality() == [Quality.GOOD]
    assert press.one("SELECT sensors[2] = 'NaN' FROM reading")


@pytest.mark.bad_input("an unknown sensor or field")
def test_an_unknown_sensor_is_kept_raw_and_counted(press: Press) -> None:
    reading = a_reading(temperature=70, noise=4.25) | {"line": 7}
    press.take([encoded(reading), encoded(a_reading())])
    assert press.quality() == [Quality.GOOD] * 2
    (extra,) = press.rows("SELECT kafka_offset, raw FROM reading_extra")
    assert (extra.kafka_offset, json.loads(bytes(extra.raw))) == (0, {"line": 7, "sensors": {"noise": 4.25}})


@pytest.mark.bad_input("an unknown device")
def test_an_unknown_device_is_registered(press: Press) -> None:
    press.take([encoded(a_reading(device="press-99"))], key=b"press-99")
    assert press.one("SELECT name FROM device JOIN reading ON device = device.id") == "press-99"


@pytest.mark.bad_input("an unknown device")
def test_where_the_machine_lists_its_devices_another_is_a_dead_letter(make_press: MakePress) -> None:
    press = make_press(devices=("press-1", "press-2"), key="any")
    reason = press.refuses(encoded(a_reading(device="press-3")))
    assert reason == "accept: device: is not among those that the machine lists"
    assert press.one("SELECT array_agg(name) FROM device") == ["press-1"]


@pytest.mark.bad_input("a device name of 10 KB, empty, or with control, bidi or zero-width characters")
@pytest.mark.parametrize("name", ["x" * 10_240, "", "  ", "a\0b", "a\tb", "\u202eevil", "zero\u200bwidth", "a\u2028b"])
def test_a_device_name_that_could_deceive_is_a_dead_letter(press: Press, name: str) -> None:
    assert press.refuses(encoded(a_reading(device=name)), key=b"press-1").startswith("accept: device:")


@pytest.mark.bad_input('Kafka key ≠ device (where the machine says `key = "device"`)')
@pytest.mark.parametrize("device", ["press-2", "PRESS-1", "press-1 "])
def test_a_key_that_is_not_the_device_is_a_dead_letter(press: Press, device: str) -> None:
    assert press.refuses(encoded(a_reading(device=device))) == "accept: key: is not the device's name"


@pytest.mark.bad_input("a time without zone")
def test_a_time_without_zone_is_a_dead_letter(press: Press) -> None:
    assert "$.time" in press.refuses(with_field("time", '"2026-03-01T12:00:00"'))


@pytest.mark.bad_input("a time without zone")
def test_a_time_without_zone_is_read_in_the_machines_time_zone(make_press: MakePress) -> None:
    press = make_press(time_zone="Asia/Kolkata")
    press.take([with_field("time", '"2026-03-01T17:30:00"')])
    assert press.one("SELECT time FROM reading") == NOON


@pytest.mark.bad_input("a time not written as the machine's `time_format`")
def test_a_time_not_written_as_the_machine_says_is_a_dead_letter(make_press: MakePress) -> None:
    press = make_press(time_format="%Y-%m-%d@%H:%M:%S", time_zone="UTC")
    press.take([with_field("time", '"2026-03-01@12:00:00"'), encoded(a_reading())])
    assert press.one("SELECT time FROM reading") == NOON
    assert "%Y-%m-%d@%H:%M:%S" in press.one("SELECT reason FROM dead_letter")


@pytest.mark.bad_input("a year outside 1990–2099")
@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+14:00", "1989-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"],
)
def test_a_year_outside_1990_to_2099_is_a_dead_letter(press: Press, time: str) -> None:
    assert press.refuses(with_field("time", f'"{time}"')).startswith("accept: time: the year")


@pytest.mark.bad_input("a time in the future past `future_after`")
def test_a_time_in_the_future_is_flagged_and_does_not_move_the_watermark(press: Press) -> None:
    ahead = [encoded(a_reading(time=NOON + timedelta(days=365), temperature=HOT)) for _ in range(4)]
    press.take([encoded(a_reading()), *ahead, encoded(a_reading())], produced=NOON)
    assert press.quality() == [0, *[Quality.FUTURE] * 4, 0], "and nobody is late for it"
    assert press.one("SELECT watermark FROM ingest_partition") == NOON


@pytest.mark.bad_input("a time further behind the newest than `late_after`")
def test_a_very_late_reading_is_flagged_and_does_not_move_live_state(make_press: MakePress) -> None:
    press = make_press(late_after=3600)
    late = [encoded(a_reading(time=NOON - timedelta(hours=2), temperature=HOT)) for _ in range(4)]
    press.take([encoded(a_reading()), *late[:2]])
    press.take([*late[2:], encoded(a_reading(time=NOON - timedelta(minutes=59)))])
    assert press.quality() == [0, *[Quality.LATE] * 4, 0], "also across a restart"
    assert press.one("SELECT watermark FROM ingest_partition") == NOON
    assert press.one("SELECT count(*) FROM device_state") == 0


@pytest.mark.bad_input("the same id again within the window")
def test_the_same_id_again_is_a_duplicate_also_after_a_restart(press: Press) -> None:
    once = encoded(a_reading())
    press.take([once, once])
    press.take([once])
    row = press.rows("SELECT stored, duplicates, next_offset FROM ingest_partition")[0]
    assert tuple(row) == (1, 2, 3)


@pytest.mark.bad_input("SQL or script in any field")
def test_sql_or_script_in_any_field_is_stored_literally(press: Press) -> None:
    name = "'); DROP TABLE reading; -- <script>alert(1)</script> %s {}"
    press.take([encoded(a_reading(device=name) | {"note": "'; DELETE FROM device; --"})], key=name.encode())
    assert press.one("SELECT name FROM device") == name
    assert b"DELETE FROM device" in bytes(press.one("SELECT raw FROM reading_extra"))
    assert press.quality() == [Quality.GOOD]
